import ArgumentParser
import ExactExpectations
import Foundation
import GradientEstimators
import Reporting

/// `armature compare`: this program's estimators, or recorded ones, against a baseline.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Holds estimators against a baseline: bias, variance, evaluations, cost, golden bits.",
    discussion: """
      Prints Markdown fit for a comment on a pull request, and appends it to the file that GITHUB_STEP_SUMMARY names. Exit \
      status 0 where every estimator is the same or better, 1 where one got worse. An intended change is accepted by \
      recording the baseline anew.
      """)

  @Argument(help: "The baseline, written by armature baseline record.")
  var baseline: String

  @Argument(help: "A recording to hold against it (default: this program's estimators, recorded now).")
  var current: String?

  @OptionGroup var selection: EstimatorSelection

  @Option(help: "Writes the findings to this file as JSON.")
  var json: String?

  @Option(help: "Writes the findings to this file as JUnit XML.")
  var junit: String?

  @Option(help: "Writes the Markdown to this file, too.")
  var markdown: String?

  func run() async throws {
    try OutputFile.requireWritable([json, junit, markdown])
    let seed = try selection.seed ?? .fromEnvironment()
    let recorded = try Baseline.load(baseline)
    let now = try await currentRecording(against: recorded, seed: seed)
    let comparison = try Comparison(
      baseline: recorded, file: baseline, current: now, estimators: try selection.chosen?.map(\.name) ?? [])
    let text = comparison.markdown(baselineName: baseline)
    if let json { try OutputFile.write(try JSONOutput.text(comparison.scriptSummary) + "\n", to: json) }
    if let junit { try OutputFile.write(comparison.junitXML(), to: junit) }
    if let markdown { try OutputFile.write(text, to: markdown) }
    try Self.appendToStepSummary(text)
    if seed.isFresh && current == nil { print("seed \(seed.value)\n") }
    print(text)
    print(comparison.summary)
    if !comparison.holds { throw ExitCode(1) }
  }

  private func currentRecording(against recorded: Baseline, seed: SeedArgument) async throws -> Baseline {
    if let current { return try Baseline.load(current) }
    let recording = try selection.recording(of: try estimators(recorded), seed: seed)
    let entries = recording.problems.map { Baseline.ProblemEntry($0) }
    try recorded.requireProblems(entries, file: baseline)
    let bar = ProgressBar("compare")
    defer { bar.clear() }
    return try await recording.run { bar.update($0) }
  }

  /// Those that were named, or else the standard ones and all others of the baseline that can still be made.
  private func estimators(_ recorded: Baseline) throws -> [any GradientEstimator] {
    if let chosen = try selection.chosen { return chosen }
    let standard = EstimatorCatalogue.standardInstances
    let others = recorded.estimators.map(\.name).filter { name in !standard.contains { $0.name == name } }
    return standard + others.compactMap { try? EstimatorCatalogue.make($0) }
  }

  private static func appendToStepSummary(_ text: String) throws {
    guard let path = ProcessInfo.processInfo.environment["GITHUB_STEP_SUMMARY"], !path.isEmpty else { return }
    let before = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    try OutputFile.write(before + text, to: path)
  }
}
