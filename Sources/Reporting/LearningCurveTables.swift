internal import Datasets
internal import Training

/// The tables of a learning-curve report: bounds, training objective, orderings, comparison with a reference.
struct LearningCurveTables {
  let curves: LearningCurves
  /// Where every number is kept on its way into the text.
  let cells: ReportCells

  func write(into document: inout MarkdownDocument) {
    document.heading(2, MarkdownText(plain: curves.boundTitle))
    document.paragraph(
      """
      Negative importance-weighted bound on log p(x) in nats for each image, lower is better. \(evaluationText) \
      \(intervalText) Standard errors over images are at most \(largestStandardError) nats.
      """)
    writeValues(curves.boundName, into: &document) { curves.bounds($0, $1, at: $2) }
    writeOnce("At the lowest validation bound", "selected bound", into: &document) { $0.selected }
    writeOnce("At the end of the run", "final bound", into: &document) { $0.final }
    writeMissing(into: &document)
    writeAccuracies(into: &document)
    document.heading(2, "Training objective")
    document.paragraph(
      """
      Negative evidence lower bound on the training batches, mean over the last 200 steps before each mark, or over the \
      steps of the record that ends there where it covers more, in nats for each image.
      """)
    writeValues("training objective", into: &document) { curves.training($0, $1, at: $2) }
    ComparisonTables(curves: curves, cells: cells).write(into: &document)
  }

  /// For protocols that measure a bound once in a run: at the step that they select, or at the last one.
  private func writeOnce(
    _ title: MarkdownText, _ quantity: String, into document: inout MarkdownDocument,
    _ record: (RunResult) -> EvaluationRecord?
  ) {
    let measured = curves.runs.compactMap { run in run.result.flatMap(record).map { (run, $0) } }
    guard !measured.isEmpty else { return }
    document.heading(3, title)
    var table = MarkdownTable([
      .init("run"), .init("step", .right), .init("split"), .init("samples", .right), .init("bound", .right),
    ])
    for (run, record) in measured {
      let group = "\(run.manifest.protocolName)/\(run.label)/\(quantity)"
      let bound = cells.number(
        "\(group)/seed \(run.manifest.seed)", record.bound, held: .seeds, group: group, needs: [run.name])
      table.append([
        "\(code: run.name)", "\(NumberFormatting.count(record.step))", "\(record.split.rawValue)",
        "\(NumberFormatting.count(record.samples))", "\(NumberFormatting.fixed(bound, decimals: 2))",
      ])
    }
    document.table(table)
  }

  /// For models with classes.
  private func writeAccuracies(into document: inout MarkdownDocument) {
    let classifying = curves.protocols.filter { name in
      curves.runs(of: name).contains { $0.evaluations.contains { $0.accuracy != nil } }
    }
    guard !classifying.isEmpty else { return }
    document.heading(2, "Accuracy")
    document.paragraph(
      "Share of the images of the same split that are classified rightly, in percent; higher is better.")
    writeValues("accuracy", of: classifying, into: &document) { curves.accuracies($0, $1, at: $2) }
  }

  private var evaluationText: MarkdownText {
    let records = curves.runs.flatMap(\.evaluations)
    let kinds = Set(
      records.map {
        "\($0.samples) samples, all \(NumberFormatting.count($0.images)) images of the \($0.split.rawValue) split"
      })
    return kinds.isEmpty ? "" : "Measured with \(kinds.sorted().joined(separator: "; "))."
  }

  private var largestStandardError: String {
    let largest = curves.runs.flatMap(\.evaluations).map(\.standardError).max()
    let kept = largest.map {
      cells.number("largest standard error", $0, held: .notHeld, needs: curves.runs.map(\.name))
    }
    return kept.map { NumberFormatting.fixed($0, decimals: 2) } ?? "-"
  }

  private var intervalText: MarkdownText {
    let counts = Set(curves.protocols.map { curves.seeds(of: $0).count }).sorted()
    let factors = counts.compactMap { count in
      SeedSummary.studentFactor(seeds: count).map {
        "\(NumberFormatting.fixed($0, decimals: 2)) for \(count) seeds"
      }
    }
    guard !factors.isEmpty else { return "There is one seed, so no ± can be given." }
    return """
      The ± is the half-width of the 95 % t-interval for the mean over seeds (Student's factor \
      \(factors.joined(separator: ", "))); it covers what the seed decides: initialisation, order of the data and noise.
      """
  }

  private func writeValues(
    _ quantity: String, of protocols: [String]? = nil, into document: inout MarkdownDocument,
    _ values: (String, String, Int) -> [UInt64: Double]
  ) {
    for name in protocols ?? curves.protocols {
      let seeds = curves.seeds(of: name)
      document.heading(3, "\(name)")
      var table = MarkdownTable(
        [.init("estimator"), .init("steps", .right)] + seeds.map { .init("seed \(String($0))", .right) }
          + [.init("mean ± half-width", .right)])
      for estimator in curves.estimators(of: name) {
        for step in curves.marks(of: name) {
          let found = values(name, estimator, step)
          let group = "\(name)/\(estimator)/step \(step)/\(quantity)"
          table.append(
            [MarkdownText("\(code: estimator)"), "\(NumberFormatting.count(step))"]
              + seeds.map { seed in Self.number(found[seed].map { kept($0, seed, name, estimator, group) }) }
              + ["\(kept(found.summary, group, needs: runs(name, estimator)))"])
        }
      }
      document.table(table)
    }
  }

  /// A value of one seed, kept.
  private func kept(
    _ value: Double, _ seed: UInt64, _ name: String, _ estimator: String, _ group: String
  ) -> Double {
    cells.number(
      "\(group)/seed \(seed)", value, held: .seeds, group: group,
      needs: curves.run(name, estimator, seed: seed).map { [$0.name] })
  }

  /// A summary over seeds, kept, as text.
  private func kept(_ summary: SeedSummary?, _ place: String, needs: [String]) -> String {
    guard let summary else { return "" }
    _ = cells.number("\(place)/mean", summary.mean, held: .notHeld, needs: needs)
    if let halfWidth = summary.halfWidth {
      _ = cells.number("\(place)/half-width", halfWidth, held: .notHeld, needs: needs)
    }
    return summary.text(decimals: 2)
  }

  /// The names of an estimator's runs.
  private func runs(_ name: String, _ estimator: String) -> [String] {
    curves.runs(of: name, estimator: estimator).map(\.name)
  }

  private func writeMissing(into document: inout MarkdownDocument) {
    let missing = curves.missingCells
    guard !missing.isEmpty else { return }
    document.paragraph("**\(missing.count) cells are empty because no run has reached them:**")
    document.list(missing.map { MarkdownText(plain: $0) })
  }

  func write(
    _ comparison: ReferenceComparison, reference: ReferenceCurves, into document: inout MarkdownDocument
  ) {
    document.heading(2, "Comparison with an independent implementation")
    document.paragraph(
      """
      Reference: \(reference.source) (\(reference.software); transcribed \(reference.transcribed)). Agreement is judged at \
      \(NumberFormatting.count(reference.agreement.steps)) steps, on the means over seeds; the distances allowed are the \
      reference's own. Test bound in nats.
      """)
    var table = MarkdownTable([
      .init("protocol"), .init("estimator"), .init("steps", .right), .init("here", .right),
      .init("seeds", .right),
      .init("reference", .right), .init("seeds", .right), .init("difference", .right),
      .init("allowed", .right),
      .init("verdict"),
    ])
    for cell in comparison.cells { table.append(row(cell)) }
    document.table(table)
    document.heading(3, "Orderings of the reference")
    var orderings = MarkdownTable([
      .init("protocol"), .init("ordering"), .init("steps", .right), .init("difference here", .right),
      .init("verdict"),
    ])
    for check in comparison.orderings {
      let place =
        "reference/orderings/\(check.protocolName)/\(check.lower) below \(check.higher)/step \(check.steps)"
      let needs = runs(check.protocolName, check.lower) + runs(check.protocolName, check.higher)
      let difference = check.difference.map {
        cells.number("\(place)/difference", $0, held: .notHeld, needs: needs)
      }
      let outcome = cells.text(
        "\(place)/outcome", difference.map { $0 < 0 ? "holds" : "violated" } ?? "missing", needs: needs)
      orderings.append([
        "\(check.protocolName)", "\(code: check.lower) below \(code: check.higher)",
        "\(NumberFormatting.count(check.steps))",
        "\(difference.map { NumberFormatting.signed($0, decimals: 2) } ?? "")",
        outcome == "violated" ? "**violated**" : "\(outcome)",
      ])
    }
    document.table(orderings)
  }

  private func row(_ cell: ReferenceComparison.Cell) -> [MarkdownText] {
    let place = "reference/\(cell.protocolName)/\(cell.estimator)/step \(cell.steps)"
    let needs = runs(cell.protocolName, cell.estimator)
    let ours = cell.ours.map { cells.number("\(place)/here", $0.mean, held: .notHeld, needs: needs) }
    let theirs = cell.theirs.map { cells.exact("\(place)/reference", $0.mean, needs: []) }
    let difference = cell.difference.map {
      cells.number("\(place)/difference", $0, held: .notHeld, needs: needs)
    }
    let verdict = cell.agreement.map {
      cells.text("\(place)/verdict", "\($0)", needs: needs)
    }
    return [
      "\(cell.protocolName)", "\(code: cell.estimator)", "\(NumberFormatting.count(cell.steps))",
      Self.number(ours), "\(cell.ours?.values.count ?? 0)",
      Self.number(theirs), "\(cell.theirs?.values.count ?? 0)",
      "\(difference.map { NumberFormatting.signed($0, decimals: 2) } ?? "")",
      "\(cell.allowed.map { NumberFormatting.fixed($0, decimals: 1) } ?? "")",
      cell.agreement == .differs ? "**\(verdict ?? "")**" : "\(verdict ?? "")",
    ]
  }

  private static func number(_ value: Double?) -> MarkdownText {
    value.map { MarkdownText(plain: NumberFormatting.fixed($0, decimals: 2)) } ?? ""
  }
}
