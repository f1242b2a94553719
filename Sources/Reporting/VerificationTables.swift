internal import Foundation
internal import Verification

/// The tables of a verification that come from its verdicts.
struct VerificationTables: Sendable {
  let result: VerificationResult

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
      table.append(
        [MarkdownText("\(code: estimator)")] + kinds.map { Self.count(own, $0) } + [
          Self.eValue(own), Self.threshold(evidence), Self.number(detectable.min()),
          Self.number(detectable.max()),
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
        "\(code: estimator)", "\(own.count)", Self.number(worst.relativeBias), "\(worst.problem)",
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
        "\(purpose)", "\(entries.count)", Self.number(entries.map(\.amount).max()),
        Self.number(entries.map(\.amount).reduce(0, +)),
      ])
    }
    table.append(["**all**", "\(result.budget.count)", "", Self.number(result.spent)])
    document.table(table)
  }

  func writeSkipped(into document: inout MarkdownDocument) {
    guard !result.skipped.isEmpty else { return }
    document.details(
      "\(result.skipped.count) checks were skipped, because they do not apply or are out of reach"
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

  private static func count(_ verdicts: [Verdict], _ kind: CheckKind) -> MarkdownText {
    let checks = verdicts.filter { $0.check == kind && $0.outcome != .skipped }
    let passed = checks.count(where: \.passed)
    guard !checks.isEmpty else { return "-" }
    return passed == checks.count ? "\(passed)/\(checks.count)" : "**\(passed)/\(checks.count)**"
  }

  /// The largest e-value; a failed check without a finite one has met what is impossible.
  private static func eValue(_ verdicts: [Verdict]) -> MarkdownText {
    if verdicts.contains(where: { $0.failed && $0.evidence != nil && $0.evidence?.largestLogEValue == nil }) {
      return "infinite"
    }
    guard let log = verdicts.compactMap(\.evidence?.largestLogEValue).max() else { return "-" }
    return log > 690 ? "over 1e299" : number(exp(log))
  }

  private static func threshold(_ evidence: [Verdict.Evidence]) -> MarkdownText {
    number(evidence.map { 1 / $0.falseAlarmRate }.min())
  }

  private static func number(_ value: Double?) -> MarkdownText {
    value.map { MarkdownText(plain: NumberFormatting.significant($0, digits: 2)) } ?? "-"
  }

  /// `1 - 1e-6`: written as a difference, for the digits of the number itself tell less.
  private static func complement(_ rate: Double) -> String {
    "1 - \(NumberFormatting.significant(rate, digits: 1))"
  }
}
