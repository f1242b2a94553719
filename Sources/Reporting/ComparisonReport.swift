internal import Foundation
internal import Verification

/// A comparison in the forms that people, pull requests and CI read.
extension Comparison {
  /// Markdown fit for a comment on a pull request: verdict, a row for each estimator, what changed, and how to accept it.
  package func markdown(baselineName: String) -> String {
    var document = MarkdownDocument()
    document.heading(3, "Estimators against \(code: baselineName)")
    document.paragraph("**\(summary)**")
    document.table(table)
    writeDetails(into: &document)
    writeEfficiency(into: &document)
    writeReading(into: &document, baselineName: baselineName)
    return document.text
  }

  /// JUnit XML: one test case for each estimator and property.
  package func junitXML() -> String {
    let unjudged = findings.filter { $0.outcome == .notJudged }
    let cases = findings.flatMap { finding -> [String] in
      let start =
        "    <testcase classname=\"\(XMLText.escaped(finding.estimator))\" name=\"\(finding.property.rawValue)\""
      let message = XMLText.escaped(finding.detail)
      switch finding.outcome {
      case .worse: return [start + ">", "      <failure message=\"\(message)\"/>", "    </testcase>"]
      case .notJudged: return [start + ">", "      <skipped message=\"\(message)\"/>", "    </testcase>"]
      case .same, .better, .changed, .new: return [start + "/>"]
      }
    }
    let suite =
      "  <testsuite name=\"armature compare\" tests=\"\(findings.count)\" failures=\"\(worse.count)\" "
      + "skipped=\"\(unjudged.count)\" errors=\"0\">"
    let head = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites>", suite]
    return (head + cases + ["  </testsuite>", "</testsuites>"]).joined(separator: "\n") + "\n"
  }

  /// What a script reads: verdict and findings, without the recordings.
  package struct Summary: Codable, Sendable {
    package var schema = "armature.comparison/1"
    package let holds: Bool
    package let summary: String
    package let findings: [Finding]
  }

  package var scriptSummary: Summary { Summary(holds: holds, summary: summary, findings: findings) }

  private var table: MarkdownTable {
    let properties = Property.allCases.filter { property in
      property != .presence && findings.contains { $0.property == property }
    }
    var table = MarkdownTable(
      [.init("estimator")] + properties.map { .init("\($0.rawValue)") } + [.init("verdict")])
    for name in names {
      let cells = properties.map { property in finding(name, property).map(Self.cell) ?? "" }
      table.append([MarkdownText("\(code: name)")] + cells + [verdict(name)])
    }
    return table
  }

  private static func cell(_ finding: Finding) -> MarkdownText {
    finding.outcome == .worse ? "**\(finding.change)**" : "\(finding.change)"
  }

  private func verdict(_ name: String) -> MarkdownText {
    let own = findings.filter { $0.estimator == name }
    if own.contains(where: { $0.property == .presence && $0.outcome == .worse }) {
      return "**worse: \(finding(name, .presence)?.change ?? "")**"
    }
    if own.contains(where: { $0.outcome == .worse }) { return "**worse**" }
    if own.contains(where: { $0.outcome == .new }) { return "new" }
    return own.contains { $0.outcome == .better } ? "better" : "same"
  }

  private func writeDetails(into document: inout MarkdownDocument) {
    let told = findings.filter { $0.outcome != .same && $0.outcome != .notJudged }
    document.list(
      told.map { finding in
        let outcome: MarkdownText =
          finding.outcome == .worse ? "**worse**" : MarkdownText(plain: finding.outcome.rawValue)
        return
          "\(code: finding.estimator), \(finding.property.rawValue): \(outcome): \(finding.detail)"
      })
    let unjudged = Dictionary(grouping: findings.filter { $0.outcome == .notJudged }) {
      "\($0.property.rawValue): \($0.detail)"
    }
    document.list(
      unjudged.keys.sorted().map { reason in
        "not judged, \(reason) (\(unjudged[reason]?.count ?? 0) estimators)"
      })
  }

  /// Work-normalised variance, before and now.
  private func writeEfficiency(into document: inout MarkdownDocument) {
    document.details("Work-normalised variance: for how much work how little noise") { inner in
      inner.paragraph(
        """
        Geometric mean, over the problems that the estimator takes and on which it has a variance, of the exact variance \
        summed over coordinates, times evaluations of the objective, or times the time of one draw of 32 binary or 16 categorical variables. Times \
        are for information: two machines, or two loads of one, have different ones.
        """)
      var table = MarkdownTable([
        .init("estimator"), .init("variance × evaluations, baseline", .right), .init("now", .right),
        .init("variance × ns, baseline", .right), .init("now", .right),
      ])
      for name in names {
        let sides = [baseline, current].map { $0.workNormalisedVariance(of: name) }
        let times = [baseline, current].map { $0.timeNormalisedVariance(of: name) }
        table.append([MarkdownText("\(code: name)")] + (sides + times).map(Self.number))
      }
      inner.table(table)
    }
  }

  private static func number(_ value: Double?) -> MarkdownText {
    value.map { MarkdownText(plain: NumberFormatting.significant($0)) } ?? "-"
  }

  private func writeReading(into document: inout MarkdownDocument, baselineName: String) {
    let rate = NumberFormatting.significant(
      baseline.falseAlarmRate + current.falseAlarmRate, digits: 2)
    let isSampled = (baseline.estimators + current.estimators).contains {
      $0.records.contains { $0.sampled != nil }
    }
    document.paragraph(
      """
      Moments are exact, compared up to rounding; instructions are counted on equal work, and more than \
      \(NumberFormatting.significant(Self.instructionAllowance * 100, digits: 1)) % is a change \
      (\(NumberFormatting.significant(Self.instructionAllowanceElsewhere * 100, digits: 2)) % on another model of \
      processor); golden bits are a digest of \
      samples and gradients on fixed noise. \
      \(isSampled ? "Moments that cannot be integrated are sampled: equal estimators are told apart with probability at most \(rate). " : "")\
      To accept an intended change: \(code: "./armature baseline record --output \(baselineName)").
      """)
  }
}

extension Baseline {
  /// The geometric mean over problems of total exact variance times evaluations; nil without a positive variance.
  func workNormalisedVariance(of name: String) -> Double? {
    geometricMean(of: name) { $1 * Double($0.evaluations) }
  }

  /// The same times the nanoseconds of a draw.
  func timeNormalisedVariance(of name: String) -> Double? {
    guard let time = nanoseconds(of: name) else { return nil }
    return geometricMean(of: name) { $1 * time }
  }

  private func geometricMean(of name: String, _ cost: (Record, Double) -> Double) -> Double? {
    let values = (estimator(named: name)?.records ?? []).compactMap { record -> Double? in
      guard record.state == "initial", let exact = record.exact else { return nil }
      let variance = exact.variance.reduce(0, +)
      // What rounding leaves of a variance of zero is no variance.
      return variance > 1e-24 * record.size * record.size ? log(cost(record, variance)) : nil
    }
    return values.isEmpty ? nil : exp(values.reduce(0, +) / Double(values.count))
  }
}
