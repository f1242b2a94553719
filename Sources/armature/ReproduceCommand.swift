import ArgumentParser
import Foundation
import Reporting
import Training

/// `armature reproduce`: verifies, reruns the toy study, trains, and writes all reports.
struct ReproduceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Verifies the estimators, reruns the ARM toy study, trains binary VAEs, writes Reports/.",
    discussion: """
      Needs no download: the UCI digits come with Armature. With the MNIST files it also trains the MNIST protocols at \
      their full length, which takes more than an hour on two cores; stop it at any moment and go on with --resume.
      """)

  @Option(help: "Folder of the MNIST files (default: the environment variable ARMATURE_DATA).")
  var data: String?

  @Option(help: "Folder of the reports.")
  var output = "Reports"

  @Option(help: "Folder of the run directories.")
  var runs = "runs"

  @Option(
    help: "The first seed, or entropy; further seeds follow it (default: 1).", transform: SeedArgument.option)
  var seed = SeedArgument(value: 1)

  @Option(help: "Seeds of each training cell on the digits.")
  var digitsSeeds = 10

  @Option(help: "Seeds of each training cell on MNIST.")
  var mnistSeeds = 2

  @Option(help: "Training runs at a time, each on one thread.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Option(
    help:
      "Only this part: \(Reproduction.Part.allCases.map(\.rawValue).joined(separator: ", ")); may be repeated."
  )
  var only: [Reproduction.Part] = []

  @Flag(help: "Keeps finished training runs in the runs folder and goes on with started ones.")
  var resume = false

  func validate() throws {
    for (name, value) in [("--digits-seeds", digitsSeeds), ("--mnist-seeds", mnistSeeds), ("--jobs", jobs)]
    where value < 1 {
      throw ValidationError("\(name) \(value): expected a whole number above 0")
    }
    if only == [.mnist] && dataFolder == nil {
      throw ValidationError("--only mnist: expected --data or ARMATURE_DATA, the folder of the MNIST files")
    }
  }

  func run() async throws {
    TerminationSignals.watch()
    let reproduction = Reproduction(
      context: .current(
        arguments: Array(CommandLine.arguments.dropFirst()), output: output, threads: jobs),
      runs: URL(fileURLWithPath: runs), dataFolder: dataFolder, seed: seed.value, digitsSeeds: digitsSeeds,
      mnistSeeds: mnistSeeds, jobs: jobs, resume: resume, command: CommandLine.arguments,
      parts: Set(only.isEmpty ? Reproduction.Part.allCases : only))
    let bars = StageBars()
    let outcome = try await exitingOnSignals {
      try await reproduction.run(
        progress: { bars.update($0, $1) }, shouldStop: { TerminationSignals.received != nil })
    }
    bars.clear()
    if seed.isFresh { print("seed \(seed.value)") }
    for (report, verdict) in zip(outcome.reports, outcome.verdicts) { print("\(report): \(verdict)") }
    let result = outcome.holds ? "PASS: all" : "FAIL: not all"
    print("\(result) of \(outcome.reports.count) reports hold; they are in \(output)/")
    if !outcome.holds { throw ExitCode(1) }
  }

  private var dataFolder: URL? {
    let path = data ?? ProcessInfo.processInfo.environment["ARMATURE_DATA"]
    return path.flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
  }
}

extension Reproduction.Part: ExpressibleByArgument {}
