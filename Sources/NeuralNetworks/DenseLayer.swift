package import ElementwiseKernels

/// A dense layer y = x W + b with W [inputs x outputs], row-major: its place in a network's flat parameter vector.
///
/// Parameters, gradients and optimiser moments of a network are flat vectors of one layout, so that an optimiser is one
/// pass over memory.
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

  /// output [rows x outputs] = input [rows x inputs] W + b.
  ///
  /// - Complexity: rows x inputs x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func forward<Scalar: KernelScalar>(
    parameters: Span<Scalar>, input: Span<Scalar>, rows: Int, into output: inout MutableSpan<Scalar>
  ) {
    precondition(output.count == rows * outputs)
    matrixProduct(
      rows: rows, columns: outputs, inner: inputs, input, parameters.extracting(weight), into: &output)
    Scalar.addRow(parameters.extracting(bias), toEachRowOf: &output)
  }

  /// The gradient with respect to the layer's input, [rows x inputs] = outputGradient [rows x outputs] W^T.
  ///
  /// - Complexity: rows x inputs x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func inputGradient<Scalar: KernelScalar>(
    parameters: Span<Scalar>, outputGradient: Span<Scalar>, rows: Int,
    into gradient: inout MutableSpan<Scalar>
  ) {
    matrixProduct(
      transposeB: true, rows: rows, columns: inputs, inner: outputs, outputGradient,
      parameters.extracting(weight), into: &gradient)
  }

  /// The gradient with respect to W, input^T outputGradient, put into or added to its place in `gradient`.
  ///
  /// - Complexity: rows x inputs x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func weightGradient<Scalar: KernelScalar>(
    input: Span<Scalar>, outputGradient: Span<Scalar>, rows: Int, adding: Bool,
    into gradient: inout MutableSpan<Scalar>
  ) {
    var target = gradient._mutatingExtracting(weight)
    matrixProduct(
      transposeA: true, rows: inputs, columns: outputs, inner: rows, input, outputGradient,
      beta: adding ? 1 : 0, into: &target)
  }
}
