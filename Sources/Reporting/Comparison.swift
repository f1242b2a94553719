internal import Foundation

/// Two recordings of estimators held against each other: what got worse, what got better.
///
/// - Exact moments may differ by rounding only: another processor's library may round a transcendental function
///   otherwise, which moves a mean by some 1e-16 of the objective. Allowed is 1e-12 of the objective, and for a variance V
///   1e-12 (V + |f| sqrt V) + (1e-12 |f|)^2: four orders of magnitude above rounding, and far below any change of a formula.
/// - Sampled moments differ where their confidence sequences have no number in common: a sequential two-sample test. With
///   equal estimators that happens with a probability of at most the sum of both recordings' false-alarm rates.
/// - Instructions are counts of equal work, repeatable up to a handful: more than 2 % (and more than 32) is a change;
///   on another model of processor, where the C library may choose other code, more than 10 %.
/// - Golden bits are equal or not. Bits change when an estimator gets better, so a change is held against an estimator only
///   where nothing else about it got better.
package struct Comparison: Sendable, Codable {
  package enum Property: String, Codable, CaseIterable, Sendable {
    case presence, bias, variance, evaluations, instructions, time
    case goldenBits = "golden bits"
  }

  package enum Outcome: String, Codable, Sendable {
    case same, better, worse
    /// Changed in consequence of something that got better.
    case changed
    case new
    case notJudged = "not judged"
  }

  /// What became of one property of one estimator.
  package struct Finding: Codable, Hashable, Sendable {
    package var estimator: String
    package var property: Property
    package var outcome: Outcome
    /// The change in few words, for a table.
    package var change: String
    /// What was found, where, and how large; empty where nothing changed.
    package var detail: String
  }

  package let baseline: Baseline
  package let current: Baseline
  package private(set) var findings: [Finding]

  /// The share of instructions by which equal work may differ without being a change.
  static let instructionAllowance = 0.02
  /// The same on another model of processor, for which the C library may choose other code.
  static let instructionAllowanceElsewhere = 0.1
  /// The instructions that late binding and reference counts add to one count and not to another.
  static let instructionNoise = 32
  /// The share of the objective's size that rounding may move a mean.
  static let roundingAllowance = 1e-12

  /// - Parameters:
  ///   - baseline: the past.
  ///   - file: what messages call it.
  ///   - current: what is held against it.
  ///   - estimators: names to compare; all where it is empty.
  /// - Throws: `BaselineError.otherProblems` where the recordings are not of the same problems; `.unknownEstimator` for a
  ///   name that neither has.
  package init(
    baseline: Baseline, file: String, current: Baseline, estimators: [String] = []
  ) throws(BaselineError) {
    self.baseline = baseline
    self.current = current
    findings = []
    try baseline.requireProblems(current.problems, file: file)
    let known = Set((baseline.estimators + current.estimators).map(\.name))
    for name in estimators where !known.contains(name) { throw .unknownEstimator(file: file, name: name) }
    for name in known.sorted() where estimators.isEmpty || estimators.contains(name) {
      findings += findings(of: name)
    }
  }

  /// Adds what was found about times.
  package mutating func add(times: [Finding]) {
    findings += times
    findings.sort { $0.estimator < $1.estimator }
  }

  package var worse: [Finding] { findings.filter { $0.outcome == .worse } }
  package var better: [Finding] { findings.filter { $0.outcome == .better } }
  /// Whether nothing got worse.
  package var holds: Bool { worse.isEmpty }
  package var names: [String] { Set(findings.map(\.estimator)).sorted() }

  func finding(_ estimator: String, _ property: Property) -> Finding? {
    findings.first { $0.estimator == estimator && $0.property == property }
  }

  /// The verdict in one line.
  package var summary: String {
    let count = "\(names.count) estimators on \(current.problems.count) problems"
    func list(_ findings: [Finding]) -> String {
      let properties = Dictionary(grouping: findings, by: \.estimator)
      return properties.keys.sorted()
        .map { "\($0) (\((properties[$0] ?? []).map(\.property.rawValue).joined(separator: ", ")))" }
        .joined(separator: ", ")
    }
    guard holds else { return "FAIL: \(count); worse: \(list(worse))" }
    return better.isEmpty
      ? "PASS: \(count), none worse" : "PASS: \(count), none worse; better: \(list(better))"
  }
}

// MARK: One estimator

extension Comparison {
  private func findings(of name: String) -> [Finding] {
    guard let old = baseline.estimator(named: name) else {
      return [
        Finding(
          estimator: name, property: .presence, outcome: .new, change: "new",
          detail: "not in the baseline; record it anew to hold the estimator to it")
      ]
    }
    guard let new = current.estimator(named: name) else {
      return [
        Finding(
          estimator: name, property: .presence, outcome: .worse, change: "disappeared",
          detail: "the baseline has it, this program has not")
      ]
    }
    let records = RecordPair.pairs(old, new)
    var found = [
      presence(name, records), bias(name, records), variance(name, records), evaluations(name, records),
      instructions(old, new),
    ]
    found.append(goldenBits(name, records, others: found))
    return found
  }

  private func finding(
    _ name: String, _ property: Property, _ changes: [Change], unjudged: String? = nil
  ) -> Finding {
    // The worst news first; of equal news the largest.
    let ranked = changes.sorted {
      ($0.outcome == .worse ? 1 : 0, $0.size) > ($1.outcome == .worse ? 1 : 0, $1.size)
    }
    guard let first = ranked.first else {
      return Finding(
        estimator: name, property: property, outcome: unjudged == nil ? .same : .notJudged,
        change: unjudged == nil ? "same" : "not judged", detail: unjudged ?? "")
    }
    let others = changes.count > 1 ? "; \(changes.count) changes in all" : ""
    return Finding(
      estimator: name, property: property, outcome: first.outcome, change: first.short,
      detail: first.detail + others)
  }

  private func presence(_ name: String, _ records: [RecordPair]) -> Finding {
    finding(
      name, .presence,
      records.compactMap { pair in
        guard pair.old == nil || pair.new == nil else { return nil }
        return Change(
          outcome: pair.new == nil ? .worse : .better, size: 1,
          short: pair.new == nil ? "takes fewer problems" : "takes more problems",
          detail: "\(pair.place): \(pair.new == nil ? "no longer taken" : "taken now")")
      })
  }

  private func bias(_ name: String, _ records: [RecordPair]) -> Finding {
    finding(
      name, .bias,
      records.compactMap { pair in
        MomentChange(pair)?.bias
      }, unjudged: Self.unjudged(records))
  }

  private func variance(_ name: String, _ records: [RecordPair]) -> Finding {
    finding(
      name, .variance,
      records.compactMap { pair in
        MomentChange(pair)?.variance
      }, unjudged: Self.unjudged(records))
  }

  private static func unjudged(_ records: [RecordPair]) -> String? {
    records.contains { $0.old != nil && $0.new != nil } ? nil : "no problem in common"
  }

  private func evaluations(_ name: String, _ records: [RecordPair]) -> Finding {
    finding(
      name, .evaluations,
      records.compactMap { pair in
        guard let old = pair.old?.evaluations, let new = pair.new?.evaluations, old != new else { return nil }
        return Change(
          outcome: new > old ? .worse : .better, size: Double(new) / Double(old), short: "\(old) to \(new)",
          detail: "\(pair.place): \(old) evaluations, now \(new)")
      })
  }

  private func instructions(_ old: Baseline.Estimator, _ new: Baseline.Estimator) -> Finding {
    let name = old.name
    if let difference = current.program.differenceInCode(from: baseline.program) {
      return finding(
        name, .instructions, [], unjudged: "other code than the baseline's for equal sources: \(difference)")
    }
    guard let before = old.instructions, let after = new.instructions, before.total > 0 else {
      return finding(name, .instructions, [], unjudged: "not counted on both sides")
    }
    let change = Double(after.total) / Double(before.total) - 1
    let isOneModel = current.program.processor == baseline.program.processor
    let allowance = isOneModel ? Self.instructionAllowance : Self.instructionAllowanceElsewhere
    guard change.magnitude > allowance,
      (after.total - before.total).magnitude > Self.instructionNoise
    else { return finding(name, .instructions, []) }
    let parts = "draw \(before.draw) to \(after.draw), combine \(before.combine) to \(after.combine)"
    return finding(
      name, .instructions,
      [
        Change(
          outcome: change > 0 ? .worse : .better, size: change.magnitude, short: Self.percent(change),
          detail: "\(Self.percent(change)) instructions for equal work: \(parts)")
      ])
  }

  private func goldenBits(_ name: String, _ records: [RecordPair], others: [Finding]) -> Finding {
    let isImproved =
      others.contains { $0.outcome == .better } && !others.contains { $0.outcome == .worse }
    return finding(
      name, .goldenBits,
      records.compactMap { pair in
        guard let old = pair.old?.golden, let new = pair.new?.golden, old != new else { return nil }
        let scalars = [("Float", old.float == new.float), ("Double", old.double == new.double)]
          .filter { !$0.1 }.map(\.0).joined(separator: " and ")
        return Change(
          outcome: isImproved ? .changed : .worse, size: 0, short: "changed",
          detail: "\(pair.place): other bits in \(scalars) on equal noise")
      })
  }

  static func percent(_ change: Double) -> String {
    let text = NumberFormatting.signed(change * 100, decimals: change.magnitude < 0.1 ? 2 : 1)
    return text + " %"
  }
}

/// Something that differs, on one problem.
struct Change: Sendable {
  var outcome: Comparison.Outcome
  var size: Double
  var short: String
  var detail: String
}

/// The records of one problem and state on both sides.
struct RecordPair: Sendable {
  let old: Baseline.Record?
  let new: Baseline.Record?
  /// Whether the baseline says that the estimator's mean is not the gradient.
  let isBiased: Bool

  /// In the order of the baseline, then what is new.
  static func pairs(_ old: Baseline.Estimator, _ new: Baseline.Estimator) -> [RecordPair] {
    let isBiased = old.declaredBias != nil
    let paired = old.records.map { record in
      RecordPair(old: record, new: new.records.first { $0.hasPlace(of: record) }, isBiased: isBiased)
    }
    let added = new.records.filter { record in !old.records.contains { $0.hasPlace(of: record) } }
    return paired + added.map { RecordPair(old: nil, new: $0, isBiased: isBiased) }
  }

  /// The problem, and the state where it is not the initial one.
  var place: String {
    guard let record = old ?? new else { return "" }
    return record.state == "initial"
      ? "on \"\(record.problem)\"" : "on \"\(record.problem)\" after an observed step"
  }
}

extension Baseline.Record {
  func hasPlace(of other: Baseline.Record) -> Bool { problem == other.problem && state == other.state }
}
