internal import ElementwiseKernels
internal import ReferenceMath

/// The products of a dense layer y = x W + b: in `Float` by the kernels of `ElementwiseKernels`, in `Double`, which only the
/// small exact checks use, by GSL's reference product.
///
/// Each runs on the calling thread only, so bits depend on the arguments alone.
extension DenseLayer {
  /// output [rows x outputs] = leakyReLU(input [rows x inputs] W + b), or what a part of the inputs adds to that; a slope of 1
  /// leaves the rectifier out. The bias counts to the lower part.
  ///
  /// - Complexity: rows x part x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func forward<Scalar: KernelScalar>(
    parameters: Span<Scalar>, input: Span<Scalar>, rows: Int, part: InputPart, slope: Scalar,
    into output: inout MutableSpan<Scalar>
  ) {
    precondition(output.count == rows * outputs && input.count == rows * inputs)
    let weight = parameters.extracting(weight)
    let bias = part == .upper ? Span() : parameters.extracting(bias)
    if Scalar.self == Float.self {
      withFloats(input, weight, bias, &output) { input, weight, bias, output in
        Float.denseForward(
          input, rows: rows, part: part, weight: weight, bias: bias, slope: Float(slope), into: &output)
      }
      return
    }
    let range = part.range(of: inputs)
    if range.isEmpty {
      output.update(repeating: 0)
    } else {
      withDoubles(input, weight, &output) { input, weight, output in
        referenceMatrixProduct(
          transposeA: false, transposeB: false, rows: rows, columns: outputs, inner: range.count, alpha: 1,
          input.extracting(range.lowerBound..<input.count), strideA: inputs,
          weight.extracting(range.lowerBound * outputs..<range.upperBound * outputs), beta: 0, into: &output)
      }
    }
    for place in output.indices {
      let value = output[place] + (bias.isEmpty ? 0 : bias[place % outputs])
      output[place] = value > 0 ? value : slope * value
    }
  }

  /// The gradient with respect to a part of the layer's input, [rows x inputs] = outputGradient [rows x outputs] W^T, carried
  /// back through the activation function whose results, [rows x inputs], the input was; no activations: there was none.
  ///
  /// - Complexity: rows x part x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func inputGradient<Scalar: KernelScalar>(
    parameters: Span<Scalar>, outputGradient: Span<Scalar>, rows: Int, part: InputPart = .all,
    activations: Span<Scalar> = Span(), slope: Scalar = 1, into gradient: inout MutableSpan<Scalar>
  ) {
    precondition(gradient.count == rows * inputs && outputGradient.count == rows * outputs)
    let weight = parameters.extracting(weight)
    if Scalar.self == Float.self {
      withFloats(outputGradient, weight, activations, &gradient) {
        outputGradient, weight, activations, gradient in
        Float.denseInputGradient(
          outputGradient, rows: rows, part: part, weight: weight, activations: activations,
          slope: Float(slope), into: &gradient)
      }
      return
    }
    let range = part.range(of: inputs)
    guard !range.isEmpty else { return }
    withDoubles(outputGradient, weight, &gradient) { outputGradient, weight, gradient in
      for row in 0..<rows {
        var target = gradient._mutatingExtracting(
          row * inputs + range.lowerBound..<row * inputs + range.upperBound)
        referenceMatrixProduct(
          transposeA: false, transposeB: true, rows: 1, columns: range.count, inner: outputs, alpha: 1,
          outputGradient.extracting(row * outputs..<(row + 1) * outputs), strideA: outputs,
          weight.extracting(range.lowerBound * outputs..<range.upperBound * outputs), beta: 0, into: &target)
      }
    }
    for row in 0..<(activations.isEmpty ? 0 : rows) {
      for place in row * inputs + range.lowerBound..<row * inputs + range.upperBound
      where !(activations[place] > 0) {
        gradient[place] *= slope
      }
    }
  }

  /// The gradient with respect to the rows of W that belong to some inputs, [inputs x outputs]: these columns of
  /// input [rows x inputs], transposed, times outputGradient [rows x outputs], over some rows and further ones.
  ///
  /// - Complexity: rows x these inputs x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func weightGradient<Scalar: KernelScalar>(
    of range: Range<Int>, input: Span<Scalar>, outputGradient: Span<Scalar>,
    furtherInput: Span<Scalar> = Span(), furtherOutputGradient: Span<Scalar> = Span(),
    into gradient: inout MutableSpan<Scalar>
  ) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= inputs && gradient.count == range.count * outputs)
    let columns = input.extracting(places(of: range, rows: outputGradient.count / outputs))
    let further = furtherInput.extracting(places(of: range, rows: furtherOutputGradient.count / outputs))
    if Scalar.self == Float.self {
      withFloats(columns, outputGradient, Span(), &gradient) { columns, outputGradient, _, gradient in
        withFloats(further, furtherOutputGradient) { further, furtherOutputGradient in
          Float.denseWeightGradient(
            columns, outputGradient: outputGradient, furtherInputs: further,
            furtherOutputGradient: furtherOutputGradient, stride: inputs, outputs: outputs, into: &gradient)
        }
      }
      return
    }
    addProduct(columns, outputGradient, to: &gradient, adding: false)
    if !further.isEmpty { addProduct(further, furtherOutputGradient, to: &gradient, adding: true) }
  }

  /// Where some columns of a matrix [rows x inputs] stand, from the first number to the last.
  private func places(of columns: Range<Int>, rows: Int) -> Range<Int> {
    rows == 0 ? 0..<0 : columns.lowerBound..<(rows - 1) * inputs + columns.upperBound
  }

  /// - Precondition: `Scalar` is `Double`.
  private func addProduct<Scalar: KernelScalar>(
    _ columns: Span<Scalar>, _ outputGradient: Span<Scalar>, to gradient: inout MutableSpan<Scalar>,
    adding: Bool
  ) {
    withDoubles(columns, outputGradient, &gradient) { columns, outputGradient, gradient in
      referenceMatrixProduct(
        transposeA: true, transposeB: false, rows: gradient.count / outputs, columns: outputs,
        inner: outputGradient.count / outputs, alpha: 1, columns, strideA: inputs, outputGradient,
        beta: adding ? 1 : 0, into: &gradient)
    }
  }
}

/// The arguments as what they are where the compiler cannot see it.
///
/// - Precondition: `Scalar` is `Float`.
private func withFloats<Scalar>(
  _ first: Span<Scalar>, _ second: Span<Scalar>, _ third: Span<Scalar>, _ result: inout MutableSpan<Scalar>,
  _ body: (Span<Float>, Span<Float>, Span<Float>, inout MutableSpan<Float>) -> Void
) {
  precondition(Scalar.self == Float.self)
  unsafe first.withUnsafeBufferPointer { first in
    unsafe second.withUnsafeBufferPointer { second in
      unsafe third.withUnsafeBufferPointer { third in
        unsafe result.withUnsafeMutableBufferPointer { result in
          var target = unsafe MutableSpan<Float>(_unsafeElements: rebound(result))
          unsafe body(
            Span(_unsafeElements: rebound(first)), Span(_unsafeElements: rebound(second)),
            Span(_unsafeElements: rebound(third)), &target)
        }
      }
    }
  }
}

/// The same for two arguments and no result.
///
/// - Precondition: `Scalar` is `Float`.
private func withFloats<Scalar>(
  _ first: Span<Scalar>, _ second: Span<Scalar>, _ body: (Span<Float>, Span<Float>) -> Void
) {
  precondition(Scalar.self == Float.self)
  unsafe first.withUnsafeBufferPointer { first in
    unsafe second.withUnsafeBufferPointer { second in
      unsafe body(Span(_unsafeElements: rebound(first)), Span(_unsafeElements: rebound(second)))
    }
  }
}

/// The same in double precision.
///
/// - Precondition: `Scalar` is `Double`.
private func withDoubles<Scalar>(
  _ first: Span<Scalar>, _ second: Span<Scalar>, _ result: inout MutableSpan<Scalar>,
  _ body: (Span<Double>, Span<Double>, inout MutableSpan<Double>) -> Void
) {
  precondition(Scalar.self == Double.self, "products exist for Float and Double, not for \(Scalar.self)")
  unsafe first.withUnsafeBufferPointer { first in
    unsafe second.withUnsafeBufferPointer { second in
      unsafe result.withUnsafeMutableBufferPointer { result in
        var target = unsafe MutableSpan<Double>(_unsafeElements: rebound(result))
        unsafe body(Span(_unsafeElements: rebound(first)), Span(_unsafeElements: rebound(second)), &target)
      }
    }
  }
}

private func rebound<From, To>(_ buffer: UnsafeBufferPointer<From>) -> UnsafeBufferPointer<To> {
  unsafe UnsafeBufferPointer(
    start: UnsafeRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: To.self), count: buffer.count)
}

private func rebound<From, To>(_ buffer: UnsafeMutableBufferPointer<From>) -> UnsafeMutableBufferPointer<To> {
  unsafe UnsafeMutableBufferPointer(
    start: UnsafeMutableRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: To.self), count: buffer.count)
}
