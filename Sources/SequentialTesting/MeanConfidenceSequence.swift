internal import Foundation

/// An interval for the mean of bounded observations that holds at all times at once.
///
/// On the unit interval, with level a = falseAlarmRate / 2 for each side, bets b_t = min(1/2, sqrt(2 ln(1/a) / (t
/// ln(1 + t) s2_{t-1}))), running mean mu_t = (1/2 + sum x) / (t + 1), running variance s2_t = (1/4 + sum (x_i -
/// mu_i)^2) / (t + 1) and psi(b) = -ln(1 - b) - b:
///
///     (sum b_i x_i -+ (sum (x_i - mu_{i-1})^2 psi(b_i) + ln(1/a))) / sum b_i
///
/// and the intersection of these intervals so far, rounded outwards.
///
/// Guarantee: if the observations, given the earlier ones, have the same mean and stay within the bounds, the
/// probability that `interval` ever misses the mean is at most `falseAlarmRate`.
///
/// Source: Waudby-Smith, Ramdas, "Estimating means of bounded random variables by betting", Journal of the Royal
/// Statistical Society B, 2023: predictable plug-in empirical Bernstein confidence sequence.
public struct MeanConfidenceSequence: Sendable {
  private let bounds: DataBounds
  private let logInverseLevel: Double
  private var sum = 0.0
  private var sumOfSquares = 0.25
  private var weightedSum = 0.0
  private var weightedPenalty = 0.0
  private var sumOfBets = 0.0
  private var lower = 0.0
  private var upper = 1.0

  /// The number of observations so far.
  public private(set) var count = 0

  /// The first observation outside the bounds by more than rounding, or not a number: nothing can be said about
  /// the mean any more, and `interval` is the whole line.
  public private(set) var boundViolation: Double?

  /// Whether the intervals so far have no number in common: an event of probability at most `falseAlarmRate`, or
  /// the observations have no common mean. `interval` then stays what it was before.
  public private(set) var isEmpty = false

  /// - Parameters:
  ///   - bounds: a range that holds every possible observation, known beforehand.
  ///   - falseAlarmRate: the largest probability of ever missing the mean.
  /// - Throws: `SequentialTestingError` where the rate is not within (0, 1) or the bounds are not finite.
  public init(bounds: ClosedRange<Double>, falseAlarmRate: Double) throws(SequentialTestingError) {
    try requireRate(falseAlarmRate, "falseAlarmRate")
    self.bounds = try DataBounds(bounds)
    logInverseLevel = log(2 / falseAlarmRate)
  }

  /// Takes in one observation.
  ///
  /// - Complexity: one logarithm, one square root, four divisions; no memory is allocated.
  public mutating func observe(_ value: Double) {
    let variance = sumOfSquares / Double(count + 1)
    let meanBefore = (0.5 + sum) / Double(count + 1)
    count += 1
    guard boundViolation == nil, bounds.contain(value) else {
      if boundViolation == nil { boundViolation = value }
      return
    }
    let position = bounds.position(of: value)
    let time = Double(count)
    let bet = min(0.5, (2 * logInverseLevel / (time * log(1 + time) * variance)).squareRoot())
    let deviation = position - meanBefore
    weightedSum += bet * position
    weightedPenalty += deviation * deviation * Self.penalty(bet)
    sumOfBets += bet
    sum += position
    let residual = position - (0.5 + sum) / (time + 1)
    sumOfSquares += residual * residual
    intersect()
  }

  /// Takes in observations in order.
  public mutating func observe(_ values: Span<Double>) {
    for place in values.indices { observe(values[place]) }
  }

  /// Covers the mean at all times with probability at least 1 - `falseAlarmRate`.
  public var interval: ClosedRange<Double> {
    if boundViolation != nil { return -.infinity ... .infinity }
    let width = bounds.upper - bounds.lower
    let rounding = 0x1p-51 * max(bounds.lower.magnitude, bounds.upper.magnitude)
    let outerLower = lower == 0 ? bounds.lower : bounds.lower + width * lower - rounding
    let outerUpper = upper == 1 ? bounds.upper : bounds.lower + width * upper + rounding
    return max(bounds.lower, outerLower)...min(bounds.upper, outerUpper)
  }

  private mutating func intersect() {
    let centre = weightedSum / sumOfBets
    // A sum of n terms is off by less than n rounding errors of its size.
    let rounding = 0x1p-52 * Double(count + 16)
    let radius = (weightedPenalty + logInverseLevel) / sumOfBets * (1 + rounding) + rounding
    let newLower = max(lower, centre - radius)
    let newUpper = min(upper, centre + radius)
    if newLower > newUpper { isEmpty = true }
    if isEmpty { return }
    lower = newLower
    upper = newUpper
  }

  /// psi(b) = -ln(1 - b) - b = b^2/2 + b^3/3 + b^4/4 + ..., from above.
  ///
  /// For small bets the difference of the two terms cancels; the series with its tail bounded by
  /// b^4 / (4 (1 - b)) does not, and errs by 2.5 % at the largest bet and not visibly at small ones.
  private static func penalty(_ bet: Double) -> Double {
    bet * bet * (0.5 + bet * (1.0 / 3 + bet / (4 * (1 - bet))))
  }
}
