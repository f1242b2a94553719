import ArgumentParser
import Datasets
import Foundation
import Reporting
import Training
import Verification

/// `armature inspect`: gradient variance, samples and reconstructions of trained models.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Measures gradient variances of trained models, and draws their samples and reconstructions.",
    discussion: """
      Each run directory receives inspection.json and, where its model has pixels to show, samples.png (8 x 8 images from the learned \
      prior) and reconstructions.png (test images, and what the model makes of them). A report on the runs then has a section on each. \
      The variance is that of the gradient with respect to the encoder's logits, over fresh noise at fixed parameters and on one fixed batch \
      of the evaluated split: the sum over the logits, the mean over the images. An inspection of the same checkpoint and settings is \
      kept; a run that is not finished is inspected at its latest checkpoint.
      """)

  @Argument(help: ArgumentHelp("Run directories, or folders of them.", valueName: "run"))
  var folders: [String]

  @Option(
    help: "Estimators, separated by commas, each measured on every run (default: the run's own).",
    transform: ListArgument.names)
  var estimators: [String]?

  @Option(help: "Gradients drawn of each estimator.")
  var draws = InspectionSettings.standardDraws

  @Option(
    help: "Chooses images and noise: a whole number, or entropy (default: 1).", transform: SeedArgument.option
  )
  var seed = SeedArgument(value: 1)

  @Option(help: "Threads; the results do not depend on them.")
  var threads = min(2, ProcessInfo.processInfo.activeProcessorCount)

  @Option(help: "Folder of the data files (default: the environment variable ARMATURE_DATA).")
  var data: String?

  @Flag(help: "Prints the inspections as JSON.")
  var json = false

  func run() throws {
    TerminationSignals.watch()
    let context = ReportContext.current(
      arguments: Array(CommandLine.arguments.dropFirst()), output: ".", threads: threads)
    let bar = ProgressBar("inspect")
    defer { bar.clear() }
    let inspected = try exitingOnSignals {
      try TrainingRun.inspect(
        runs: try TrainingRun.directories(folders),
        settings: InspectionSettings(estimators: estimators, draws: draws, seed: seed.value),
        threads: threads, dataFolder: data.map { URL(fileURLWithPath: $0) },
        provenance: context.trainingFacts, progress: { bar.update($0, detail: $1) },
        shouldStop: { TerminationSignals.received != nil })
    }
    bar.clear()
    print(
      json ? try JSONOutput.text(inspected.map(InspectionText.Entry.init)) : InspectionText.table(inspected))
  }
}

/// The result of an inspection for people and for scripts.
enum InspectionText {
  struct Entry: Encodable {
    let run: String
    let kept: Bool
    let inspection: RunInspection

    init(_ inspected: TrainingRun.Inspected) {
      run = inspected.run.path
      kept = inspected.isKept
      inspection = inspected.inspection
    }
  }

  static func table(_ inspected: [TrainingRun.Inspected]) -> String {
    let rows = inspected.flatMap { run in
      run.inspection.gradientVariance.map { variance in
        [
          run.run.lastPathComponent, variance.estimator, step(run.inspection), mean(variance.total),
          (variance.layers ?? []).map(mean).joined(separator: ", "), run.isKept ? "kept" : "written",
        ]
      }
    }
    let header = ["run", "estimator", "step", "gradient variance", "by layer", "inspection.json"]
    let hasLayers = rows.contains { !$0[4].isEmpty }
    func columns(_ row: [String]) -> [String] { hasLayers ? row : Array(row[..<4] + row[5...]) }
    let batches = Set(
      inspected.map { "\($0.inspection.batch) images of the \($0.inspection.split.rawValue) split" })
    let legend =
      "variance over \(inspected.first?.inspection.draws ?? 0) draws, summed over logits; mean over "
      + batches.sorted().joined(separator: ", ") + " ± its standard error over images"
    return TextTable(header: columns(header), rows: rows.map(columns), leftColumns: 2).text + "\n" + legend
  }

  private static func step(_ inspection: RunInspection) -> String {
    inspection.step == inspection.steps ? "\(inspection.step)" : "\(inspection.step) of \(inspection.steps)"
  }

  private static func mean(_ mean: RunInspection.GradientVariance.Mean) -> String {
    let error = mean.standardError.map { String(format: " ± %.2g", $0) } ?? ""
    return String(format: "%.4g", mean.variance) + error
  }
}
