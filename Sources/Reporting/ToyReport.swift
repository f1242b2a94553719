internal import GradientEstimators

/// The report of a toy study; the frame that all of them have in common.
package protocol ToyReport: Sendable {
  /// The name of the report's file.
  static var fileName: String { get }
  var title: String { get }
  var seed: UInt64 { get }
  /// Every measured number.
  var variances: [ToyVariance] { get }
  /// Probability that any of the study's intervals misses.
  var falseAlarmRate: Double { get }
  /// Names of the estimators, as typed.
  var estimatorNames: [String] { get }
  /// What is run, for the checklist.
  var setup: String { get }
  var recipe: ReplayRecipe { get }
  /// What comes after verdict, provenance and checklist.
  func write(
    into document: inout MarkdownDocument, cells: ReportCells, folder: ReportFolder
  ) throws(ReportingError)
}

/// A toy study's report, as written.
package struct WrittenToyReport: Sendable {
  package let file: String
  /// Whether no measured number contradicts its exact one.
  package let holds: Bool
  package let verdict: String
}

extension ToyReport {
  package var contradictions: [ToyVariance] { variances.filter { $0.agrees == false } }
  package var holds: Bool { contradictions.isEmpty }
  var rate: String { NumberFormatting.scientific(falseAlarmRate, digits: 1) }

  /// Writes the report and its figures into the context's folder.
  ///
  /// - Throws: `ReportingError.unwritable`; `.study` if an exact variance cannot be integrated.
  package func write(context: ReportContext) throws(ReportingError) -> WrittenToyReport {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let cells = ReportCells()
    var document = MarkdownDocument()
    document.heading(1, "\(title)")
    document.paragraph("**\(cells.text("verdict", verdict, held: .notHeld))**")
    _ = cells.text("outcome", holds ? "holds" : "fails")
    var provenance = context.provenance(level: .sameInstructionSet, seeds: [seed])
    provenance.report = Self.fileName
    provenance.write(into: &document)
    ReproducibilityChecklist(facts, provenance: provenance, licence: context.licence).write(into: &document)
    try write(into: &document, cells: cells, folder: folder)
    let file = try context.write(
      document, to: Self.fileName, in: folder, cells: cells, recipe: recipe, provenance: provenance)
    return WrittenToyReport(file: file, holds: holds, verdict: verdict)
  }

  private var facts: ReproducibilityChecklist.Facts {
    ReproducibilityChecklist.Facts(
      researchType: "numerical study with exact answers", estimators: estimatorNames,
      splits: "not applicable: no data set", setup: setup,
      errorBars:
        "confidence sequences (empirical Bernstein) for the expectation of each measured variance; any misses with probability at most \(rate)",
      tuningBudget: "not applicable: nothing is tuned",
      failedRuns: "\(contradictions.count) of \(variances.count) variances contradicted")
  }

  private var verdict: String {
    let compared = variances.count { $0.agrees != nil }
    let sampled = variances.count - compared
    let rest = sampled == 0 ? "" : "; \(sampled) more are out of reach of integration and are sampled only"
    if holds {
      return
        "All \(compared) measured variances agree with the exact ones (probability of any false alarm: \(rate))\(rest)."
    }
    let worst = contradictions.map { "\($0.estimator) at \($0.setting), \($0.place)" }
    return
      "\(worst.count) of \(compared) measured variances contradict the exact ones (probability of any false alarm: "
      + "\(rate)): \(worst.joined(separator: "; "))\(rest)."
  }

  /// A folded table for each setting: exact, measured, interval, verdict.
  func writeVariances(into document: inout MarkdownDocument, cells: ReportCells, place: MarkdownText) {
    for setting in settings {
      let own = variances.filter { $0.setting == setting }
      let compared = own.filter { $0.agrees != nil }
      let agreeing = compared.count { $0.agrees == true }
      let sampled = own.count - compared.count
      let rest = sampled == 0 ? "" : ", \(sampled) sampled only"
      document.details("\(setting): \(agreeing) of \(compared.count) agree\(rest)") { inner in
        var table = MarkdownTable([
          .init("estimator"), .init(place, .right), .init("exact", .right), .init("measured", .right),
          .init("interval", .right), .init("verdict"),
        ])
        for variance in own { table.append(row(variance, cells)) }
        inner.table(table)
      }
    }
  }

  /// Settings in the order in which they were measured.
  var settings: [String] {
    variances.map(\.setting).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private func row(_ variance: ToyVariance, _ cells: ReportCells) -> [MarkdownText] {
    let place = "variances/\(variance.setting)/\(variance.estimator)/\(variance.place)"
    let exact = variance.exact.map { cells.exact("\(place)/exact", $0) }
    let measured = cells.number(
      "\(place)/measured", variance.measured, held: .interval, interval: variance.interval)
    let interval = [
      cells.number("\(place)/lower end", variance.interval.lowerBound, held: .notHeld),
      cells.number("\(place)/upper end", variance.interval.upperBound, held: .notHeld),
    ].map { NumberFormatting.scientific($0, digits: 4) }
    let verdict = variance.agrees.map { cells.text("\(place)/verdict", $0 ? "agrees" : "contradicts") }
    return [
      "\(code: variance.estimator)", "\(Self.value(of: variance.place))",
      "\(exact.map { NumberFormatting.scientific($0, digits: 4) } ?? "-")",
      "\(NumberFormatting.scientific(measured, digits: 4))",
      "\(interval.joined(separator: " to "))",
      verdict.map { variance.agrees == true ? "\($0)" : "**\($0)**" } ?? "sampled only",
    ]
  }

  /// What stands after the equals sign, where the column's head has what stands before.
  private static func value(of place: String) -> String {
    place.split(separator: " = ").last.map(String.init) ?? place
  }

  /// Measured points and one line through exact ones; a point whose interval reaches down to zero has no bar.
  func series(
    _ label: String, _ colour: FigureColour, _ measured: [ToyVariance], exact: [FigureSeries.Point],
    offset: Double = 0
  ) -> [FigureSeries] {
    let shown = measured.filter { $0.exact != 0 && $0.measured > 0 }
    func points(withBar: Bool) -> [FigureSeries.Point] {
      shown.filter { ($0.interval.lowerBound > 0) == withBar }.map {
        .init(
          $0.position + offset, $0.measured, low: $0.interval.lowerBound, high: $0.interval.upperBound)
      }
    }
    return [
      FigureSeries("", .line, colour, exact.filter { $0.y > 1e-20 }),
      FigureSeries("", .points, colour, points(withBar: false)),
      FigureSeries(label, .errorBars, colour, points(withBar: true)),
    ]
  }
}
