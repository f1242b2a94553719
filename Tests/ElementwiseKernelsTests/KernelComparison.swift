import ElementwiseKernels

typealias ElementwiseKernel = (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void

func results(of kernel: ElementwiseKernel, _ inputs: [Float]) -> [Float] {
  var outputs = [Float](repeating: .nan, count: inputs.count)
  unsafe inputs.withUnsafeBufferPointer { x in
    unsafe outputs.withUnsafeMutableBufferPointer { y in unsafe kernel(x.baseAddress, y.baseAddress, x.count)
    }
  }
  return outputs
}

func values<Scalar: KernelScalar>(
  of function: (Span<Scalar>, inout MutableSpan<Scalar>) -> Void, _ inputs: [Scalar]
) -> [Scalar] {
  var outputs = [Scalar](repeating: .nan, count: inputs.count)
  var span = outputs.mutableSpan
  function(inputs.span, &span)
  return outputs
}

/// The first place where two arrays differ in their bits, any two NaN being the same; nil if none.
func firstDifference(_ first: [Float], _ second: [Float]) -> Int? {
  guard first.count == second.count else { return min(first.count, second.count) }
  return first.indices.first {
    first[$0].bitPattern != second[$0].bitPattern && !(first[$0].isNaN && second[$0].isNaN)
  }
}

/// |measured - expected| in units in the last place of `expected` rounded to `Float`; infinite where one of them is
/// infinite or not a number and the other is not the same.
func distance(from expected: Double, to measured: Float) -> Double {
  let rounded = Float(expected)
  guard rounded.isFinite && measured.isFinite else {
    return rounded == measured || (rounded.isNaN && measured.isNaN) ? 0 : .infinity
  }
  return abs(Double(measured) - expected) / Double(rounded.ulp)
}

/// `count` numbers in -scale...scale that look irregular; the fractional parts of multiples of the golden ratio.
func irregular(_ count: Int, scale: Float) -> [Float] {
  (0..<count).map {
    let product = Double($0 + 1) * 0.618_033_988_749_894_9
    return Float(2 * (product - product.rounded(.down)) - 1) * scale
  }
}
