/// A test, valid at any time, of whether bounded observations have a given mean.
///
/// Observations x are brought to the unit interval, d = (x - mean) / (upper - lower). For a bet b the capital K(b)
/// = prod_i (1 + b_i d_i) is a nonnegative martingale when the mean is right, provided that b_i depends on earlier
/// observations only. The e-value is an average of 25 capitals with weights fixed in advance:
/// - 24 constant bets of both signs (three quarters of the weight; see `BettingGrid`), among which one is within a
///   factor 1.5 (for m from 0.1 to 0.9) of the best constant bet, if that lies in their range;
/// - an adaptive bet (a quarter), b_i = sum_{j<i} d_j / (1/4 + sum_{j<i} d_j^2), held to [-1 / (2 (1-m)), 1 / (2
///   m)] for m the mean on the unit interval.
///
/// Guarantee: if the observations, given the earlier ones, have the mean and stay within the bounds, the
/// probability that `isRejected` ever becomes true is at most `falseAlarmRate`, however often it is looked at
/// (Ville's inequality). `PlannedDetection` says what differences are found with how many observations.
///
/// Two samples with paired observations x, y of the same range are compared by observing x - y with mean 0 and
/// bounds (lower - upper)...(upper - lower).
///
/// Source: Waudby-Smith, Ramdas, "Estimating means of bounded random variables by betting", Journal of the Royal
/// Statistical Society B, 2023: hedged capital, grid Kelly and approximate Kelly bets.
public struct BoundedMeanTest: Sendable {
  private let bounds: DataBounds
  private let mean: Double
  private let lowestDeviation: Double
  private let highestDeviation: Double
  private let grid: BettingGrid
  private var fixedWealth = InlineArray<24, Double>(repeating: BettingGrid.fixedShare)
  private var adaptiveWealth = BettingGrid.adaptiveShare
  private var wealth = 1.0
  private var sumOfDeviations = 0.0
  private var sumOfSquares = 0.25
  private var untilUpkeep = Self.upkeepInterval
  private var record: EvidenceRecord

  /// The first observation outside the bounds by more than rounding, or not a number; it refutes the hypothesis at
  /// once.
  public private(set) var boundViolation: Double?

  /// - Parameters:
  ///   - mean: the hypothetical mean.
  ///   - bounds: a range that holds every possible observation, known beforehand (a formula, never the data).
  ///     Numbers outside by less than 2^-20 of the larger bound count as the bound.
  ///   - falseAlarmRate: the largest probability of ever rejecting a right mean.
  /// - Throws: `SequentialTestingError` where the rate is not within (0, 1), the bounds are not finite or the mean
  ///   is outside of them.
  public init(
    mean: Double, bounds: ClosedRange<Double>, falseAlarmRate: Double
  ) throws(SequentialTestingError) {
    try requireRate(falseAlarmRate, "falseAlarmRate")
    self.bounds = try DataBounds(bounds)
    guard self.bounds.contain(mean) else {
      throw .meanOutsideBounds(mean: mean, lower: bounds.lowerBound, upper: bounds.upperBound)
    }
    self.mean = mean
    let position = self.bounds.position(of: mean)
    lowestDeviation = -position
    highestDeviation = 1 - position
    grid = BettingGrid(mean: position)
    record = EvidenceRecord(falseAlarmRate: falseAlarmRate)
  }

  /// Takes in one observation.
  ///
  /// - Complexity: 25 bets, one division; no memory is allocated.
  public mutating func observe(_ value: Double) { take(value) }

  /// Takes in observations in order; the test looks after each of them.
  public mutating func observe(_ values: Span<Double>) {
    for place in values.indices { take(values[place]) }
  }

  /// The number of observations so far.
  public var count: Int { record.count }
  /// The natural logarithm of the e-value now.
  public var logEValue: Double { record.logEValue(wealth: wealth) }
  /// The natural logarithm of the largest e-value so far.
  public var largestLogEValue: Double { record.largestLogEValue }
  /// Whether the e-value ever reached 1 / `falseAlarmRate`.
  public var isRejected: Bool { record.rejectedAt != nil }
  /// The number of observations when it first did.
  public var rejectedAt: Int? { record.rejectedAt }
}

extension BoundedMeanTest {
  /// A wealth changes by less than 2^281 in this many observations: no overflow in between.
  private static let upkeepInterval = 28

  @inline(__always)
  private mutating func take(_ value: Double) {
    guard boundViolation == nil, bounds.contain(value) else { return refute(value) }
    bet(on: min(max((value - mean) * bounds.inverseWidth, lowestDeviation), highestDeviation))
    record.record(wealth)
    untilUpkeep -= 1
    if untilUpkeep == 0 { keepInRange() }
  }

  /// Settles all bets at a deviation, then prepares the adaptive bet of the next observation.
  @inline(__always)
  private mutating func bet(on deviation: Double) {
    // Four sums: one would make each addition wait for the one before.
    var totals: (Double, Double, Double, Double) = (0, 0, 0, 0)
    for block in 0..<6 {
      let place = 4 * block
      fixedWealth[place] *= 1 + grid.bets[place] * deviation
      fixedWealth[place + 1] *= 1 + grid.bets[place + 1] * deviation
      fixedWealth[place + 2] *= 1 + grid.bets[place + 2] * deviation
      fixedWealth[place + 3] *= 1 + grid.bets[place + 3] * deviation
      totals.0 += fixedWealth[place]
      totals.1 += fixedWealth[place + 1]
      totals.2 += fixedWealth[place + 2]
      totals.3 += fixedWealth[place + 3]
    }
    let total = (totals.0 + totals.2) + (totals.1 + totals.3)
    let adaptiveBet = min(max(sumOfDeviations / sumOfSquares, grid.lowest), grid.highest)
    adaptiveWealth *= 1 + adaptiveBet * deviation
    wealth = total + adaptiveWealth
    sumOfDeviations += deviation
    sumOfSquares += deviation * deviation
  }

  private mutating func refute(_ value: Double) {
    if boundViolation == nil {
      boundViolation = value
      record.recordImpossible()
    } else {
      record.recordAfterImpossible()
    }
  }

  /// Keeps the numbers in the range of a `Double`.
  ///
  /// A bet that fell below 2^-400 of the whole is given up: that can only lower the e-value, by less than can be
  /// seen, and subnormal numbers would slow each later observation.
  private mutating func keepInRange() {
    untilUpkeep = Self.upkeepInterval
    let factor = needsUnitChange(wealth) ? record.changeUnit(for: wealth) : 1
    wealth *= factor
    for place in 0..<24 {
      let kept = fixedWealth[place] * factor
      fixedWealth[place] = kept < wealth * 0x1p-400 ? 0 : kept
    }
    adaptiveWealth *= factor
    if adaptiveWealth < wealth * 0x1p-400 { adaptiveWealth = 0 }
  }
}
