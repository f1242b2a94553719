/// A dense layer y = x W + b with W [inputs x outputs], row-major: its place in a network's flat parameter vector.
///
/// Parameters, gradients and optimiser moments of a network are flat vectors of one layout, so that an optimiser is one
/// pass over memory. The layer's products are in DenseProducts.swift.
package struct DenseLayer: Hashable, Sendable {
  package let inputs: Int
  package let outputs: Int
  /// Where W stands in the parameter vector.
  package let weight: Range<Int>
  /// Where b stands in the parameter vector, right after W.
  package let bias: Range<Int>

  /// - Precondition: `inputs` and `outputs` are positive.
  package init(inputs: Int, outputs: Int, offset: Int) {
    precondition(inputs > 0 && outputs > 0, "a dense layer needs inputs and outputs")
    self.inputs = inputs
    self.outputs = outputs
    weight = offset..<offset + inputs * outputs
    bias = weight.upperBound..<weight.upperBound + outputs
  }
}
