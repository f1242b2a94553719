package import ElementwiseKernels

/// Memory for the passes of a network, allocated once for a largest number of rows.
package struct PerceptronWorkspace<Scalar: KernelScalar>: Sendable {
  /// Outputs of each layer after its activation function, [rows x layer outputs]; the last are the network's.
  package var outputs: [[Scalar]]
  /// Gradients with respect to each layer's outputs before the activation function, [rows x layer outputs]; the caller
  /// fills the last before a backward pass.
  package var outputGradients: [[Scalar]]
  /// One layer's numbers on the way into or out of the activation function.
  var scratch: [Scalar]

  /// - Parameters:
  ///   - network: the network whose passes it is for.
  ///   - rows: most rows of a forward pass.
  ///   - gradientRows: most rows of a backward pass; 0 if there is none.
  package init(network: MultilayerPerceptron<Scalar>, rows: Int, gradientRows: Int) {
    outputs = network.layers.map { Array(repeating: 0, count: rows * $0.outputs) }
    outputGradients = network.layers.map { Array(repeating: 0, count: gradientRows * $0.outputs) }
    let widest = network.layers.dropLast().map(\.outputs).max() ?? 0
    scratch = Array(repeating: 0, count: max(rows, gradientRows) * widest)
  }
}
