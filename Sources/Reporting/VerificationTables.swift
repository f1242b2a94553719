internal import Foundation
internal import Verification

/// The tables of a verification that come from its verdicts.
struct VerificationTables {
  let result: VerificationResult
  /// Where every number is kept on its way into the text.
  let cells: ReportCells
  private let needs = [VerificationStage.battery.rawValue]

  init(result: VerificationResult, cells: ReportCells) {
    self.result = result
    self.cells = cells
  }

  /// All tables with numbers.
  func writeNumbers(into document: inout MarkdownDocument) {
    writeChecks(into: &document)
    writeBiases(into: &document)
    writeBudget(into: &document)
    writeSkipped(into: &document)
  }

  func writeFailures(into document: inout MarkdownDocument) {
    guard !result.failures.isEmpty else { return }
    document.heading(2, "What failed")
    document.list(result.failures.map { MarkdownText(plain: $0.line) })
  }

  func writeChecks(into document: inout MarkdownDocument) {
    document.heading(2, "Checks")
    let settings = result.settings
    document.paragraph(
      """
      Passed checks of all that apply, over \(result.problems.count) problems; random checks with up to \
      \(NumberFormatting.count(settings.draws)) draws under each of \
      \(settings.generators.map(\.rawValue).joined(separator: ", ")). The detectable bias is relative to the gradient: the \
      largest over coordinates that the check of the production path finds with probability at least \
      \(Self.complement(settings.falsePassRate)), on the problem where it sees most and on the one where it sees least.
      """)
    let kinds = CheckKind.allCases
    var table = MarkdownTable(
      [.init("estimator")] + kinds.map { .init("\($0.rawValue)", .right) } + [
        .init("largest e-value", .right), .init("threshold", .right), .init("detectable bias, best", .right),
        .init("worst", .right),
      ])
    for estimator in result.estimators {
      let own = result.verdicts.filter { $0.estimator == estimator }
      let evidence = own.compactMap(\.evidence)
      let detectable = evidence.compactMap(\.smallestDetectableRelativeBias)
      let place = "checks/\(estimator)"
      table.append(
        [MarkdownText("\(code: estimator)")] + kinds.map { count(own, $0, "\(place)/\($0.rawValue)") } + [
          eValue(own, "\(place)/largest e-value"),
          number("\(place)/threshold", evidence.map { 1 / $0.falseAlarmRate }.min()),
          number("\(place)/detectable bias, best", detectable.min()),
          number("\(place)/detectable bias, worst", detectable.max()),
        ])
    }
    document.table(table)
  }

  func writeBiases(into document: inout MarkdownDocument) {
    document.heading(2, "Exact biases")
    document.paragraph(
      "Euclidean norm of exact mean minus exact gradient, relative to the gradient. What is left is rounding."
    )
    var table = MarkdownTable([
      .init("estimator"), .init("problems", .right), .init("largest relative bias", .right), .init("on"),
    ])
    for estimator in result.estimators {
      let own = result.verdicts.filter { $0.estimator == estimator && $0.relativeBias != nil }
      guard let worst = own.max(by: { ($0.relativeBias ?? 0) < ($1.relativeBias ?? 0) }) else { continue }
      table.append([
        "\(code: estimator)", "\(cells.count("biases/\(estimator)/problems", own.count, needs: needs))",
        number("biases/\(estimator)/largest relative bias", worst.relativeBias), "\(worst.problem)",
      ])
    }
    document.table(table)
  }

  func writeBudget(into document: inout MarkdownDocument) {
    document.heading(2, "How the error budget was spent")
    document.paragraph(
      """
      The run may report a failure of correct code with probability at most \
      \(NumberFormatting.significant(result.settings.alpha, digits: 2)); its random checks share this out (union bound). Exact \
      checks spend nothing.
      """)
    var table = MarkdownTable([
      .init("purpose"), .init("parts", .right), .init("each at most", .right), .init("together", .right),
    ])
    let groups = Dictionary(grouping: result.budget, by: Self.group)
    for (purpose, entries) in groups.sorted(by: { $0.key < $1.key }) {
      table.append([
        "\(purpose)", "\(cells.count("budget/\(purpose)/parts", entries.count, needs: needs))",
        number("budget/\(purpose)/each at most", entries.map(\.amount).max()),
        number("budget/\(purpose)/together", entries.map(\.amount).reduce(0, +)),
      ])
    }
    table.append([
      "**all**", "\(cells.count("budget/all/parts", result.budget.count, needs: needs))", "",
      number("budget/all/together", result.spent),
    ])
    document.table(table)
  }

  func writeSkipped(into document: inout MarkdownDocument) {
    let skipped = cells.count("skipped checks", result.skipped.count, needs: needs)
    guard !result.skipped.isEmpty else { return }
    document.details(
      "\(skipped) checks were skipped, because they do not apply or are out of reach"
    ) {
      $0.list(result.skipped.map { MarkdownText(plain: $0.line) })
    }
  }

  /// `sampler-law of arm on "..." under philox` belongs to the group `sampler-law under philox`.
  private static func group(_ entry: VerificationResult.BudgetEntry) -> String {
    let kind = entry.purpose.components(separatedBy: " of ").first ?? entry.purpose
    let generator = entry.purpose.components(separatedBy: " under ").last ?? ""
    return generator == entry.purpose ? kind : "\(kind) under \(generator)"
  }

  private func count(_ verdicts: [Verdict], _ kind: CheckKind, _ name: String) -> MarkdownText {
    let checks = verdicts.filter { $0.check == kind && $0.outcome != .skipped }
    guard !checks.isEmpty else { return "-" }
    let passed = cells.count("\(name), passed", checks.count(where: \.passed), needs: needs)
    let of = cells.count("\(name), checks", checks.count, needs: needs)
    return passed == of ? "\(passed)/\(of)" : "**\(passed)/\(of)**"
  }

  /// The largest e-value; a failed check without a finite one has met what is impossible.
  private func eValue(_ verdicts: [Verdict], _ name: String) -> MarkdownText {
    if verdicts.contains(where: { $0.failed && $0.evidence != nil && $0.evidence?.largestLogEValue == nil }) {
      return "\(cells.text(name, "infinite", held: .notHeld, needs: needs))"
    }
    guard let log = verdicts.compactMap(\.evidence?.largestLogEValue).max() else { return "-" }
    let value = cells.number(name, exp(log), held: .notHeld, needs: needs)
    return log > 690 ? "over 1e299" : Self.text(value)
  }

  private func number(_ name: String, _ value: Double?) -> MarkdownText {
    value.map { Self.text(cells.exact(name, $0, needs: needs)) } ?? "-"
  }

  private static func text(_ value: Double) -> MarkdownText {
    MarkdownText(plain: NumberFormatting.significant(value, digits: 2))
  }

  /// `1 - 1e-6`: written as a difference, for the digits of the number itself tell less.
  private static func complement(_ rate: Double) -> String {
    "1 - \(NumberFormatting.significant(rate, digits: 1))"
  }
}
