import ArgumentParser
import ExactExpectations
import Foundation
import GradientEstimators
import Reporting
import Verification

/// `armature verify`: the battery, or the mutants that it must catch.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Holds every estimator to its exact expectation, or the battery to its mutants.",
    discussion: """
      Exact checks run the production code in double precision over an exact cubature of its noise. Random checks run \
      the single-precision path under several generators; together they raise a false alarm with probability at most \
      --alpha. Exit status 1 where a check fails.
      """)

  @Option(help: "Only this estimator, for example disarm or arms:4; may be repeated.")
  var estimator: [String] = []

  @Option(help: "The run's false-alarm probability, shared out among all random checks.")
  var alpha = 1e-6

  @Option(
    help: "A whole number, or entropy (default: ARMATURE_SEED, or else 1).", transform: SeedArgument.option)
  var seed: SeedArgument?

  @Option(help: "Draws of each random check.")
  var draws = VerificationSettings().draws

  @Option(help: "Folder of problems (default: Fixtures/Problems).")
  var problems: String?

  @Flag(help: "Runs the battery on estimators with planted faults; all of them must be caught.")
  var mutants = false

  @Option(help: "Writes the verdicts to this file as JSON.")
  var json: String?

  @Option(help: "Writes the verdicts to this file as JUnit XML.")
  var junit: String?

  @Option(
    help: "Runs the battery and its mutants, and writes verification.md with its figures into this folder.")
  var report: String?

  func validate() throws {
    if mutants, junit != nil || report != nil {
      throw ValidationError(
        "--mutants: goes with neither --junit nor --report (the report has the mutants anyway)")
    }
  }

  func run() async throws {
    let context = report.map {
      ReportContext.current(
        arguments: Array(CommandLine.arguments.dropFirst()), output: $0,
        threads: ProcessInfo.processInfo.activeProcessorCount)
    }
    try requireWritableOutputs()
    let seed = try seed ?? SeedArgument.fromEnvironment()
    let folder = problems.map { URL(fileURLWithPath: $0) }
    let battery = Battery(
      problems: try StandardProblems.load(folder: folder),
      networks: try StandardProblems.loadNetworks(folder: folder),
      settings: VerificationSettings(alpha: alpha, seed: seed.value, draws: draws))
    if mutants { return try await runMutants(battery, seed: seed) }
    let result = try await runBattery(battery)
    if let json {
      let stored = StoredVerification(
        result, context: context ?? .current(arguments: [], output: "", threads: 0))
      try OutputFile.write(try JSONOutput.text(stored) + "\n", to: json)
    }
    if let junit { try OutputFile.write(result.junitXML(), to: junit) }
    if seed.isFresh { print("seed \(seed.value)\n") }
    print(result.table() + "\n")
    for failure in result.failures { print(failure.line) }
    print(result.summary)
    var holds = result.passed
    if let context {
      let mutation = try await catchMutants(battery)
      let written = try VerificationReport(
        result: result, problems: battery.problems, mutants: mutation
      ).write(context: context)
      print(mutation.summary)
      print(written.file)
      holds = holds && mutation.passed
    }
    if !holds { throw ExitCode(1) }
  }

  private func runBattery(_ battery: Battery) async throws -> VerificationResult {
    let chosen = try chosenEstimators()
    let bar = ProgressBar("verify")
    defer { bar.clear() }
    return try await battery.run(estimators: chosen.estimators, layered: chosen.layered) {
      bar.update(Double($0.finished) / Double($0.total))
    }
  }

  /// The estimators that were named, for one layer and for networks where they have both forms; all if none was named.
  private func chosenEstimators() throws -> (
    estimators: [any GradientEstimator], layered: [any LayeredGradientEstimator]
  ) {
    guard !estimator.isEmpty else {
      return (EstimatorCatalogue.standardInstances, EstimatorCatalogue.standardLayeredInstances)
    }
    var chosen: (estimators: [any GradientEstimator], layered: [any LayeredGradientEstimator]) = ([], [])
    for name in estimator {
      let layered = try? EstimatorCatalogue.makeLayered(name)
      if let layered { chosen.layered.append(layered) }
      do {
        chosen.estimators.append(try EstimatorCatalogue.make(name))
      } catch {
        if layered == nil { throw error }
      }
    }
    return chosen
  }

  private func runMutants(_ battery: Battery, seed: SeedArgument) async throws {
    let result = try await catchMutants(battery)
    if let json { try OutputFile.write(try JSONOutput.text(result) + "\n", to: json) }
    if seed.isFresh { print("seed \(seed.value)\n") }
    print(result.table() + "\n")
    print(result.summary)
    if !result.passed { throw ExitCode(1) }
  }

  private func catchMutants(_ battery: Battery) async throws -> MutationResult {
    let chosen = try chosenEstimators()
    let bases = Set(chosen.estimators.map(\.name) + chosen.layered.map(\.name))
    let bar = ProgressBar("verify mutants")
    defer { bar.clear() }
    return try await battery.runMutants(Mutant.all.filter { estimator.isEmpty || bases.contains($0.base) }) {
      bar.update(Double($0.finished) / Double($0.total))
    }
  }

  /// Finds out before the work, not after it, that its result could not be written.
  private func requireWritableOutputs() throws {
    if let report { _ = try ReportFolder(path: report, gnuplot: nil) }
    try OutputFile.requireWritable([json, junit])
  }
}
