internal import Foundation
internal import NeuralNetworks

/// What `SpeedBenchmark` measured.
public struct BenchmarkMeasurements: Codable, Hashable, Sendable {
  /// The library whose matrix product is the peak.
  public static var peakLibrary: String { PeakProduct.library }

  /// What the images were.
  public let data: String
  /// The share of ones in the training images.
  public let density: Double
  public let peak: [PeakMeasurement]
  public let training: [TrainingMeasurement]
  public let evaluation: [EvaluationMeasurement]
}

/// The matrix product's rate.
public struct PeakMeasurement: Codable, Hashable, Sendable {
  public let threads: Int
  /// Thousands of millions of floating-point operations per second.
  public let gigaflops: Spread
}

extension [PeakMeasurement] {
  /// The median for this number of threads.
  func gigaflops(threads: Int) -> Double { first { $0.threads == threads }?.gigaflops.median ?? .nan }
}

/// The rate of one model's training steps.
public struct TrainingMeasurement: Codable, Hashable, Sendable {
  public let model: String
  public let estimator: String
  public let threads: Int
  /// Median over the rounds.
  public let stepsPerSecond: Double
  public let slowest: Double
  public let fastest: Double
  /// Millions of floating-point operations of the step's dense products, two for a multiply-add.
  public let megaflopsPerStep: Double
  /// The rate of these operations as a share of the matrix product's median peak with as many threads. Products with bits
  /// are sums of rows, so fewer operations are made than counted.
  public let fractionOfPeak: Double
  /// Processor time of a step, all threads together; least over the rounds.
  public let processorMillisecondsPerStep: Double
}

/// The time of an evaluation.
public struct EvaluationMeasurement: Codable, Hashable, Sendable {
  public let model: String
  public let threads: Int
  public let images: Int
  /// Importance samples of an image's bound.
  public let samples: Int
  public let seconds: Double
  public let fractionOfPeak: Double
}

/// Smallest, median and largest of some measurements.
public struct Spread: Codable, Hashable, Sendable {
  public let smallest: Double
  public let median: Double
  public let largest: Double

  /// - Precondition: there is a measurement.
  init(of values: [Double]) {
    let sorted = values.sorted()
    precondition(!sorted.isEmpty, "a spread needs a measurement")
    smallest = sorted[0]
    largest = sorted[sorted.count - 1]
    median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}

/// Processor time that this process has used, user and system, in seconds.
enum ProcessorTime {
  static func now() -> Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return .nan }
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}
