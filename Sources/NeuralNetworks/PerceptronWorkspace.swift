package import ElementwiseKernels

/// Memory for the passes of a network, allocated once for a largest number of rows.
package struct PerceptronWorkspace<Scalar: KernelScalar>: Sendable {
  /// Outputs of each layer after its activation function, [rows x layer outputs]; the last are the network's. In a pass by
  /// parts: what the lower part of the inputs adds, until the two are put together.
  package var outputs: [[Scalar]]
  /// What the upper part of the inputs adds to each layer's outputs, in a pass by parts; else empty.
  package var upperOutputs: [[Scalar]]
  /// Gradients with respect to each layer's outputs before the activation function, [rows x layer outputs]; the caller
  /// fills the last before a backward pass.
  package var outputGradients: [[Scalar]]
  /// Sums of each layer's output gradients over the rows, which are the gradients of its bias, [layer outputs].
  package var biasGradients: [[Scalar]]
  /// What the outputs of a first layer that sees bits start from, [first layer's outputs]; for each part of the inputs.
  package var bases: [[Scalar]]

  /// - Parameters:
  ///   - network: the network whose passes it is for.
  ///   - rows: most rows of a forward pass.
  ///   - gradientRows: most rows of a backward pass; 0 if there is none.
  ///   - byParts: whether forward passes may be made by parts.
  package init(network: MultilayerPerceptron<Scalar>, rows: Int, gradientRows: Int, byParts: Bool) {
    outputs = network.layers.map { Array(repeating: 0, count: rows * $0.outputs) }
    upperOutputs = network.layers.map { Array(repeating: 0, count: byParts ? rows * $0.outputs : 0) }
    outputGradients = network.layers.map { Array(repeating: 0, count: gradientRows * $0.outputs) }
    biasGradients = network.layers.map { Array(repeating: 0, count: gradientRows > 0 ? $0.outputs : 0) }
    bases = Array(repeating: Array(repeating: 0, count: network.layers[0].outputs), count: byParts ? 2 : 1)
  }
}
