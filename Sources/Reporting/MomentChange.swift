internal import Foundation

/// How bias and variance changed: exactly where both sides were integrated, by confidence intervals otherwise.
struct MomentChange: Sendable {
  private let place: String
  private let old: Baseline.Record
  private let new: Baseline.Record
  private let isBiased: Bool

  /// Nil where one side has no record.
  init?(_ pair: RecordPair) {
    guard let old = pair.old, let new = pair.new else { return nil }
    (self.old, self.new, isBiased) = (old, new, pair.isBiased)
    place = pair.place
  }

  private var gradient: [Double] { old.gradient }
  private var size: Double { old.size }

  /// Nil where the bias is the same.
  var bias: Change? {
    if let old = old.exact, let new = new.exact { return exactBias(old, new) }
    guard let old = old.intervals(around: gradient), let new = new.intervals(around: gradient)
    else { return notComparable }
    if let outside { return outside }
    for i in gradient.indices where !old.mean[i].overlaps(new.mean[i]) {
      let distances = (old.mean[i].distance(to: gradient[i]), new.mean[i].distance(to: gradient[i]))
      return Change(
        outcome: distances.1 > distances.0 ? .worse : .better, size: distances.1,
        short: distances.1 > distances.0 ? "bias" : "less bias",
        detail:
          "\(place), coordinate \(i): mean in \(new.mean[i].text), before in \(old.mean[i].text); exact gradient \(Self.number(gradient[i]))"
      )
    }
    // Two wide intervals may overlap although only the new one excludes the gradient. That of an estimator with a known bias
    // may do so by being shorter.
    for i in gradient.indices
    where !isBiased && old.mean[i].contains(gradient[i])
      && !new.mean[i].contains(gradient[i], within: allowance)
    {
      return Change(
        outcome: .worse, size: new.mean[i].distance(to: gradient[i]), short: "bias",
        detail:
          "\(place), coordinate \(i): mean in \(new.mean[i].text), exact gradient \(Self.number(gradient[i]))"
      )
    }
    return nil
  }

  /// Nil where the variance is the same.
  var variance: Change? {
    if let old = old.exact, let new = new.exact { return exactVariance(old, new) }
    guard let old = old.intervals(around: gradient), let new = new.intervals(around: gradient)
    else { return nil }
    for i in gradient.indices where !old.squared[i].overlaps(new.squared[i]) {
      let isWorse = new.squared[i].lower > old.squared[i].upper
      return Change(
        outcome: isWorse ? .worse : .better, size: new.squared[i].lower,
        short: isWorse ? "larger" : "smaller",
        detail:
          "\(place), coordinate \(i): mean squared error in \(new.squared[i].text), before in \(old.squared[i].text)"
      )
    }
    return nil
  }

  private func exactBias(_ old: Baseline.Exact, _ new: Baseline.Exact) -> Change? {
    let (before, after) = (Self.norm(old.mean, gradient), Self.norm(new.mean, gradient))
    let scale = Self.norm(gradient, gradient.map { _ in 0 })
    let moved = zip(old.mean, new.mean).contains { !(($0 - $1).magnitude <= allowance) }
    guard moved else { return nil }
    let relative = { (bias: Double) in scale > 0 ? bias / scale : bias }
    let isBetter = after < before - allowance
    return Change(
      outcome: isBetter ? .better : .worse, size: relative(after),
      short: "\(Self.number(relative(before))) to \(Self.number(relative(after)))",
      detail:
        "\(place): \(scale > 0 ? "relative bias" : "bias") \(Self.number(relative(after))), before \(Self.number(relative(before)))"
    )
  }

  private func exactVariance(_ old: Baseline.Exact, _ new: Baseline.Exact) -> Change? {
    let allowed = old.variance.map { variance in
      Comparison.roundingAllowance * (variance + size * variance.squareRoot())
        + (Comparison.roundingAllowance * size) * (Comparison.roundingAllowance * size)
    }
    let moved = old.variance.indices.contains {
      !((old.variance[$0] - new.variance[$0]).magnitude <= allowed[$0])
    }
    guard moved else { return nil }
    let (before, after) = (old.variance.reduce(0, +), new.variance.reduce(0, +))
    let isBetter = after < before - allowed.reduce(0, +)
    let short = before > 0 ? Comparison.percent(after / before - 1) : "0 to \(Self.number(after))"
    return Change(
      outcome: isBetter ? .better : .worse, size: before > 0 ? (after / before - 1).magnitude : after,
      short: short,
      detail: "\(place): variance \(Self.number(after)), before \(Self.number(before)) (\(short))")
  }

  private var outside: Change? {
    guard new.sampled?.outsideBounds == true, old.sampled?.outsideBounds != true else { return nil }
    return Change(
      outcome: .worse, size: .infinity, short: "outside bounds",
      detail: "\(place): a gradient leaves the bounds of the estimator's own formula")
  }

  /// Neither exact nor sampled moments on one side.
  private var notComparable: Change? {
    guard new.note != old.note else { return nil }
    return Change(
      outcome: .worse, size: .infinity, short: "no moments",
      detail: "\(place): \(new.note ?? "no moments were recorded before")")
  }

  private var allowance: Double { Comparison.roundingAllowance * size }

  private static func norm(_ vector: [Double], _ centre: [Double]) -> Double {
    zip(vector, centre).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  static func number(_ value: Double) -> String { NumberFormatting.significant(value) }
}

extension Baseline.Record {
  /// Intervals that hold the moments; of exact ones, the numbers themselves.
  fileprivate func intervals(
    around gradient: [Double]
  ) -> (mean: [Baseline.Interval], squared: [Baseline.Interval])? {
    if let sampled { return (sampled.mean, sampled.squaredDeviation) }
    guard let exact else { return nil }
    let squared = gradient.indices.map {
      exact.variance[$0] + (exact.mean[$0] - gradient[$0]) * (exact.mean[$0] - gradient[$0])
    }
    return (
      exact.mean.map { Baseline.Interval($0...$0) }, squared.map { Baseline.Interval($0...$0) }
    )
  }
}

extension Baseline.Interval {
  fileprivate func contains(_ value: Double, within slack: Double = 0) -> Bool {
    lower - slack <= value && value <= upper + slack
  }
  fileprivate func overlaps(_ other: Baseline.Interval) -> Bool {
    lower <= other.upper && other.lower <= upper
  }
  fileprivate func distance(to value: Double) -> Double { max(0, lower - value, value - upper) }
  fileprivate var text: String {
    "[\(NumberFormatting.significant(lower, digits: 4)), \(NumberFormatting.significant(upper, digits: 4))]"
  }
}
