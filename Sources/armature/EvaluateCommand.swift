import ArgumentParser
import Datasets
import Foundation
import Training

/// `armature evaluate`: the importance-weighted bound of a run's checkpoint.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Prints the importance-weighted bound of a run's checkpoint.",
    discussion: """
      The run is only read, and may still be training: then the bound is that of its latest checkpoint. The protocol's own samples \
      and split give the number that the run recorded.
      """)

  @Argument(help: ArgumentHelp("The run directory.", valueName: "run"))
  var folder: String

  @Option(help: "Importance samples for each image (default: the protocol's).")
  var samples: Int?

  @Option(help: "train, valid or test (default: the protocol's).", transform: Self.split)
  var split: DataSplit?

  @Option(
    help: "last, or best: the parameters with the lowest bound, where the protocol keeps them.",
    transform: Self.checkpoint)
  var checkpoint = RunCheckpoint.last

  @Option(help: "Threads; the result does not depend on them.")
  var threads = min(2, ProcessInfo.processInfo.activeProcessorCount)

  @Option(help: "Folder of the data files (default: the environment variable ARMATURE_DATA).")
  var data: String?

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    TerminationSignals.watch()
    let bar = ProgressBar("evaluate")
    defer { bar.clear() }
    let record = try exitingOnSignals {
      try TrainingRun.evaluate(
        run: URL(fileURLWithPath: folder), checkpoint: checkpoint, samples: samples, split: split,
        threads: threads,
        dataFolder: data.map { URL(fileURLWithPath: $0) },
        progress: { bar.update($0.fraction, detail: $0.text) },
        shouldStop: { TerminationSignals.received != nil })
    }
    bar.clear()
    print(json ? try JSONOutput.text(record) : record.text)
  }

  private static func checkpoint(_ name: String) throws -> RunCheckpoint {
    guard let checkpoint = RunCheckpoint(rawValue: name) else {
      throw ValidationError("--checkpoint \(name): expected best or last")
    }
    return checkpoint
  }

  private static func split(_ name: String) throws -> DataSplit {
    guard let split = DataSplit(rawValue: name) else {
      let known = DataSplit.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--split \(name): expected one of \(known)")
    }
    return split
  }
}
