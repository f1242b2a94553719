import ArgumentParser
import Foundation
import Reporting
import Training

/// `armature benchmark`: the speed of training and evaluation beside the matrix product's peak.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Times training steps and bounds beside the matrix product's peak.",
    discussion: """
      Rows are timed in rounds, one after another, so that what slows the machine down for a while slows all of them; \
      medians count. Without --data the images are synthetic, with as many ones as MNIST has. --draws times the estimators alone, \
      on one core, and counts their memory allocations; exit status 1 where one allocates or a batch of CARMS takes too long.
      """)

  @Flag(help: "Prints JSON.")
  var json = false

  @Flag(help: "Times gradient draws of the estimators in place of training.")
  var draws = false

  @Option(help: "With --draws: writes benchmarks.md into this folder.")
  var report: String?

  @Option(help: "With --report: a file that benchmark --json wrote, whose training rows go into the report.")
  var training: String?

  @Option(help: "Folder of the MNIST-static files (default: synthetic images).")
  var data: String?

  @Option(help: "Models, separated by commas.")
  var models = SpeedBenchmark.modelNames.joined(separator: ",")

  @Option(help: "Numbers of threads, separated by commas.", transform: Self.threads)
  var threads = [1, 2]

  @Option(help: "How often each row is timed.")
  var rounds = 7

  @Option(help: "Seconds for each row of a round.")
  var seconds = 0.5

  @Option(help: "Test images whose 100-sample bound is timed; 0 for none.")
  var images = 10_000

  func validate() throws {
    if report != nil, !draws { throw ValidationError("--report: goes with --draws") }
    if training != nil, report == nil { throw ValidationError("--training: goes with --report") }
  }

  func run() throws {
    if draws { return try timeDraws() }
    let benchmark = try SpeedBenchmark(
      dataFolder: data.map { URL(fileURLWithPath: $0) },
      models: models.split(separator: ",").map(String.init), threads: threads, rounds: rounds,
      seconds: seconds,
      evaluationImages: images)
    let bar = ProgressBar("benchmark")
    defer { bar.clear() }
    let measurements = try benchmark.run(progress: { bar.update($0, detail: $1) })
    bar.clear()
    let report = BenchmarkReport(measurements)
    print(json ? try JSONOutput.text(report) : report.text)
  }

  private func timeDraws() throws {
    let context = report.map {
      ReportContext.current(arguments: Array(CommandLine.arguments.dropFirst()), output: $0, threads: 1)
    }
    if let report { _ = try ReportFolder(path: report, gnuplot: nil) }
    let bar = ProgressBar("benchmark")
    defer { bar.clear() }
    let drawn = DrawBenchmarkReport(try DrawBenchmark().run(progress: { bar.update($0, detail: $1) }))
    bar.clear()
    print(json ? try JSONOutput.text(drawn) : drawn.text)
    if let context {
      _ = try drawn.write(context: context, training: training.map { URL(fileURLWithPath: $0) })
    }
    if !drawn.holds { throw ExitCode(1) }
  }

  private static func threads(_ text: String) throws -> [Int] {
    try text.split(separator: ",").map { number in
      guard let threads = Int(number), threads > 0 else {
        throw ValidationError("--threads \(text): expected whole numbers above 0, separated by commas")
      }
      return threads
    }
  }
}
