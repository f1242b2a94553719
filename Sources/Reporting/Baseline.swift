internal import Foundation

/// What each estimator did when it was recorded: the past that a change is held against.
///
/// As JSON, schema `armature.baseline/2`: sorted, one line for each estimator and problem, so that a diff of two
/// recordings shows what moved.
package struct Baseline: Codable, Hashable, Sendable {
  package static let schema = "armature.baseline/2"

  /// The program that recorded, as far as its instructions and bits depend on it.
  package struct Program: Codable, Hashable, Sendable {
    package var revision: String
    package var recorded: String
    package var processor: String
    package var architecture: String
    package var kernelFamily: String
    package var vectors: String
    package var compiler: String
    package var toolchain: String
    /// Whether the compiler optimised.
    package var optimised: Bool
  }

  /// A problem that was recorded on.
  package struct ProblemEntry: Codable, Hashable, Sendable {
    package var name: String
    /// SHA-256 of the problem's canonical JSON.
    package var sha256: String
  }

  /// Exact moments, one number for each logit.
  package struct Exact: Codable, Hashable, Sendable {
    package var mean: [Double]
    package var variance: [Double]
  }

  package struct Interval: Codable, Hashable, Sendable {
    package var lower: Double
    package var upper: Double

    init(_ range: ClosedRange<Double>) {
      lower = range.lowerBound
      upper = range.upperBound
    }

    package init(from decoder: any Decoder) throws {
      var ends = try decoder.unkeyedContainer()
      lower = try ends.decode(Double.self)
      upper = try ends.decode(Double.self)
    }

    package func encode(to encoder: any Encoder) throws {
      var ends = encoder.unkeyedContainer()
      try ends.encode(lower)
      try ends.encode(upper)
    }
  }

  /// Confidence intervals from sampling, one for each logit.
  package struct Sampled: Codable, Hashable, Sendable {
    package var draws: Int
    package var seed: UInt64
    package var mean: [Interval]
    /// Of the squared deviation from the exact gradient: the variance plus the squared bias.
    package var squaredDeviation: [Interval]
    /// Whether a gradient left the bounds of the estimator's formula; the intervals then say nothing.
    package var outsideBounds: Bool
  }

  /// Digests of samples and gradients on fixed noise.
  package struct Golden: Codable, Hashable, Sendable {
    package var float: String
    package var double: String
  }

  /// One estimator on one problem, in one state.
  package struct Record: Codable, Hashable, Sendable {
    package var problem: String
    /// `initial`, or `observed` for what an estimator that learns does after a step.
    package var state: String
    package var evaluations: Int
    /// The exact gradient of the estimator's target.
    package var gradient: [Double]
    /// The largest magnitude of the values that the estimator combines.
    package var size: Double
    /// Absent where the noise cannot be integrated.
    package var exact: Exact?
    package var sampled: Sampled?
    /// Why there are no exact moments.
    package var note: String?
    package var golden: Golden
  }

  /// Instructions of the cost workload.
  package struct Instructions: Codable, Hashable, Sendable {
    package var draw: Int
    package var combine: Int

    package var total: Int { draw + combine }
  }

  package struct Estimator: Codable, Hashable, Sendable {
    package var name: String
    /// Why its mean is not the gradient; absent where it is.
    package var declaredBias: String?
    /// Absent where the platform cannot count.
    package var instructions: Instructions?
    package var records: [Record]
  }

  /// For information: absolute times depend on the machine and its load, and nothing is judged by them.
  package struct Timing: Codable, Hashable, Sendable {
    package var estimator: String
    package var nanosecondsPerDraw: Double
  }

  package var schema = Self.schema
  package var program: Program
  package var problems: [ProblemEntry]
  /// The probability that any of the sampled intervals misses.
  package var falseAlarmRate: Double
  /// By name.
  package var estimators: [Estimator]
  package var timing: [Timing]

  package func estimator(named name: String) -> Estimator? { estimators.first { $0.name == name } }
  func nanoseconds(of name: String) -> Double? {
    timing.first { $0.estimator == name }?.nanosecondsPerDraw
  }
}

/// A baseline that cannot be read, written or compared.
package enum BaselineError: Error, Hashable, Sendable, CustomStringConvertible {
  case unreadable(file: String)
  case malformed(file: String, place: String, expected: String)
  case newerSchema(file: String, found: String)
  case otherProblems(file: String, problem: String)
  case notABaseline(file: String)
  case unwritable(file: String, reason: String)
  case unknownEstimator(file: String, name: String)
  case unbounded(estimator: String, problem: String, reason: String)
  case program(path: String, reason: String)

  package var description: String {
    switch self {
    case .unreadable(let file):
      "\(file): expected a baseline that can be read; armature baseline record --output \(file) makes one"
    case .malformed(let file, let place, let expected):
      "\(file): \(place): expected \(expected); record the baseline anew"
    case .newerSchema(let file, let found):
      "\(file): schema: expected \(Baseline.schema), found \(found) of a newer Armature; compare with that one"
    case .otherProblems(let file, let problem):
      "\(file): recorded on other problems: \"\(problem)\" differs or is missing on one side; record the baseline anew"
    case .notABaseline(let file):
      "\(file) exists and is no baseline; it is left as it is: choose another file"
    case .unwritable(let file, let reason):
      "cannot write \(file): \(reason)"
    case .unknownEstimator(let file, let name):
      "\(file): has no estimator \(name), and neither has this program's selection"
    case .unbounded(let estimator, let problem, let reason):
      "estimator \(estimator) on problem \"\(problem)\": cannot be sampled with a stated error rate: \(reason)"
    case .program(let path, let reason):
      "\(path): \(reason)"
    }
  }
}
