import ReferenceMath
import Testing

/// A law of bounded observations: a uniform number is turned into an observation.
struct BoundedLaw: Sendable, CustomTestStringConvertible {
  var name: String
  var mean: Double
  var bounds: ClosedRange<Double>
  var observation: @Sendable (Double) -> Double

  var testDescription: String { name }

  static func twoPoint(_ low: Double, _ high: Double, chanceOfHigh p: Double) -> BoundedLaw {
    BoundedLaw(
      name: "\(high) with chance \(p), else \(low)", mean: (1 - p) * low + p * high, bounds: low...high,
      observation: { $0 < p ? high : low })
  }

  static let uniform = BoundedLaw(name: "uniform", mean: 0.5, bounds: 0...1, observation: { $0 })
  static let constant = BoundedLaw(name: "constant", mean: 0.5, bounds: -1...3, observation: { _ in 0.5 })
  /// Mostly near the mean, in a range that is forty times wider.
  static let narrow = BoundedLaw(
    name: "narrow", mean: 0.25, bounds: -2...2, observation: { 0.25 + 0.1 * ($0 - 0.5) })

  static let nulls: [BoundedLaw] = [
    .twoPoint(0, 1, chanceOfHigh: 0.01), .twoPoint(0, 1, chanceOfHigh: 0.1),
    .twoPoint(0, 1, chanceOfHigh: 0.5),
    .twoPoint(-0.2, 1.8, chanceOfHigh: 0.05), .uniform, .constant, .narrow,
  ]
}

/// How often a procedure raised a false alarm, and whether its nominal rate can be true.
struct FalseAlarmCalibration: Sendable {
  var runs: Int
  var alarms = 0
  var nominalRate: Double

  /// Whether so many alarms, or more, have a chance of at least 10^-6 at the nominal rate: an exact binomial test,
  /// whose own false-alarm rate is therefore at most 10^-6.
  var holds: Bool {
    get throws { try binomialUpperTail(atLeast: alarms, trials: runs, probability: nominalRate) >= 1e-6 }
  }

  /// Runs a procedure on independent sequences of uniform numbers; it says whether it raised an alarm at any step.
  static func measure(
    runs: Int, steps: Int, nominalRate: Double, seed: UInt64, alarm: (Span<Double>) throws -> Bool
  ) throws -> FalseAlarmCalibration {
    var calibration = FalseAlarmCalibration(runs: runs, nominalRate: nominalRate)
    var generator = try ReferenceGenerator(.mt19937, seed: seed)
    var uniforms = [Double](repeating: 0, count: steps)
    for _ in 0..<runs {
      var span = uniforms.mutableSpan
      generator.fill(&span)
      if try alarm(uniforms.span) { calibration.alarms += 1 }
    }
    return calibration
  }
}
