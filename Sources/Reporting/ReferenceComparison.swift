/// Runs beside the curves of an independent implementation.
struct ReferenceComparison: Sendable {
  enum Agreement: Hashable, Sendable { case agrees, differs, missing }

  struct Cell: Sendable {
    let protocolName: String
    let estimator: String
    let steps: Int
    let ours: SeedSummary?
    let theirs: SeedSummary?
    /// Largest distance that counts as agreement; nil at steps where the reference states none.
    let allowed: Double?

    var difference: Double? {
      guard let ours, let theirs else { return nil }
      return ours.mean - theirs.mean
    }

    var agreement: Agreement? {
      guard let allowed else { return nil }
      guard let difference else { return .missing }
      return abs(difference) <= allowed ? .agrees : .differs
    }
  }

  struct OrderingCheck: Sendable {
    let protocolName: String
    let lower: String
    let higher: String
    let steps: Int
    /// Mean of the lower minus mean of the higher over the seeds that both have.
    let difference: Double?
  }

  let cells: [Cell]
  let orderings: [OrderingCheck]

  init(_ curves: LearningCurves, to reference: ReferenceCurves) {
    cells = reference.curves.flatMap { curve in
      curve.marks.map { mark in
        let theirs = mark.testBound.compactMap { $0 }
        return Cell(
          protocolName: curve.protocol, estimator: curve.estimator, steps: mark.steps,
          ours: curves.bounds(curve.protocol, curve.estimator, at: mark.steps).summary,
          theirs: theirs.isEmpty ? nil : SeedSummary(theirs),
          allowed: mark.steps == reference.agreement.steps
            ? reference.agreement.allowed(for: curve.estimator) : nil)
      }
    }
    orderings = reference.orderings.flatMap { ordering in
      ordering.protocols.flatMap { name in
        reference.marks(of: name).map { steps in
          let lower = curves.bounds(name, ordering.lower, at: steps)
          let higher = curves.bounds(name, ordering.higher, at: steps)
          let differences = lower.keys.sorted().compactMap { seed in
            higher[seed].flatMap { other in lower[seed].map { $0 - other } }
          }
          return OrderingCheck(
            protocolName: name, lower: ordering.lower, higher: ordering.higher, steps: steps,
            difference: differences.isEmpty ? nil : SeedSummary(differences).mean)
        }
      }
    }
  }

  func count(_ agreement: Agreement) -> Int { cells.count { $0.agreement == agreement } }

  var violated: [OrderingCheck] { orderings.filter { ($0.difference ?? -1) >= 0 } }
  var checkedOrderings: Int { orderings.count { $0.difference != nil } }

  /// Nothing that could be compared contradicts the reference.
  var holds: Bool { count(.differs) == 0 && violated.isEmpty }

  /// The verdict in one sentence.
  func sentence(steps: Int) -> String {
    let judged = cells.count { $0.agreement != nil }
    var parts = [
      "\(count(.agrees)) of \(judged) cells agree with the independent implementation at \(NumberFormatting.count(steps)) steps"
    ]
    if count(.differs) > 0 { parts.append("\(count(.differs)) differ") }
    if count(.missing) > 0 { parts.append("\(count(.missing)) are missing") }
    let held = checkedOrderings - violated.count
    parts.append("\(held) of \(checkedOrderings) ordering checks hold")
    if checkedOrderings < orderings.count {
      parts.append("\(orderings.count - checkedOrderings) ordering checks lack runs")
    }
    return parts.joined(separator: ", ") + "."
  }
}
