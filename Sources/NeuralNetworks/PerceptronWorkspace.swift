package import ElementwiseKernels

/// Memory for the passes of a network, allocated once for a largest number of rows.
package struct PerceptronWorkspace<Scalar: KernelScalar>: Sendable {
  /// Outputs of each layer after its activation function, [rows x layer outputs]; the last are the network's.
  package var outputs: [[Scalar]]
  /// Gradients with respect to each layer's outputs before the activation function, [rows x layer outputs]; the caller
  /// fills the last before a backward pass.
  package var outputGradients: [[Scalar]]
  /// Sums of each layer's output gradients over the rows, which are the gradients of its bias, [layer outputs].
  package internal(set) var biasGradients: [[Scalar]]
  /// One layer's gradient on its way through the activation function.
  var scratch: [Scalar]

  /// - Parameters:
  ///   - network: the network whose passes it is for.
  ///   - rows: most rows of a forward pass.
  ///   - gradientRows: most rows of a backward pass; 0 if there is none.
  package init(network: MultilayerPerceptron<Scalar>, rows: Int, gradientRows: Int) {
    outputs = network.layers.map { Array(repeating: 0, count: rows * $0.outputs) }
    outputGradients = network.layers.map { Array(repeating: 0, count: gradientRows * $0.outputs) }
    biasGradients = network.layers.map { Array(repeating: 0, count: gradientRows > 0 ? $0.outputs : 0) }
    let widest = network.layers.dropLast().map(\.outputs).max() ?? 0
    scratch = Array(repeating: 0, count: gradientRows * widest)
  }
}
