internal import Foundation

/// The history of an e-process: its largest value and when it crossed the threshold, without overflow.
///
/// The process itself lives with its test as a plain number, the wealth, in units of 2^exponent; the record knows
/// the exponent. Products of millions of factors so need no logarithm for each of them.
struct EvidenceRecord: Sendable {
  private(set) var count = 0
  private(set) var rejectedAt: Int?
  private let threshold: Double
  private var thresholdInUnits: Double
  private var exponent = 0
  private var largestInUnits = 1.0
  /// log of the largest value before the unit was last changed; an e-process starts at 1.
  private var largestLogBefore = 0.0
  private(set) var isInfinite = false

  /// - Precondition: 0 < falseAlarmRate < 1.
  init(falseAlarmRate: Double) {
    threshold = 1 / falseAlarmRate
    thresholdInUnits = threshold
  }

  /// Notes the wealth after one more observation.
  @inline(__always)
  mutating func record(_ wealth: Double) {
    count += 1
    if wealth > largestInUnits {
      largestInUnits = wealth
      if rejectedAt == nil, wealth >= thresholdInUnits { rejectedAt = count }
    }
  }

  /// Notes an observation that the hypothesis rules out.
  mutating func recordImpossible() {
    count += 1
    isInfinite = true
    if rejectedAt == nil { rejectedAt = count }
  }

  /// Notes an observation after an impossible one, which changes nothing any more.
  mutating func recordAfterImpossible() { count += 1 }

  /// Changes the unit of wealth so that `wealth` becomes a number from 1 to 2; returns the exact factor for the
  /// wealth.
  mutating func changeUnit(for wealth: Double) -> Double {
    let shift = Int(wealth.exponent)
    largestLogBefore = largestLogEValue
    exponent += shift
    largestInUnits = 0
    thresholdInUnits =
      threshold * Double(sign: .plus, exponent: min(max(-exponent, -1022), 1023), significand: 1)
    return Double(sign: .plus, exponent: -shift, significand: 1)
  }

  func logEValue(wealth: Double) -> Double {
    isInfinite ? .infinity : log(wealth) + Double(exponent) * log(2.0)
  }

  var largestLogEValue: Double {
    isInfinite ? .infinity : max(largestLogBefore, logEValue(wealth: largestInUnits))
  }
}

/// Wealth is brought back to 1...2 when it leaves this range; 2^256 leaves room for the factors in between.
func needsUnitChange(_ wealth: Double) -> Bool { wealth > 0x1p256 || wealth < 0x1p-256 }
