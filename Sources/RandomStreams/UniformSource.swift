public import ElementwiseKernels

/// A sequential source of uniform numbers in the open interval (0, 1); Philox and each GSL generator are sources.
public protocol UniformSource: ~Copyable {
  /// The name under which verdicts report it, for example `philox` or `mt19937`.
  var name: String { get }

  /// Fills `uniforms` with the next numbers.
  mutating func fill<Scalar: KernelScalar>(_ uniforms: inout MutableSpan<Scalar>)
}

/// Philox as a sequential source: successive fills are successive rows of one stream.
public struct PhiloxSource: UniformSource {
  let stream: RandomStream
  var nextRow = 0

  public var name: String { "philox" }

  public init(stream: RandomStream) { self.stream = stream }

  public mutating func fill<Scalar: KernelScalar>(_ uniforms: inout MutableSpan<Scalar>) {
    stream.fillUniforms(rows: nextRow..<nextRow + 1, perRow: uniforms.count, into: &uniforms)
    nextRow += 1
  }
}
