import ArgumentParser
import Datasets
import Foundation
import Reporting
import Verification

/// `armature accuracy`: how close layered estimators come to the exact gradient of a stochastic binary network.
struct AccuracyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accuracy",
    abstract: "Measures how close gradient estimators come in a stochastic binary network.",
    discussion: """
      The study of the PSA paper: for each layer the cosine similarity and the relative RMSE of M-sample means against the \
      exact gradient. Without a network, trains the 2-5-5-5-1 network of that study and saves it beside the report. On the \
      published network, sets the published values beside ours; exit status 1 where one differs by more than chance explains.
      """)

  @Argument(
    help: """
      The network: JSON (layers, points, targets) or safetensors (layers.0.weight, layers.0.bias, ...); states 0 and 1, the \
      last layer is the output. Without one, a network is trained.
      """)
  var network: String?

  @Option(
    help: """
      Labelled points: CSV (coordinates, then the target -1 or 1, in each line) or JSON (points, targets); they replace those \
      of the network's file.
      """)
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Names separated by commas; gumbel:TAU is the Concrete relaxation.", valueName: "names"))
  var estimators = AccuracyEstimator.standardNames.joined(separator: ",")

  @Option(help: "Gradient samples of each estimator.")
  var samples = 20_000

  @Option(help: "A whole number, or entropy (default: 1).", transform: SeedArgument.option)
  var seed = SeedArgument(value: 1)

  @Option(help: "Threads; the results do not depend on them.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "Folder of the report, its figures and accuracy.json.")
  var output: String

  @Flag(help: "Prints accuracy.json.")
  var json = false

  func validate() throws {
    for (name, value) in [("--samples", samples), ("--threads", threads)] where value < 1 {
      throw ValidationError("\(name) \(value): expected a whole number above 0")
    }
  }

  func run() async throws {
    let context = ReportContext.current(
      arguments: Array(CommandLine.arguments.dropFirst()), output: output, threads: threads)
    let chosen = try estimators.split(separator: ",", omittingEmptySubsequences: false).map {
      try AccuracyEstimator.make($0.trimmingCharacters(in: .whitespaces))
    }
    let training = network == nil ? AccuracyTraining(seed: seed.value) : nil
    let published = try PublishedAccuracy.load(
      file: try FixturesFolder.locate("Published").appendingPathComponent(PublishedAccuracy.fileName).path)
    let problem = try problem(training: training)
    let study = try AccuracyStudy(problem: problem, estimators: chosen, samples: samples, seed: seed.value)
    _ = try ReportFolder(path: output, gnuplot: nil)
    let bar = ProgressBar("accuracy")
    defer { bar.clear() }
    let outcome = try await study.run(threads: threads) { bar.update($0) }
    let comparison = try await compare(outcome, with: published)
    bar.clear()
    let written = try AccuracyReport(outcome, comparison: comparison, training: training).write(
      context: context)
    if json {
      print(try JSONOutput.text(written.result))
    } else {
      if seed.isFresh { print("seed \(seed.value)") }
      print(Self.summary(written.result))
      print("\(written.file): \(written.verdict)")
    }
    if !written.holds { throw ExitCode(1) }
  }

  private func problem(training: AccuracyTraining?) throws -> AccuracyProblem {
    if let network { return try AccuracyProblem(networkFile: network, pointsFile: data) }
    guard let training else { throw ValidationError("a network is neither given nor trained") }
    let points = try data.map { try LabelledPoints(file: $0) } ?? training.points()
    let bar = ProgressBar("train")
    defer { bar.clear() }
    return try training.train(on: points) { bar.update($0) }
  }

  private func compare(
    _ outcome: AccuracyStudy.Outcome, with published: PublishedAccuracy
  ) async throws -> AccuracyComparison? {
    guard
      published.isAbout(
        expectedLoss: outcome.exact.expectedLoss, gradientNorms: outcome.exact.gradientNorms)
    else { return nil }
    return try await AccuracyComparison(outcome, with: published)
  }

  private static func summary(_ result: AccuracyResult) -> String {
    let sizes = [1, 10, 100, 1000, 9000].filter { $0 <= result.gradientSamples }
    let header = ["estimator", "layer"] + sizes.map { "M=\($0)" } + sizes.map { "M=\($0)" }
    var rows: [[String]] = []
    for row in result.rows where row.samples == 1 {
      let own = result.rows.filter { $0.estimator == row.estimator && $0.layer == row.layer }
      let found = sizes.compactMap { size in own.first { $0.samples == size } }
      rows.append(
        [row.estimator, "\(row.layer)"] + found.map { String(format: "%.3f", $0.cosine) }
          + found.map { String(format: "%.3f", $0.relativeRMSE) })
    }
    let norms = result.gradientNorms.map { String(format: "%.5g", $0) }.joined(separator: ", ")
    return """
      network          \(result.widths.map(String.init).joined(separator: "-")), \(result.points) points
      expected loss    \(String(format: "%.10g", result.expectedLoss))
      gradient norms   \(norms)

      M-sample means: first mean cosine similarity, then relative RMSE
      \(TextTable(header: header, rows: rows, leftColumns: 2).text)
      """
  }
}
