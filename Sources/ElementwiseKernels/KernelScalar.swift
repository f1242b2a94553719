public import Numerics

/// A floating-point type for which the elementwise kernels exist: `Float` (training) and `Double` (exact checks).
///
/// Everything numerical in Armature is generic over this protocol. Hot generic functions carry
/// `@specialized(where Scalar == Float)` and `@specialized(where Scalar == Double)`, because a generic function that
/// is reached through a witness table runs unspecialised otherwise, some five thousand times slower.
public protocol KernelScalar: Real, BinaryFloatingPoint, SIMDScalar, Sendable, Codable
where RawSignificand: FixedWidthInteger {
  /// y = 1 / (1 + exp(-x)), finite for every x.
  ///
  /// - Precondition: `x.count == y.count`.
  /// - Complexity: `x.count` exponentials.
  static func sigmoid(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// y = log(1 + exp(x)), without overflow.
  ///
  /// - Precondition: `x.count == y.count`.
  static func softplus(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// y = exp(x).
  ///
  /// - Precondition: `x.count == y.count`.
  static func exponential(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// y = log(x), natural logarithm.
  ///
  /// - Precondition: `x.count == y.count`.
  static func logarithm(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// A uniform number in the open interval (0, 1): (k + 1/2) 2^-b with k the top b bits of the words; b = 23 for
  /// `Float` (first word only), 52 for `Double`.
  static func openUniform(_ high: UInt32, _ low: UInt32) -> Self

  /// 32-bit words of the generator that one uniform number takes: 1 for `Float`, 2 for `Double`.
  static var wordsPerUniform: Int { get }
}

extension KernelScalar {
  public static func sigmoid(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "sigmoid: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = sigmoid(x[i]) }
  }

  public static func softplus(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "softplus: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = softplus(x[i]) }
  }

  public static func exponential(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "exponential: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = .exp(x[i]) }
  }

  public static func logarithm(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "logarithm: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = .log(x[i]) }
  }

  /// 1 / (1 + exp(-x)) of one number; the smaller of the two probabilities keeps its full relative precision.
  @inlinable
  public static func sigmoid(_ x: Self) -> Self {
    let tail = Self.exp(-x.magnitude)
    return x < 0 ? tail / (1 + tail) : 1 / (1 + tail)
  }

  /// log(1 + exp(x)) of one number.
  @inlinable
  public static func softplus(_ x: Self) -> Self {
    max(x, 0) + .log(onePlus: .exp(-x.magnitude))
  }

  /// log(1 / (1 + exp(-x))) of one number.
  @inlinable
  public static func logSigmoid(_ x: Self) -> Self { -softplus(-x) }
}

extension Float: KernelScalar {
  @inlinable
  public static func openUniform(_ high: UInt32, _ low: UInt32) -> Float {
    (Float(high >> 9) + 0.5) * 0x1p-23
  }

  public static var wordsPerUniform: Int { 1 }
}

extension Double: KernelScalar {
  @inlinable
  public static func openUniform(_ high: UInt32, _ low: UInt32) -> Double {
    (Double((UInt64(high) << 32 | UInt64(low)) >> 12) + 0.5) * 0x1p-52
  }

  public static var wordsPerUniform: Int { 2 }
}
