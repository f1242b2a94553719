package import ExactExpectations
package import Verification

/// The report of the battery: verdicts, error budget, exact biases and variances, and what became of the mutants.
package struct VerificationReport: Sendable {
  package struct Written: Sendable {
    package let file: String
    /// Whether every check passed and every mutant was caught.
    package let holds: Bool
    package let verdict: String
  }

  /// The report's file name.
  var fileName = "verification.md"
  /// The stored results that it is made of, where it is.
  var inputs: [ReportLock.File] = []

  let result: VerificationResult
  let problems: [Problem]
  let mutants: MutationResult?

  /// - Parameters:
  ///   - result: what the battery found.
  ///   - problems: those of the verification, for the table of variances.
  ///   - mutants: what became of the mutants, if they were run.
  package init(result: VerificationResult, problems: [Problem], mutants: MutationResult? = nil) {
    self.result = result
    self.problems = problems
    self.mutants = mutants
  }

  /// Writes `verification.md` and its figures into the context's folder.
  ///
  /// - Throws: `ReportingError.unwritable`; `.study` if an exact variance cannot be integrated.
  package func write(context: ReportContext) throws(ReportingError) -> Written {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let cells = ReportCells()
    let tables = VerificationTables(result: result, cells: cells)
    var provenance = context.provenance(level: .sameInstructionSet, seeds: [result.settings.seed])
    provenance.report = fileName
    provenance.files = problems.map { ReportLock.File($0) } + inputs
    let stages =
      [VerificationStage.battery.rawValue] + (mutants == nil ? [] : [VerificationStage.mutants.rawValue])
    var document = MarkdownDocument()
    document.heading(1, "Verification of the estimators")
    document.paragraph("**\(cells.text("verdict", verdict, held: .notHeld, needs: stages))**")
    _ = cells.text("outcome", holds ? "holds" : "fails", needs: stages)
    provenance.write(into: &document)
    ReproducibilityChecklist(facts, provenance: provenance, licence: context.licence).write(into: &document)
    tables.writeFailures(into: &document)
    Self.writeHowToRead(into: &document)
    tables.writeChecks(into: &document)
    tables.writeBiases(into: &document)
    try writeVariances(into: &document, cells: cells)
    document.heading(2, "Mutants")
    try writeMutants(into: &document, folder: folder, cells: cells)
    tables.writeBudget(into: &document)
    tables.writeSkipped(into: &document)
    let file = try context.write(
      document, to: fileName, in: folder, cells: cells,
      recipe: .verification(
        of:
          VerificationRecipe(
            settings: result.settings, estimators: result.estimators, problems: result.problems,
            mutants: mutants?.mutants.map(\.name))),
      provenance: provenance)
    return Written(file: file, holds: holds, verdict: verdict)
  }

  /// Variances are no part of a stored result: without the problems to integrate on there are none.
  private func writeVariances(into document: inout MarkdownDocument, cells: ReportCells)
    throws(ReportingError)
  {
    guard !problems.isEmpty else { return }
    document.heading(2, "Exact variances")
    try VarianceTable(estimators: result.estimators, problems: problems, cells: cells).write(into: &document)
  }

  private func writeMutants(
    into document: inout MarkdownDocument, folder: ReportFolder, cells: ReportCells
  ) throws(ReportingError) {
    guard let mutants else {
      document.paragraph("No mutants were run; `./armature verify --mutants` runs them.")
      return
    }
    let table = MutantTable(result: mutants, cells: cells)
    table.write(into: &document)
    if let figure = table.figure { document.figure(try folder.draw(figure)) }
  }

  private var facts: ReproducibilityChecklist.Facts {
    let settings = result.settings
    let rate = NumberFormatting.significant(settings.alpha, digits: 2)
    let survivors = mutants.map { "; \($0.survivors.count) of \($0.mutants.count) mutants not caught" } ?? ""
    return ReproducibilityChecklist.Facts(
      researchType: "numerical verification: exact integration and sequential tests",
      estimators: result.estimators, splits: "not applicable: no data set",
      setup:
        "\(result.estimators.count) estimators, \(result.problems.count) problems, \(settings.draws) draws under each of "
        + settings.generators.map(\.rawValue).joined(separator: ", "),
      errorBars:
        "none: numbers are exact; verdicts are tests with false-alarm probability \(rate) for the run",
      tuningBudget: "not applicable: nothing is tuned",
      failedRuns:
        "\(result.failures.count) of \(result.verdicts.count) checks failed, \(result.skipped.count) skipped\(survivors)"
    )
  }

  private var holds: Bool { result.passed && mutants?.passed ?? true }

  private var verdict: String {
    let mutation = mutants.map { "Mutants: \($0.summary)." } ?? "No mutants were run."
    return "\(result.summary). \(mutation)"
  }

  private static func writeHowToRead(into document: inout MarkdownDocument) {
    document.heading(2, "How to read this")
    document.list([
      "**Exact** checks integrate the production code over all of its noise; their only error is rounding.",
      """
      **Random** checks are sequential tests: each may be looked at after every draw and fails correct code with at most the \
      probability that it was handed from the run's budget.
      """,
      """
      An **e-value** is evidence against the hypothesis that all is right; a check fails when its e-value reaches 1 / its \
      false-alarm rate. A small e-value by itself proves nothing, therefore the tables also give the bias that would have been \
      found.
      """,
      "A **mutant** is a deliberate mistake; a battery that misses one has a hole.",
    ])
  }
}
