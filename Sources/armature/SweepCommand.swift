import ArgumentParser
import Foundation
import Reporting
import Training
import Verification

/// `armature sweep`: a protocol with several estimators, seeds and learning rates.
struct SweepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Trains a protocol with several estimators, seeds and learning rates.",
    discussion: """
      Each combination is a run directory in the output folder, and index.json there tells of all. Interrupt it at any moment: the \
      same command keeps the finished runs and goes on with the others, with the same bits. Exit status 1 where a run failed because \
      its loss was no longer finite.
      """)

  @Argument(help: "The protocol: its name, or a file.")
  var `protocol`: String

  @Option(help: "Estimators, separated by commas (default: the protocol's).", transform: ListArgument.names)
  var estimators: [String]?

  @Option(
    help: "Seeds: whole numbers and ranges such as 1-5, separated by commas.", transform: ListArgument.seeds)
  var seeds: [UInt64] = [1]

  @Option(
    help: "Learning rates, separated by commas (default: the protocol's).", transform: ListArgument.rates)
  var learningRates: [Double]?

  @Option(help: "Training steps of each run (default: the protocol's).")
  var steps: Int?

  @Option(help: "Runs at a time, each on one thread.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "Folder of the data files (default: the environment variable ARMATURE_DATA).")
  var data: String?

  @Option(help: "The folder of the run directories.")
  var output: String

  @Flag(help: "Prints index.json instead of a table.")
  var json = false

  func validate() throws {
    guard jobs > 0 else { throw ValidationError("--jobs \(jobs): expected a whole number above 0") }
    if let steps, steps < 1 { throw ValidationError("--steps \(steps): expected a whole number above 0") }
  }

  func run() async throws {
    TerminationSignals.watch()
    let context = ReportContext.current(
      arguments: Array(CommandLine.arguments.dropFirst()), output: output, threads: jobs)
    let sweep = TrainingSweep(
      cells: try cells(), folder: URL(fileURLWithPath: output), jobs: jobs, steps: steps,
      dataFolder: data.map { URL(fileURLWithPath: $0) }, command: CommandLine.arguments,
      provenance: context.trainingFacts)
    let bars = SweepBars()
    defer { bars.clear() }
    let outcome = try await exitingOnSignals {
      try await sweep.complete(
        progress: { bars.update($0) }, finished: { bars.finished($0, failure: $1) },
        shouldStop: { TerminationSignals.received != nil })
    }
    bars.clear()
    if let holder = outcome.previousHolder {
      StandardError.print("armature: \(output): took over from \(holder), which ended without finishing")
    }
    print(json ? try JSONOutput.text(outcome.index) : SweepText.table(outcome.index))
    let names = Set(sweep.cellNames)
    if outcome.index.runs.contains(where: { $0.state == .failed && names.contains($0.name) }) {
      throw ExitCode(1)
    }
  }

  private func cells() throws -> [TrainingSweep.Cell] {
    let url = try ProtocolLibrary.find(`protocol`)
    let choices = try ProtocolFile(url).protocol
    let rates: [Double?] = learningRates ?? choices.optimisation.learningRates ?? [nil]
    return seeds.flatMap { seed in
      (estimators ?? [choices.estimator]).flatMap { estimator in
        rates.map { rate in
          // The protocol's own rate is not named, so that a run has one directory only.
          TrainingSweep.Cell(
            protocolURL: url, estimator: estimator, seed: seed,
            learningRate: rate == choices.optimisation.learningRate ? nil : rate)
        }
      }
    }
  }
}

/// Options that are lists.
enum ListArgument {
  static func names(_ text: String) throws -> [String] {
    try elements(text, of: "--estimators", expected: "names separated by commas") { $0.isEmpty ? nil : [$0] }
  }

  static func seeds(_ text: String) throws -> [UInt64] {
    try elements(text, of: "--seeds", expected: "whole numbers and ranges such as 1-5, separated by commas") {
      let ends = $0.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
      // A million runs would be a typing error, and must not fill the memory first.
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last,
        last - first < 1_000_000
      else { return nil }
      return Array(first...last)
    }
  }

  static func rates(_ text: String) throws -> [Double] {
    try elements(
      text, of: "--learning-rates", expected: "numbers above 0 and at most 10, separated by commas"
    ) {
      Double($0).flatMap { $0 > 0 && $0 <= 10 ? [$0] : nil }
    }
  }

  private static func elements<Element: Hashable>(
    _ text: String, of option: String, expected: String, _ read: (String) -> [Element]?
  ) throws -> [Element] {
    var found: [Element] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let values = read(part.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("\(option) \(text): expected \(expected)")
      }
      found += values
    }
    guard Set(found).count == found.count else {
      throw ValidationError("\(option) \(text): expected no value twice")
    }
    return found
  }
}

/// A sweep's result for people.
enum SweepText {
  static func table(_ index: SweepIndex) -> String {
    let selects = index.groups.contains { $0.selected != nil }
    let ends = index.groups.contains { $0.final != nil }
    let rows = index.groups.map { group in
      let runs = [
        "\(group.seeds.count) finished", group.unfinished > 0 ? "\(group.unfinished) unfinished" : "",
        group.failed > 0 ? "\(group.failed) failed" : "",
      ]
      let bounds =
        (selects ? [text(group.lowest), text(group.selected)] : [text(group.last)])
        + (ends ? [text(group.final)] : [])
      return [
        group.protocolName, group.estimator, (group.isChosen ? "* " : "") + "\(group.learningRate)",
        runs.filter { !$0.isEmpty }.joined(separator: ", "), text(group.trainNegativeELBO),
      ] + bounds
    }
    let bounds =
      (selects ? ["lowest valid bound", "bound there"] : ["last bound"]) + (ends ? ["final bound"] : [])
    let table = TextTable(
      header: ["protocol", "estimator", "learning rate", "runs", "train -ELBO"] + bounds, rows: rows,
      leftColumns: 2
    ).text
    let failures = index.runs.filter { $0.state == .failed }.map { "\($0.name): \($0.failure ?? "")" }
    let chosen =
      index.groups.contains(where: \.isChosen) ? ["* the learning rate with the lowest valid bound"] : []
    let legend = "negative bounds in nats, mean ± standard error over seeds"
    return ([table, legend] + chosen + failures).joined(separator: "\n")
  }

  private static func text(_ mean: SweepIndex.Mean?) -> String {
    guard let mean else { return "" }
    let error = mean.standardError.map { String(format: " ± %.3f", $0) } ?? ""
    return String(format: "%.3f", mean.value) + error
  }
}
