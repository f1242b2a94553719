internal import Foundation

/// What a `BoundedMeanTest` is sure to find: the design that belongs to the test.
///
/// Let the observations be independent with a mean that is off by delta and a standard deviation of at most sigma
/// (both in units of the range). For a constant bet b of the test with share w of the weight, and any s > 0,
/// Markov's inequality gives
///
///     P(not rejected after n) <= (1 / (falseAlarmRate w))^s E[(1 + b d)^-s]^n,
///     E[(1 + b d)^-s] <= 1 - s b delta + C b^2 (sigma^2 + delta^2),   C = ((1 - e)^-s - 1 - s e) / e^2,
///
/// with e the most that the bet can lose, because ((1 + y)^-s - 1 + s y) / y^2 falls with y. The least n for which
/// this is at most `falsePassRate`, over the bets of the test and a fixed list of s, is what is reported. It
/// approaches 2 (sigma / delta)^2 (sqrt(ln(1 / (w falseAlarmRate))) + sqrt(ln(1 / falsePassRate)))^2, which for
/// rates of 1e-6 is 1.3 times what the (merely asymptotic) z-test at a fixed n needs; the spacing of the bets
/// raises that to 1.6. The test usually stops far earlier.
///
/// Guarantee: both numbers are bounds on the safe side, for every law within the bounds. The idea of a design
/// companion to each test is that of TensorFlow Probability's `statistical_testing` module.
public struct PlannedDetection: Sendable {
  private static let exponents: [Double] = [0.125, 0.25, 0.5, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 3]
  private let width: Double
  private let position: Double
  private let variance: Double
  private let logThreshold: Double
  private let logInversePassRate: Double
  private let grid: BettingGrid

  /// - Parameters:
  ///   - mean: the hypothetical mean.
  ///   - bounds: the range of the observations.
  ///   - standardDeviation: an upper bound on the standard deviation; half the range where nothing better is
  ///     known.
  ///   - falseAlarmRate: of the test.
  ///   - falsePassRate: the largest probability of not finding the difference.
  /// - Throws: `SequentialTestingError` for arguments that are not such.
  public init(
    mean: Double, bounds: ClosedRange<Double>, standardDeviation: Double, falseAlarmRate: Double,
    falsePassRate: Double
  ) throws(SequentialTestingError) {
    try requireRate(falseAlarmRate, "falseAlarmRate")
    try requireRate(falsePassRate, "falsePassRate")
    let data = try DataBounds(bounds)
    guard data.contain(mean) else {
      throw .meanOutsideBounds(mean: mean, lower: bounds.lowerBound, upper: bounds.upperBound)
    }
    guard standardDeviation >= 0, standardDeviation.isFinite else {
      throw .notPositive(name: "standardDeviation", value: standardDeviation)
    }
    width = bounds.upperBound - bounds.lowerBound
    position = data.position(of: mean)
    variance = (standardDeviation * data.inverseWidth) * (standardDeviation * data.inverseWidth)
    logThreshold = log(1 / falseAlarmRate) + log(1 / BettingGrid.fixedShare)
    logInversePassRate = log(1 / falsePassRate)
    grid = BettingGrid(mean: position)
  }

  /// A number of observations after which a mean off by `difference`, to either side, has been rejected with
  /// probability at least 1 - `falsePassRate`; nil where the bounds leave no room for such a mean, or no number
  /// suffices.
  ///
  /// - Throws: `SequentialTestingError` unless `difference` is positive and finite.
  public func observationsNeeded(toDetect difference: Double) throws(SequentialTestingError) -> Int? {
    guard difference > 0, difference.isFinite else {
      throw .notPositive(name: "difference", value: difference)
    }
    return needed(difference)
  }

  /// A difference that `observations` suffice to find, the smallest up to one part in 1000; nil where there is
  /// none.
  ///
  /// - Throws: `SequentialTestingError` unless `observations` > 0.
  public func smallestDetectableDifference(
    observations: Int
  ) throws(SequentialTestingError) -> Double? {
    guard observations > 0 else { throw .notPositive(name: "observations", value: Double(observations)) }
    let suffices = { (difference: Double) in (needed(difference) ?? .max) <= observations }
    var found = width * max(position, 1 - position)
    var tries = 0
    while !suffices(found) {
      found *= 0.9
      tries += 1
      if tries > 400 { return nil }
    }
    var missed = 0.0
    while found - missed > found * 1e-3 {
      let middle = missed / 2 + found / 2
      if suffices(middle) { found = middle } else { missed = middle }
    }
    return found
  }

  /// The larger of what the two sides need, of those that the bounds allow.
  private func needed(_ difference: Double) -> Int? {
    let delta = difference / width
    var sides: [Double] = []
    if delta <= 1 - position {
      sides.append(needed(delta, mean: position, bets: 0..<BettingGrid.levelsPerSide))
    }
    if delta <= position {
      sides.append(
        needed(delta, mean: 1 - position, bets: BettingGrid.levelsPerSide..<2 * BettingGrid.levelsPerSide))
    }
    guard let most = sides.max(), most < 1e15 else { return nil }
    return max(1, Int(most.rounded(.up)))
  }

  /// What the bets of one side need; `mean` is the distance of the mean from the end at which they lose.
  private func needed(_ delta: Double, mean: Double, bets: Range<Int>) -> Double {
    // No law on the unit interval has a larger variance than this (Bhatia, Davis).
    let secondMoment = min(variance, (mean + delta) * max(1 - mean - delta, 0)) + delta * delta
    var least = Double.infinity
    for place in bets {
      let bet = grid.bets[place].magnitude
      for exponent in Self.exponents {
        let bound =
          -exponent * bet * delta
          + Self.curvature(exponent, loss: bet * mean) * bet * bet * secondMoment
        guard bound < 0 else { continue }
        least = min(least, (exponent * logThreshold + logInversePassRate) / -log1p(max(bound, -1)))
      }
    }
    return least
  }

  /// ((1 - e)^-s - 1 - s e) / e^2, by its series where the difference would cancel.
  private static func curvature(_ s: Double, loss e: Double) -> Double {
    if e > 0.01 { return (pow(1 - e, -s) - 1 - s * e) / (e * e) }
    // The terms after the third are below those of a geometric series with ratio (s + 5) e / 5 <= 0.02.
    return s * (s + 1) / 2 * (1 + (s + 2) / 3 * e * (1 + (s + 3) / 4 * e * 1.02))
  }
}
