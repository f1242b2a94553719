internal import Datasets
internal import Training

/// The report on training runs: tables over seeds, figures, orderings and, where there is one, a reference.
package struct LearningCurveReport: Sendable {
  /// What the report found.
  package struct Outcome: Sendable {
    package let file: String
    /// Whether nothing contradicts the reference; true without one.
    package let holds: Bool
    package let verdict: String
    /// Cells of the complete set that no run fills.
    package let missing: Int
  }

  let title: String
  let fileName: String
  let curves: LearningCurves
  /// File name in `Fixtures/Published` of the reference.
  let referenceFile: String?
  /// Published results to set beside the runs.
  let published: [PublishedValues]
  /// The stored results that the report is made of, where it is.
  let inputs: [ReportLock.File]

  /// A report on `runs`; with a `reference` its protocols, estimators, seeds and marks are the cells to fill.
  ///
  /// - Throws: `ReportingError.mixedRuns` for two runs of one cell, or two protocols of one name.
  package init(
    title: String, fileName: String, runs: [RecordedRun], reference: ReferenceCurves? = nil,
    referenceFile: String? = nil, published: [PublishedValues] = [], inputs: [ReportLock.File] = []
  ) throws(ReportingError) {
    self.published = published
    self.inputs = inputs
    self.title = title
    self.referenceFile = referenceFile
    self.fileName = fileName
    curves = try LearningCurves(runs: runs, reference: reference)
  }

  /// Writes the report and its figures into the context's folder.
  ///
  /// - Throws: `ReportingError.unwritable`; `.mixedRuns` and `.malformed` for inspections that do not go together or were changed.
  package func write(context: ReportContext) throws(ReportingError) -> Outcome {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let comparison = curves.reference.map { ReferenceComparison(curves, to: $0) }
    let verdict = sentence(comparison)
    var document = MarkdownDocument()
    document.heading(1, MarkdownText(plain: title))
    let cells = ReportCells()
    let names = curves.runs.map(\.name)
    document.paragraph("**\(cells.text("verdict", verdict, held: .notHeld, needs: names))**")
    _ = cells.text("outcome", comparison?.holds ?? true ? "holds" : "fails", needs: names)
    var provenance = context.provenance(
      level: .sameInstructionSet, seeds: Set(curves.runs.map(\.manifest.seed)).sorted(),
      data: curves.dataFiles)
    provenance.report = fileName
    provenance.files = protocolFiles + inputs
    provenance.write(into: &document)
    ReproducibilityChecklist(facts, provenance: provenance, licence: context.licence).write(into: &document)
    for figure in LearningCurveFigures(curves: curves, stem: stem).figures {
      document.figure(try folder.draw(figure))
    }
    let tables = LearningCurveTables(curves: curves, cells: cells)
    tables.write(into: &document)
    if let comparison, let reference = curves.reference {
      tables.write(comparison, reference: reference, into: &document)
    }
    try InspectionSections(curves: curves, cells: cells, stem: stem).write(into: &document, folder: folder)
    writePublished(into: &document, cells: cells)
    RunTables(curves: curves).write(into: &document)
    let file = try context.write(
      document, to: fileName, in: folder, cells: cells, recipe: .training(of: recipe), provenance: provenance)
    return Outcome(
      file: file, holds: comparison?.holds ?? true, verdict: verdict, missing: curves.missingCells.count)
  }

  private func writePublished(into document: inout MarkdownDocument, cells: ReportCells) {
    guard !published.isEmpty, !curves.runs.isEmpty else { return }
    PublishedTables(
      comparison: PublishedComparison(curves, published: published), curves: curves, cells: cells
    ).write(into: &document)
  }

  private var facts: ReproducibilityChecklist.Facts {
    let evaluations = Set(
      curves.runs.flatMap(\.evaluations).map { "\($0.split.rawValue): \($0.images) images" })
    let seeds = curves.protocols.map { curves.seeds(of: $0).count }.max() ?? 0
    let sources = Set(
      curves.runs.map { "\($0.manifest.protocolName): \($0.manifest.resolvedProtocol.source)" })
    let unfinished = curves.runs.count { $0.result == nil }
    return ReproducibilityChecklist.Facts(
      researchType: "training runs", estimators: Set(curves.runs.map(\.manifest.estimator)).sorted(),
      splits: evaluations.isEmpty
        ? nil : "as the data files have them; evaluated on \(evaluations.sorted().joined(separator: "; "))",
      setup: sources.isEmpty ? nil : "protocols below, " + sources.sorted().joined(separator: "; "),
      errorBars: seeds > 1
        ? "95 % t-interval for the mean over \(seeds) seeds; all seeds' values are listed; claims by sign-flip test, Holm"
        : nil,
      tuningBudget: nil,
      failedRuns:
        "\(unfinished) of \(curves.runs.count) runs without a result; \(curves.missingCells.count) cells empty"
    )
  }

  private var recipe: TrainingRecipe {
    TrainingRecipe(
      title: title, fileName: fileName,
      runs: curves.runs.map {
        TrainingRecipe.Run(
          name: $0.name, protocol: $0.manifest.protocolName, estimator: $0.manifest.estimator,
          seed: $0.manifest.seed, steps: $0.manifest.steps,
          learningRate: $0.showsLearningRate ? $0.manifest.resolvedProtocol.optimisation.learningRate : nil,
          inspection: $0.inspection?.settings)
      }, reference: referenceFile)
  }

  private var protocolFiles: [ReportLock.File] {
    Dictionary(curves.runs.map { ($0.manifest.protocolName, $0.manifest.protocolSHA256) }) { first, _ in first
    }
    .sorted { $0.key < $1.key }.map { ReportLock.File(name: "protocol: \($0.key)", sha256: $0.value) }
  }

  private var stem: String { fileName.hasSuffix(".md") ? String(fileName.dropLast(3)) : fileName }

  private func sentence(_ comparison: ReferenceComparison?) -> String {
    if let comparison, let reference = curves.reference {
      return comparison.sentence(steps: reference.agreement.steps)
    }
    let bests = curves.protocols.compactMap(bestEstimator)
    guard !bests.isEmpty else { return "No run has been evaluated yet." }
    return (bests + [ComparisonTables.family(of: curves).summary].compactMap(\.self)).joined(separator: " ")
  }

  /// The estimator with the lowest mean bound at the last mark of a protocol.
  private func bestEstimator(of name: String) -> String? {
    guard let step = curves.marks(of: name).last else { return nil }
    let candidates = curves.estimators(of: name).compactMap { estimator in
      curves.bounds(name, estimator, at: step).summary.map { (estimator, $0) }
    }
    guard let best = candidates.min(by: { $0.1.mean < $1.1.mean }) else { return nil }
    let bound = NumberFormatting.fixed(best.1.mean, decimals: 2)
    return
      "\(name): the lowest mean \(curves.boundName(of: name)) after \(NumberFormatting.count(step)) steps is \(bound) nats, by \(best.0) "
      + "(\(candidates.count) estimators, \(best.1.values.count) seeds)."
  }
}
