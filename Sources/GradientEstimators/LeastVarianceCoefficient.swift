internal import RealModule

/// The coefficient x for which E |a + x b|^2 is least, learnt from single draws of a gradient g = a + x b.
///
/// The mean of a is the exact gradient and that of b is 0, so the same x makes the total variance of g least. For one draw the squared norm has the
/// derivative 2 g.b in x and the second derivative 2 |b|^2. A step is x -= rate g.b / B with B a running mean of |b|^2, so that
/// the rate has no unit; x stays within fixed bounds, on which the estimators' gradient bounds rest.
struct LeastVarianceCoefficient: Sendable {
  /// The share of the way to the draw's best coefficient that one step goes.
  private static let rate = 0.01
  /// The weight of the past in the running mean of |b|^2.
  private static let decay = 0.99
  /// The largest magnitude of the coefficient.
  static let bound = 2.0

  /// The coefficient x.
  private(set) var value: Double
  /// The running mean of |b|^2; 0 as long as every b was 0.
  private var size = 0.0

  /// - Precondition: `value` lies within the bound.
  init(_ value: Double) {
    precondition(value.magnitude <= Self.bound, "a coefficient lies within +-\(Self.bound), not at \(value)")
    self.value = value
  }

  /// [x, running mean of |b|^2].
  var state: [Double] {
    get { [value, size] }
    set {
      value = newValue[0]
      size = newValue[1]
    }
  }

  /// Learns from a batch: the means over its rows of g.b and |b|^2.
  mutating func learn(product: Double, square: Double) {
    size = size == 0 ? square : Self.decay * size + (1 - Self.decay) * square
    guard size > 0 else { return }
    value = min(max(value - Self.rate * product / size, -Self.bound), Self.bound)
  }
}
