/// The report of a recording of all estimators: exact bias and variance, and what a draw costs.
struct RecordedEstimatorsReport {
  let baseline: Baseline
  let fileName: String
  let inputs: [ReportLock.File]

  /// - Throws: `ReportingError.unwritable`.
  func write(context: ReportContext) throws(ReportingError) -> StoredReport.Written {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let cells = ReportCells()
    var document = MarkdownDocument()
    document.heading(1, "What the estimators did when they were recorded")
    document.paragraph("**\(cells.text("verdict", verdict, held: .notHeld))**")
    let seeds = Set(baseline.estimators.flatMap(\.records).compactMap { $0.sampled?.seed }).sorted()
    var provenance = context.provenance(level: .sameInstructionSet, seeds: seeds)
    provenance.files = inputs
    provenance.write(into: &document)
    ReproducibilityChecklist(facts, provenance: provenance, licence: context.licence).write(into: &document)
    writeSummary(cells, into: &document)
    for problem in baseline.problems { write(problem.name, cells, into: &document) }
    let file = try context.write(
      document, to: fileName, in: folder, cells: cells,
      recipe: .stored(of: StoredRecipe(kind: StoredReportKind.estimators.rawValue, inputs: inputs)),
      provenance: provenance)
    return StoredReport.Written(file: file, verdict: verdict, holds: true)
  }

  private var exactRecords: [Baseline.Record] {
    baseline.estimators.flatMap(\.records).filter { $0.exact != nil }
  }

  private var verdict: String {
    let all = baseline.estimators.flatMap(\.records).count
    return
      "\(baseline.estimators.count) estimators on \(baseline.problems.count) problems: exact mean and variance in "
      + "\(exactRecords.count) of \(all) cases, confidence intervals from sampling in the others."
  }

  private var facts: ReproducibilityChecklist.Facts {
    let rate = NumberFormatting.significant(baseline.falseAlarmRate, digits: 1)
    return ReproducibilityChecklist.Facts(
      researchType: "numerical: exact integration, and sampling where it is out of reach",
      estimators: baseline.estimators.map(\.name), splits: "not applicable: no data set",
      setup: "\(baseline.estimators.count) estimators, \(baseline.problems.count) problems",
      errorBars: "exact numbers have none; the sampled intervals hold together with probability 1 - \(rate)",
      tuningBudget: "not applicable: nothing is tuned", failedRuns: nil)
  }

  private func writeSummary(_ cells: ReportCells, into document: inout MarkdownDocument) {
    document.heading(2, "Bias and cost")
    document.paragraph(
      """
      The relative bias is |E[g] - gradient| / |gradient|, Euclidean norms over a problem's logits, exact, the largest over the \
      problems. Instructions are those of drawing and combining in the cost workload; nanoseconds for a draw are of the \
      recording machine and for information.
      """)
    var table = MarkdownTable([
      .init("estimator"), .init("problems", .right), .init("largest relative bias", .right),
      .init("evaluations", .right), .init("instructions", .right), .init("ns for a draw", .right),
    ])
    for estimator in baseline.estimators {
      let biases = estimator.records.compactMap(Self.relativeBias)
      let bias = biases.max().map { cells.exact("summary/\(estimator.name)/largest relative bias", $0) }
      let evaluations = Set(estimator.records.map(\.evaluations)).sorted()
      let span =
        evaluations.count > 1
        ? "\(evaluations[0]) to \(evaluations[evaluations.count - 1])"
        : evaluations.first.map { "\($0)" } ?? ""
      table.append([
        "\(code: estimator.name)", "\(Set(estimator.records.map(\.problem)).count)",
        "\(bias.map { NumberFormatting.significant($0, digits: 2) } ?? "-")", "\(span)",
        "\(estimator.instructions.map { NumberFormatting.count($0.total) } ?? "-")",
        "\(baseline.nanoseconds(of: estimator.name).map { NumberFormatting.significant($0) } ?? "-")",
      ])
    }
    document.table(table)
  }

  private static func relativeBias(_ record: Baseline.Record) -> Double? {
    guard let exact = record.exact else { return nil }
    let norm = record.gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let bias = zip(exact.mean, record.gradient).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    return norm > 0 ? bias / norm : nil
  }

  /// Variances on one problem, exact where they are, with what a unit of work buys.
  private func write(_ problem: String, _ cells: ReportCells, into document: inout MarkdownDocument) {
    let found = baseline.estimators.flatMap { estimator in
      estimator.records.filter { $0.problem == problem }.map { (estimator.name, $0) }
    }
    guard !found.isEmpty else { return }
    document.details("\(problem): variance of one gradient, summed over \(found[0].1.gradient.count) logits")
    {
      var table = MarkdownTable([
        .init("estimator"), .init("state"), .init("variance", .right), .init("x evaluations", .right),
        .init("x ns for a draw", .right), .init("how"),
      ])
      for (name, record) in found { table.append(row(name, record, cells)) }
      $0.table(table)
    }
  }

  private func row(_ name: String, _ record: Baseline.Record, _ cells: ReportCells) -> [MarkdownText] {
    let head: [MarkdownText] = ["\(code: name)", "\(record.state)"]
    guard let exact = record.exact else {
      return head + ["-", "-", "-", "\(record.note ?? "no exact moments")"]
    }
    let variance = cells.exact(
      "variance/\(record.problem)/\(name)/\(record.state)", exact.variance.reduce(0, +))
    let time = baseline.nanoseconds(of: name).map { NumberFormatting.significant(variance * $0) }
    return head + [
      "\(NumberFormatting.significant(variance))",
      "\(NumberFormatting.significant(variance * Double(record.evaluations)))", "\(time ?? "-")", "exact",
    ]
  }
}

/// Stored results that a report was made of, where the report says nothing of how to compute them.
package struct StoredRecipe: Codable, Hashable, Sendable {
  package var kind: String
  package var inputs: [ReportLock.File]

  /// Why it cannot be run again.
  var reason: String {
    "it was made from stored results (\(inputs.map(\.name).joined(separator: ", "))); armature report makes it again from them"
  }
}
