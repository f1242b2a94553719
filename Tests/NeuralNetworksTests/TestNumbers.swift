import ElementwiseKernels
import RandomStreams

/// Numbers in (-1, 1) from a Philox stream; the same for both precisions up to rounding.
func testNumbers<Scalar: KernelScalar>(_ count: Int, stream: UInt64, as type: Scalar.Type = Scalar.self)
  -> [Scalar]
{
  var uniforms = [Double](repeating: 0, count: count)
  var target = uniforms.mutableSpan
  RandomStream(seed: 20_210_607, purpose: .verification, step: stream)
    .fillUniforms(rows: 0..<1, perRow: count, into: &target)
  return uniforms.map { Scalar(2 * $0 - 1) }
}

/// max |a - b|; infinite where a number is undefined.
func largestDifference<Scalar: KernelScalar>(_ a: [Scalar], _ b: [Double]) -> Double {
  precondition(a.count == b.count)
  let distances = zip(a, b).map { (Double($0) - $1).magnitude }
  // A maximum passes over numbers that are undefined.
  return distances.contains { $0.isNaN } ? .infinity : distances.max() ?? 0
}

/// max |a - b| / max |b|.
func relativeDifference<Scalar: KernelScalar>(_ a: [Scalar], _ b: [Double]) -> Double {
  largestDifference(a, b) / (b.map(\.magnitude).max() ?? 1)
}
