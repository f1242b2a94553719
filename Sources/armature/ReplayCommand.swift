import ArgumentParser
import Foundation
import Reporting
import Training
import Verification

/// `armature replay`: a report run again from its lock, number by number.
struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Runs a report again from its lock and compares every number.",
    discussion: """
      Bit for bit where the kernels are those of the lock, by the equivalence that the lock states elsewhere. The report and \
      its lock are left as they are. Exit status 0 where every number is the same or equivalent, 1 where one is different.
      """)

  @Argument(help: "The report, for example Reports/arm-toy.md; its lock lies beside it.")
  var report: String

  @Option(help: "Only this number, or all below this name: digits-linear/arm, for example.")
  var only: String?

  @Flag(help: "Says what would be run and how it would be compared, and checks report, lock and protocols.")
  var dryRun = false

  @Option(help: "Folder of the data files (default: the environment variable ARMATURE_DATA).")
  var data: String?

  @Option(help: "Folder of run directories, which are kept and gone on with (default: a temporary one).")
  var runs: String?

  @Option(help: "Training runs at a time, each on one thread.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Lists every number, also those that are the same.")
  var all = false

  @Option(help: "Writes the comparison to this file as JSON.")
  var json: String?

  func validate() throws {
    guard jobs > 0 else { throw ValidationError("--jobs \(jobs): expected a whole number above 0") }
  }

  func run() async throws {
    TerminationSignals.watch()
    try OutputFile.requireWritable([json])
    let context = ReportContext.current(
      arguments: Array(CommandLine.arguments.dropFirst()), output: ".", threads: jobs)
    let replay = try Replay(report: report, here: .init(context))
    if dryRun { return try describe(replay) }
    let bar = StageBar()
    let runner = ReplayRunner(
      context: context, dataFolder: dataFolder, runs: runs.map { URL(fileURLWithPath: $0) }, jobs: jobs,
      progress: { bar.update($0, $1) }, shouldStop: { TerminationSignals.received != nil })
    let result = try await exitingOnSignals { try await replay.run(only: only, runner: runner) }
    bar.clear()
    if let json { try OutputFile.write(try JSONOutput.text(result) + "\n", to: json) }
    print(result.table(all: all || only != nil))
    print(result.summary)
    if !result.holds { throw ExitCode(1) }
  }

  private func describe(_ replay: Replay) throws {
    let cells = try replay.cells(only: only)
    let rows = try replay.integrity()
    print(replay.plan(of: cells))
    let result = ReplayResult(report: report, level: replay.level, rows: rows)
    guard result.holds else {
      print(result.table(all: true))
      throw ExitCode(1)
    }
  }

  private var dataFolder: URL? {
    let path = data ?? ProcessInfo.processInfo.environment["ARMATURE_DATA"]
    return path.flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
  }
}
