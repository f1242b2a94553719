import ArgumentParser
import ExactExpectations
import Foundation
import GradientEstimators
import Reporting

/// `armature baseline`: what estimators do now, for later comparison.
struct BaselineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline",
    abstract: "Keeps what estimators do, so that a change can be held against it.",
    subcommands: [Record.self])

  struct Record: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "record",
      abstract: "Records exact moments, evaluations, instructions and golden bits of every estimator.",
      discussion: """
        The file is sorted text, one line for each estimator and problem: its diff shows what an intended change moved. \
        Recording over a baseline accepts the change.
        """)

    @OptionGroup var selection: EstimatorSelection

    @Option(help: "The file to write, for example Fixtures/Baseline/estimators.json.")
    var output: String

    func run() async throws {
      try Baseline.requireReplaceable(output)
      let bar = ProgressBar("record")
      defer { bar.clear() }
      let seed = try selection.seed ?? .fromEnvironment()
      let recording = try selection.recording(
        of: try selection.chosen ?? EstimatorCatalogue.standardInstances, seed: seed)
      let baseline = try await recording.run { bar.update($0) }
      bar.clear()
      try baseline.write(to: output)
      if seed.isFresh { print("seed \(seed.value)") }
      print("\(output): \(baseline.estimators.count) estimators on \(baseline.problems.count) problems")
    }
  }
}

/// Which estimators are recorded, on which problems.
struct EstimatorSelection: ParsableArguments {
  @Option(help: "Only this estimator, for example disarm or arms:4; may be repeated.")
  var estimator: [String] = []

  @Option(help: "Folder of problems (default: Fixtures/Problems).")
  var problems: String?

  @Option(
    help: "Of sampled moments: a whole number, or entropy (default: ARMATURE_SEED, or else 1).",
    transform: SeedArgument.option)
  var seed: SeedArgument?

  /// The estimators that were named; nil where none was.
  var chosen: [any GradientEstimator]? {
    get throws { estimator.isEmpty ? nil : try estimator.map { try EstimatorCatalogue.make($0) } }
  }

  func recording(of estimators: [any GradientEstimator], seed: SeedArgument) throws -> BaselineRecording {
    let context = ReportContext.current(
      arguments: Array(CommandLine.arguments.dropFirst()), output: ".",
      threads: ProcessInfo.processInfo.activeProcessorCount)
    var recording = BaselineRecording(
      estimators: estimators,
      problems: try StandardProblems.load(folder: problems.map { URL(fileURLWithPath: $0) }),
      program: .current(context: context))
    recording.seed = seed.value
    return recording
  }
}
