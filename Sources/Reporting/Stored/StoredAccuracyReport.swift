/// The report of a study of gradient accuracy from its `accuracy.json`.
struct StoredAccuracyReport {
  let result: AccuracyResult
  let fileName: String
  let inputs: [ReportLock.File]

  /// - Throws: `ReportingError.unwritable`.
  func write(context: ReportContext) throws(ReportingError) -> StoredReport.Written {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let cells = ReportCells()
    let tables = AccuracyTables(result: result, cells: cells)
    var document = MarkdownDocument()
    document.heading(1, AccuracyReport.title)
    document.paragraph("**\(cells.text("verdict", result.verdict, held: .notHeld))**")
    _ = cells.text("outcome", result.holds ? "holds" : "fails")
    var provenance = context.provenance(level: .sameInstructionSet, seeds: [result.seed], data: result.data)
    provenance.report = fileName
    provenance.files = inputs
    provenance.write(into: &document)
    ReproducibilityChecklist(result.facts, provenance: provenance, licence: context.licence).write(
      into: &document)
    document.heading(2, "The network and the study")
    document.paragraph("The study was run by \(code: result.command).")
    document.paragraph(
      AccuracyReport.networkText(
        shape: result.widths.map(String.init).joined(separator: "-"), points: result.points))
    tables.writeExact(into: &document)
    document.paragraph(AccuracyReport.studyText(samples: result.gradientSamples))
    document.list(AccuracyReport.descriptions(of: result.estimators))
    let figures = AccuracyFigures(result: result, stem: String(fileName.dropLast(3)))
    document.figure(try folder.draw(figures.cosine))
    document.figure(try folder.draw(figures.relativeRMSE))
    tables.write(into: &document)
    writeComparison(tables, into: &document)
    let file = try context.write(
      document, to: fileName, in: folder, cells: cells, recipe: .accuracy(of: AccuracyRecipe(result)),
      provenance: provenance)
    return StoredReport.Written(file: file, verdict: result.verdict, holds: result.holds)
  }

  private func writeComparison(_ tables: AccuracyTables, into document: inout MarkdownDocument) {
    guard let comparison = result.comparison else { return }
    let rate = NumberFormatting.significant(comparison.falseAlarmRate, digits: 1)
    document.heading(2, "Beside the published values")
    document.paragraph(
      """
      Published: \(comparison.source). A cell agrees if the two values differ by at most the allowed difference, which the study \
      computed so that two runs of right estimators have any cell that differs with a probability of about \(rate) at most.
      """)
    tables.writeComparison(into: &document, decimals: 3)
  }
}
