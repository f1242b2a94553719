import ArgumentParser
import Foundation
import Reporting
import Training

/// `armature train`: runs a protocol in a run directory, or goes on with one.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a benchmark protocol in a run directory.",
    discussion: """
      The directory receives run.json (manifest), metrics.jsonl, timing.jsonl, checkpoint.safetensors, best.safetensors \
      where the protocol selects parameters, and, at the end, result.json. Kill it at any moment: --resume goes on, with the same bits as an uninterrupted run.
      """)

  @Argument(help: "The protocol: its name, or a file such as Fixtures/Protocols/digits-linear.yaml.")
  var `protocol`: String

  @Option(help: "The estimator of the encoder's gradient (default: the protocol's).")
  var estimator: String?

  @Option(help: "Adam's learning rate (default: the protocol's).")
  var learningRate: Double?

  @Option(help: "A whole number, or entropy (default: 1).", transform: SeedArgument.option)
  var seed = SeedArgument(value: 1)

  @Option(help: "Training steps (default: the protocol's).")
  var steps: Int?

  @Option(help: "Threads; the results do not depend on them.")
  var threads = min(2, ProcessInfo.processInfo.activeProcessorCount)

  @Option(help: "Folder of the data files (default: the environment variable ARMATURE_DATA).")
  var data: String?

  @Option(help: "The run directory.")
  var output: String

  @Flag(help: "Goes on with the run in the directory; without one, starts it.")
  var resume = false

  @Flag(
    help:
      "Also writes the metrics as a TensorBoard event file into the folder tensorboard of the run directory.")
  var tensorboard = false

  @Flag(help: "Prints result.json.")
  var json = false

  func run() throws {
    TerminationSignals.watch()
    let context = ReportContext.current(
      arguments: Array(CommandLine.arguments.dropFirst()), output: output, threads: threads)
    let bar = ProgressBar("train")
    defer { bar.clear() }
    let result = try exitingOnSignals {
      try TrainingRun.start(
        protocolURL: try ProtocolLibrary.find(`protocol`), estimator: estimator, learningRate: learningRate,
        seed: seed.value, steps: steps, threads: threads, dataFolder: data.map { URL(fileURLWithPath: $0) },
        output: URL(fileURLWithPath: output), resume: resume, command: CommandLine.arguments,
        provenance: context.trainingFacts, progress: { bar.update($0.fraction, detail: $0.text) },
        shouldStop: { TerminationSignals.received != nil })
    }
    bar.clear()
    if tensorboard {
      try TensorBoardExport(try RecordedRun.load(output)).write(to: "\(output)/\(TensorBoardExport.folder)")
    }
    print(json ? try JSONOutput.text(result) : Self.summary(result))
  }

  private static func summary(_ result: RunResult) -> String {
    let evaluations = result.evaluations.map { "\n\($0.text)" }.joined()
    let selected = result.selected.map { "\nselected: \($0.text)" } ?? ""
    let final = result.final.map { "\nfinal: \($0.text)" } ?? ""
    let training = String(format: "%.3f", result.trainNegativeELBO)
    return """
      \(result.protocolName), \(result.estimator), seed \(result.seed): \(result.steps) steps
      training -ELBO, mean of the last steps: \(training) nats\(evaluations)\(selected)\(final)
      """
  }
}
