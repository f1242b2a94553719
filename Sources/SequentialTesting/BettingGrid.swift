internal import Foundation

/// The fixed bets of a test of the mean: twelve that gain where the mean is larger, twelve where it is smaller.
///
/// A bet b turns a wealth of 1 into 1 + b d at an observation that deviates by d from the hypothetical mean m
/// (both on the unit interval, so -m <= d <= 1 - m). Each side's bets fall geometrically from 1 / (2 m),
/// respectively 1 / (2 (1 - m)), which never loses more than half, to 2^-10, which is best for a mean that is off
/// by 2^-10 variances.
struct BettingGrid: Sendable {
  static let levelsPerSide = 12
  static let smallestBet = 0x1p-10
  /// So that 28 observations multiply a wealth by less than 2^281.
  static let largestBet = 0x1p10
  /// The share of the initial wealth that the adaptive bet receives.
  static let adaptiveShare = 0.25
  /// The share of the initial wealth that each fixed bet receives.
  static let fixedShare = (1 - adaptiveShare) / Double(2 * levelsPerSide)

  /// The bets: first those on a larger mean (positive), then those on a smaller one (negative).
  let bets: InlineArray<24, Double>
  /// The adaptive bet is held in this range.
  let lowest: Double
  let highest: Double

  /// - Parameter mean: the hypothetical mean on the unit interval.
  init(mean: Double) {
    let highest = min(0.5 / mean, Self.largestBet)
    let lowest = -min(0.5 / (1 - mean), Self.largestBet)
    self.highest = highest
    self.lowest = lowest
    bets = InlineArray { place in
      let level = Double(place % Self.levelsPerSide) / Double(Self.levelsPerSide - 1)
      let largest = place < Self.levelsPerSide ? highest : lowest
      return largest * pow(Self.smallestBet / largest.magnitude, level)
    }
  }
}
