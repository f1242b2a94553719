public import Numerics

extension KernelScalar {
  public static func sigmoid(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "sigmoid: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = sigmoid(x[i]) }
  }

  public static func softplus(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "softplus: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = softplus(x[i]) }
  }

  public static func logSigmoid(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "logSigmoid: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = logSigmoid(x[i]) }
  }

  public static func exponential(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "exponential: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = .exp(x[i]) }
  }

  public static func logarithm(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "logarithm: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = .log(x[i]) }
  }

  public static func logarithmOnePlus(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "logarithmOnePlus: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = .log(onePlus: x[i]) }
  }

  public static func hyperbolicTangent(_ x: Span<Self>, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "hyperbolicTangent: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = .tanh(x[i]) }
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
