import CKernels
import ElementwiseKernels
import Testing

/// What each kernel is compiled to, narrowest first.
enum MachineCode: String, CaseIterable, Comparable {
  case portable, avx2, avx512

  /// Those that this processor can run.
  static let available = allCases.filter { code in
    switch code {
    case .portable: true
    case .avx2: armature_has_avx2() == 1
    case .avx512: armature_has_avx512() == 1
    }
  }

  /// Whether there is anything to compare the portable code with.
  static let areSeveral = available.count > 1

  static func < (first: MachineCode, second: MachineCode) -> Bool {
    allCases.firstIndex(of: first) ?? 0 < allCases.firstIndex(of: second) ?? 0
  }

  func pick<Kernel>(_ portable: Kernel, _ avx2: Kernel, _ avx512: Kernel) -> Kernel {
    switch self {
    case .portable: portable
    case .avx2: avx2
    case .avx512: avx512
    }
  }
}

/// What a kernel makes of `start` in each machine code that this processor can run, the portable one first.
func results<Kernel, Element>(
  _ portable: Kernel, _ avx2: Kernel, _ avx512: Kernel, from start: [Element],
  _ run: (Kernel, inout [Element]) -> Void
) -> [[Element]] {
  MachineCode.available.map { code in
    var result = start
    run(code.pick(portable, avx2, avx512), &result)
    return result
  }
}

/// Expects a kernel to make the same bits of `start` in each machine code that this processor can run, and returns them.
@discardableResult
func expectTwins<Kernel>(
  _ portable: Kernel, _ avx2: Kernel, _ avx512: Kernel, from start: [Float], _ comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation, _ run: (Kernel, inout [Float]) -> Void
) -> [Float] {
  let all = results(portable, avx2, avx512, from: start, run)
  for (code, result) in zip(MachineCode.available, all) {
    #expect(
      firstDifference(all[0], result) == nil, "\(code.rawValue) \(comment?.rawValue ?? "")",
      sourceLocation: sourceLocation)
  }
  return all[0]
}

typealias ElementwiseKernel = @Sendable (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void

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
