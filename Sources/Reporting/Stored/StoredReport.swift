internal import Training
internal import Verification

/// A report made from stored results alone: nothing is computed again, and equal inputs give equal bytes.
package struct StoredReport {
  package struct Written: Sendable {
    package let file: String
    package let verdict: String
    /// Whether nothing in the results failed or contradicts what it was held against.
    package let holds: Bool
  }

  let inputs: StoredInputs
  package var kind: StoredReportKind { inputs.kind }

  /// Reads all inputs.
  ///
  /// - Throws: `ReportingError` for an input that cannot be read or does not belong to the others; nothing is written.
  package init(_ paths: [String], kind: StoredReportKind? = nil) throws(ReportingError) {
    inputs = try StoredInputs(paths, expected: kind)
  }

  /// Writes the report with its lock and its figures.
  ///
  /// - Throws: `ReportingError`.
  package func write(_ settings: StoredReportSettings) throws(ReportingError) -> Written {
    switch kind {
    case .verification: try writeVerification(settings)
    case .benchmark: try writeBenchmark(settings)
    case .accuracy: try writeAccuracy(settings)
    case .estimators: try writeEstimators(settings)
    }
  }

  private func fileName(_ settings: StoredReportSettings, _ standard: String) -> String {
    (settings.name ?? standard) + ".md"
  }

  private func writeVerification(_ settings: StoredReportSettings) throws(ReportingError) -> Written {
    let results = inputs.items.compactMap { if case .verification(let result) = $0 { result } else { nil } }
    let mutations = inputs.items.compactMap { if case .mutants(let result) = $0 { result } else { nil } }
    guard results.count == 1, mutations.count < 2 else {
      throw .mixedRuns(
        file: "the inputs",
        reason:
          "\(results.count) verifications and \(mutations.count) runs of mutants, where one of each makes a report"
      )
    }
    let stored = results[0]
    var report = VerificationReport(result: stored.result, problems: [], mutants: mutations.first)
    report.fileName = fileName(settings, "verification")
    report.inputs = inputs.files
    let written = try report.write(context: settings.context(stored.provenance ?? .unknown))
    return Written(file: written.file, verdict: written.verdict, holds: written.holds)
  }

  private func writeBenchmark(_ settings: StoredReportSettings) throws(ReportingError) -> Written {
    let runs = inputs.items.compactMap { if case .run(let run) = $0 { run } else { nil } }
    let titles = Set(runs.map(\.manifest.protocolName)).sorted()
    let report = try LearningCurveReport(
      title: "Training runs: " + titles.joined(separator: ", "), fileName: fileName(settings, "benchmark"),
      runs: runs, published: try PublishedValues.loadAll(), inputs: inputs.files)
    let threads = Set(runs.map(\.manifest.threads))
    let seconds = runs.flatMap(\.timing).reduce(0) { $0 + $1.trainingSeconds + $1.evaluationSeconds }
    let context = settings.context(
      StoredProvenance(runs: runs), started: runs.map(\.manifest.started).min() ?? StoredProvenance.notStated,
      threads: threads.count == 1 ? threads.first ?? 0 : 0, wallSeconds: seconds)
    let outcome = try report.write(context: context)
    if settings.tensorBoard {
      for run in runs {
        try TensorBoardExport(run).write(to: "\(settings.output)/\(TensorBoardExport.folder)/\(run.name)")
      }
    }
    return Written(file: outcome.file, verdict: outcome.verdict, holds: outcome.holds)
  }

  private func writeAccuracy(_ settings: StoredReportSettings) throws(ReportingError) -> Written {
    let results = inputs.items.compactMap { if case .accuracy(let result) = $0 { result } else { nil } }
    guard results.count == 1 else {
      throw .mixedRuns(file: "the inputs", reason: "\(results.count) studies of gradient accuracy")
    }
    var provenance = results[0].provenance ?? .unknown
    provenance.revision = results[0].revision
    return try StoredAccuracyReport(
      result: results[0], fileName: fileName(settings, "accuracy"), inputs: inputs.files
    ).write(context: settings.context(provenance))
  }

  private func writeEstimators(_ settings: StoredReportSettings) throws(ReportingError) -> Written {
    let baselines = inputs.items.compactMap { if case .baseline(let baseline) = $0 { baseline } else { nil } }
    guard baselines.count == 1 else {
      throw .mixedRuns(
        file: "the inputs",
        reason: "\(baselines.count) baselines; armature compare holds two against each other")
    }
    let program = baselines[0].program
    let provenance = StoredProvenance(
      revision: .stated(program.revision), processor: program.processor, kernelFamily: program.kernelFamily,
      compiler: program.compiler, toolchain: program.toolchain, vectors: program.vectors,
      architecture: program.architecture)
    return try RecordedEstimatorsReport(
      baseline: baselines[0], fileName: fileName(settings, "recording"), inputs: inputs.files
    ).write(context: settings.context(provenance, started: program.recorded))
  }
}

extension SourceRevision {
  /// The revision that `summary` was made of.
  static func stated(_ summary: String) -> SourceRevision {
    let prefix = "unknown: "
    if summary.hasPrefix(prefix) { return .unknown(reason: String(summary.dropFirst(prefix.count))) }
    let suffix = ", modified"
    return summary.hasSuffix(suffix)
      ? .known(commit: String(summary.dropLast(suffix.count)), modified: true)
      : .known(commit: summary, modified: false)
  }
}
