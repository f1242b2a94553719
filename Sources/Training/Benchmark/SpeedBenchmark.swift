public import Foundation

/// Times training and evaluation beside the matrix product's peak, in rounds: what slows the machine down for a while
/// slows all of them.
public struct SpeedBenchmark: Sendable {
  /// Folder of MNIST-static, or nil for synthetic images.
  public var dataFolder: URL?
  /// Models to train.
  public var models: [String]
  /// Numbers of threads, each a row.
  public var threads: [Int]
  /// How often each row is timed; the median counts.
  public var rounds: Int
  /// Seconds for which a row makes steps in one round.
  public var seconds: Double
  /// Test images whose 100-sample bound is timed, 0 for none.
  public var evaluationImages: Int

  /// The models that can be timed.
  public static var modelNames: [String] {
    BenchmarkWorkload.all.map(\.model).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  /// Importance samples of a bound.
  static let samples = 100

  /// - Throws: `TrainingError.badSetting` if a number is not positive or a model is not known.
  public init(
    dataFolder: URL?, models: [String] = modelNames, threads: [Int] = [1, 2], rounds: Int = 7,
    seconds: Double = 0.5, evaluationImages: Int = 10_000
  ) throws(TrainingError) {
    for model in models where !Self.modelNames.contains(model) {
      throw .badSetting(
        name: "model", found: model, expected: "one of \(Self.modelNames.joined(separator: ", "))")
    }
    for count in threads + [rounds] where count < 1 {
      throw .badSetting(name: "threads and rounds", found: "\(count)", expected: "whole numbers above 0")
    }
    guard seconds > 0, seconds.isFinite else {
      throw .badSetting(name: "seconds", found: "\(seconds)", expected: "a number above 0")
    }
    guard evaluationImages >= 0 else {
      throw .badSetting(name: "images", found: "\(evaluationImages)", expected: "a whole number, 0 for none")
    }
    self.dataFolder = dataFolder
    self.models = models
    self.threads = threads
    self.rounds = rounds
    self.seconds = seconds
    self.evaluationImages = evaluationImages
  }

  /// Runs all rounds.
  ///
  /// - Parameter progress: told the share of the work done and what comes next.
  /// - Returns: what was measured.
  /// - Throws: `TrainingError` if the data cannot be read.
  public func run(
    progress: (Double, String) -> Void = { _, _ in }
  ) throws(TrainingError) -> BenchmarkMeasurements {
    let images = try loadImages()
    var rows = try trainingRows(images)
    var peaks = threads.map { (threads: $0, peak: ProductPeak(threads: $0), rates: [Double]()) }
    let evaluations = evaluationImages > 0 ? Double(threads.count) : 0
    let work = Double(rounds) * Double(rows.count) * seconds + evaluations * 5
    var done = 0.0
    for _ in 0..<rounds {
      for index in peaks.indices { peaks[index].rates.append(peaks[index].peak.gigaflops()) }
      for index in rows.indices {
        progress(done / work, rows[index].title)
        try rows[index].run(seconds: seconds)
        done += seconds
      }
    }
    let peak = peaks.map { PeakMeasurement(threads: $0.threads, gigaflops: Spread(of: $0.rates)) }
    return BenchmarkMeasurements(
      data: images.description, density: images.density, peak: peak,
      training: rows.map { $0.measurement(peak: peak) },
      evaluation: try evaluationRows(rows, peak: peak) { title in
        progress(done / work, title)
        done += 5
      })
  }

  private func loadImages() throws(TrainingError) -> BenchmarkImages {
    if let dataFolder { return try .mnist(folder: dataFolder) }
    return .synthetic()
  }

  private func trainingRows(_ images: BenchmarkImages) throws(TrainingError) -> [TrainingRow] {
    var rows: [TrainingRow] = []
    for workload in BenchmarkWorkload.all where models.contains(workload.model) {
      for threads in threads {
        rows.append(
          TrainingRow(workload: workload, threads: threads, trainer: try workload.start(images, threads)))
      }
    }
    return rows
  }

  /// The bound with the last binary model timed, or the last model, for each number of threads.
  private func evaluationRows(
    _ rows: [TrainingRow], peak: [PeakMeasurement], starting: (String) -> Void
  ) throws(TrainingError) -> [EvaluationMeasurement] {
    let last = (rows.last { !$0.workload.isCategorical } ?? rows.last)?.workload
    guard evaluationImages > 0, let last else { return [] }
    let model = last.model
    var measurements: [EvaluationMeasurement] = []
    for row in rows where row.workload.model == model && row.workload.estimator == last.estimator {
      starting("\(Self.samples)-sample bound, \(model), \(row.threads) threads")
      let start = ContinuousClock.now
      for first in stride(from: 0, to: evaluationImages, by: 496) {
        try row.trainer.evaluate(first..<min(first + 496, evaluationImages), samples: Self.samples)
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let operations =
        2 * Double(evaluationImages) * Double(row.trainer.boundMultiplyAdds(samples: Self.samples))
      measurements.append(
        EvaluationMeasurement(
          model: model, threads: row.threads, images: evaluationImages, samples: Self.samples,
          seconds: seconds,
          fractionOfPeak: operations / seconds / 1e9 / peak.gigaflops(threads: row.threads)))
    }
    return measurements
  }
}

/// One row of training while it is timed.
private struct TrainingRow {
  let workload: BenchmarkWorkload
  let threads: Int
  let trainer: any BenchmarkTrainer
  /// Steps per second of each round.
  var rates: [Double] = []
  /// Processor seconds of a step in each round, all threads together.
  var processorSeconds: [Double] = []

  init(workload: BenchmarkWorkload, threads: Int, trainer: any BenchmarkTrainer) {
    self.workload = workload
    self.threads = threads
    self.trainer = trainer
  }

  var title: String {
    "\(workload.model), \(workload.estimator), \(threads) \(threads == 1 ? "thread" : "threads")"
  }

  /// Makes steps for so long; a few before are not counted, since the caches hold the row before.
  mutating func run(seconds: Double) throws(TrainingError) {
    for _ in 0..<10 { try trainer.step() }
    let (start, processorStart) = (ContinuousClock.now, ProcessorTime.now())
    var steps = 0.0
    var elapsed = 0.0
    while elapsed < seconds {
      for _ in 0..<10 { try trainer.step() }
      steps += 10
      elapsed = (ContinuousClock.now - start) / .seconds(1)
    }
    rates.append(steps / elapsed)
    processorSeconds.append((ProcessorTime.now() - processorStart) / steps)
  }

  func measurement(peak: [PeakMeasurement]) -> TrainingMeasurement {
    let rate = Spread(of: rates)
    let operations = 2 * Double(workload.multiplyAdds)
    return TrainingMeasurement(
      model: workload.model, estimator: workload.estimator, threads: threads, stepsPerSecond: rate.median,
      slowest: rate.smallest, fastest: rate.largest, megaflopsPerStep: operations / 1e6,
      fractionOfPeak: operations * rate.median / 1e9 / peak.gigaflops(threads: threads),
      processorMillisecondsPerStep: 1000 * (processorSeconds.min() ?? .nan))
  }
}
