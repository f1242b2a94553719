internal import ReferenceMath
internal import Training

/// What a published value says of ours.
package enum PublishedVerdict: Hashable, Sendable, CustomStringConvertible {
  /// The t-interval over our seeds, no wider than the margin, contains the published value.
  case reproduced
  /// Within the margin, by two one-sided t-tests at 5 %.
  case equivalent(margin: Double)
  /// Our whole t-interval is on this side of the published value.
  case better
  case worse
  /// Our seeds cannot tell.
  case undecided(reason: String)
  case notComparable(reason: String)

  package var description: String {
    switch self {
    case .reproduced: "reproduced"
    case .equivalent(let margin): "equivalent within \(NumberFormatting.significant(margin, digits: 2)) nats"
    case .better: "better"
    case .worse: "worse"
    case .undecided(let reason): "undecided: \(reason)"
    case .notComparable(let reason): "not comparable: \(reason)"
    }
  }

  /// The verdict on a value that is the lower the better.
  ///
  /// - Parameters:
  ///   - ours: one value for each seed.
  ///   - published: the published value, as a quantity that is the lower the better.
  ///   - rounding: half a unit of its last decimal.
  ///   - margin: largest distance that counts as equivalence.
  init(ours: [Double], published: Double, rounding: Double, margin: Double) {
    guard !ours.isEmpty else {
      self = .undecided(reason: "no run has been evaluated")
      return
    }
    let summary = SeedSummary(ours)
    guard let halfWidth = summary.halfWidth else {
      self = .undecided(reason: "one seed gives no interval")
      return
    }
    let distance = (summary.mean - published).magnitude
    if distance <= halfWidth + rounding {
      self =
        halfWidth <= margin
        ? .reproduced
        : .undecided(
          reason: "our interval is wider than \(NumberFormatting.significant(margin, digits: 2)) nats")
    } else if distance + Self.oneSidedHalfWidth(summary, fallback: halfWidth) + rounding <= margin {
      self = .equivalent(margin: margin)
    } else {
      self = summary.mean < published ? .better : .worse
    }
  }

  /// t(0.95; n - 1) s / sqrt(n): two one-sided tests at 5 % both reject where the interval of this half-width lies inside of
  /// the margin.
  private static func oneSidedHalfWidth(_ summary: SeedSummary, fallback: Double) -> Double {
    let freedom = Double(summary.values.count - 1)
    guard let two = SeedSummary.studentFactor(seeds: summary.values.count),
      let one = try? studentQuantile(0.95, degreesOfFreedom: freedom)
    else { return fallback }
    return fallback * one / two
  }
}

/// Runs beside published values, by protocol and estimator.
struct PublishedComparison: Sendable {
  struct Row: Sendable {
    let protocolName: String
    /// Ours.
    let estimator: String
    let ours: SeedSummary?
    let source: PublishedValues
    let value: PublishedValues.Value
    let verdict: PublishedVerdict
  }

  /// A published value for a protocol of these runs, by an estimator that none of them has.
  struct Other: Sendable {
    let protocolName: String
    let source: PublishedValues
    let value: PublishedValues.Value
  }

  let rows: [Row]
  let others: [Other]
  /// Protocol and estimator of the cells of which no published value was seen.
  let unseen: [(protocolName: String, estimator: String)]

  init(_ curves: LearningCurves, published: [PublishedValues]) {
    var rows: [Row] = []
    var unseen: [(protocolName: String, estimator: String)] = []
    for name in curves.protocols where !curves.runs(of: name).isEmpty {
      for estimator in curves.estimators(of: name) {
        let found = published.flatMap { source in
          source.values.filter { $0.protocols.contains(name) && Self.matches($0.estimator, estimator) }
            .map { Self.row(curves, name, estimator, source, $0) }
        }
        rows += found
        if found.isEmpty { unseen.append((name, estimator)) }
      }
    }
    self.rows = rows
    others = curves.protocols.flatMap { name in
      let estimators = curves.estimators(of: name)
      return published.flatMap { source in
        source.values.filter { value in
          value.protocols.contains(name) && !estimators.contains { Self.matches(value.estimator, $0) }
        }.map { Other(protocolName: name, source: source, value: $0) }
      }
    }
    self.unseen = unseen
  }

  /// A published name without parameters goes with every setting of the estimator: the source does not state it.
  private static func matches(_ published: String?, _ ours: String) -> Bool {
    published == ours || published == ours.split { $0 == ":" || $0 == "," }.first.map(String.init)
  }

  private static func row(
    _ curves: LearningCurves, _ name: String, _ estimator: String, _ source: PublishedValues,
    _ value: PublishedValues.Value
  ) -> Row {
    let step = curves.marks(of: name).last ?? 0
    let ours: [UInt64: Double] =
      switch value.measure {
      case .testBound: testBounds(curves, name, estimator, at: step)
      case .trainingObjective: curves.training(name, estimator, at: step)
      case nil: [:]
      }
    let summary = ours.summary
    return Row(
      protocolName: name, estimator: estimator, ours: summary, source: source, value: value,
      verdict: shortRun(curves, name, estimator)
        ?? verdict(value, of: source, steps: step, ours: summary?.values ?? []))
  }

  /// Those at the selected or the last parameters, where the protocol has them measured beside its evaluations; then these are of
  /// validation data.
  private static func testBounds(
    _ curves: LearningCurves, _ name: String, _ estimator: String, at step: Int
  ) -> [UInt64: Double] {
    let closing = curves.closingBounds(name, estimator)
    return closing.isEmpty ? curves.bounds(name, estimator, at: step) : closing
  }

  /// Runs of fewer steps than their own protocol are no repetition of anything published.
  private static func shortRun(
    _ curves: LearningCurves, _ name: String, _ estimator: String
  ) -> PublishedVerdict? {
    let manifests = curves.runs(of: name, estimator: estimator).map(\.manifest)
    guard let short = manifests.first(where: { $0.steps < $0.resolvedProtocol.steps }) else { return nil }
    let steps = [short.steps, short.resolvedProtocol.steps].map(NumberFormatting.count)
    return .notComparable(reason: "runs of \(steps[0]) steps, the protocol has \(steps[1])")
  }

  private static func verdict(
    _ value: PublishedValues.Value, of source: PublishedValues, steps: Int, ours: [Double]
  ) -> PublishedVerdict {
    if let differs = value.differs { return .notComparable(reason: differs) }
    if let published = value.steps, published != steps {
      return .notComparable(
        reason: "\(NumberFormatting.count(steps)) steps here, \(NumberFormatting.count(published)) there")
    }
    return PublishedVerdict(
      ours: ours, published: value.negated == true ? -value.value : value.value, rounding: value.rounding,
      margin: source.margin)
  }
}

extension PublishedValues.Value {
  /// How far a value may lie from what was rounded to it.
  var rounding: Double { (0..<decimals).reduce(0.5) { unit, _ in unit / 10 } }
}
