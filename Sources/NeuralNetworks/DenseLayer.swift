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

  /// output [rows x outputs] = leakyReLU(input [rows x inputs] W + b); a slope of 1 leaves the rectifier out.
  ///
  /// - Complexity: rows x inputs x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func forward<Scalar: KernelScalar>(
    parameters: Span<Scalar>, input: Span<Scalar>, rows: Int, slope: Scalar,
    into output: inout MutableSpan<Scalar>
  ) {
    precondition(output.count == rows * outputs)
    matrixProduct(
      rows: rows, columns: outputs, inner: inputs, input, parameters.extracting(weight), into: &output)
    Scalar.addRow(parameters.extracting(bias), rectifyingBy: slope, toEachRowOf: &output)
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

  /// The gradient with respect to the rows of W that belong to `part` of the inputs, [part x outputs]: these columns of
  /// input [rows x inputs], transposed, times outputGradient; put into or added to `gradient`.
  ///
  /// - Complexity: rows x part x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func weightGradient<Scalar: KernelScalar>(
    of part: Range<Int>, input: Span<Scalar>, outputGradient: Span<Scalar>, rows: Int, adding: Bool,
    into gradient: inout MutableSpan<Scalar>
  ) {
    precondition(part.lowerBound >= 0 && part.upperBound <= inputs)
    let columns = input.extracting(part.lowerBound..<(rows - 1) * inputs + part.upperBound)
    matrixProduct(
      transposeA: true, rows: part.count, columns: outputs, inner: rows, columns, strideA: inputs,
      outputGradient, beta: adding ? 1 : 0, into: &gradient)
  }
}
