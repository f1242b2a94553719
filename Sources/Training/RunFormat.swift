public import Datasets

/// What the caller knows about the program and the machine; recorded in the manifest, never looked at by training.
public struct ProvenanceFacts: Hashable, Sendable, Codable {
  /// State of the source tree that the program was built from.
  public enum TreeState: String, Hashable, Sendable, Codable {
    case clean
    case modified
    case unknown
  }

  public struct Versions: Hashable, Sendable, Codable {
    public let swift: String
    public let gsl: String
    /// The kernels' arithmetic, which decides about bits.
    public let kernelFamily: String
    /// The vectors that they used, `avx2` for example, which do not.
    public let vectors: String

    public init(swift: String, gsl: String, kernelFamily: String, vectors: String) {
      self.swift = swift
      self.gsl = gsl
      self.kernelFamily = kernelFamily
      self.vectors = vectors
    }
  }

  /// Revision of Armature's source, for example a commit hash.
  public let revision: String
  public let treeState: TreeState
  public let versions: Versions
  /// The processor's model name.
  public let cpu: String

  public init(revision: String, treeState: TreeState, versions: Versions, cpu: String) {
    self.revision = revision
    self.treeState = treeState
    self.versions = versions
    self.cpu = cpu
  }
}

/// `run.json`: what a run is, written once when its directory is created.
public struct RunManifest: Hashable, Sendable, Codable {
  public static let schema = "armature.run/3"

  public let schema: String
  public let protocolName: String
  /// SHA-256 of the protocol file's bytes, hexadecimal.
  public let protocolSHA256: String
  /// The protocol as read, but with the learning rate of this run.
  public let resolvedProtocol: TrainingProtocol
  public let estimator: String
  public let seed: UInt64
  public let steps: Int
  /// Threads at the start; results do not depend on them.
  public let threads: Int
  public let dataFiles: [DataFileRecord]
  public let provenance: ProvenanceFacts
  /// The command line, word by word.
  public let command: [String]
  /// Start of the run, ISO 8601 in UTC.
  public let started: String
}

/// Mean of the negative evidence lower bound over consecutive training steps.
public struct TrainingRecord: Hashable, Sendable, Codable {
  /// The last step of the window; the first step of a run is 1.
  public let step: Int
  /// Steps in the window.
  public let steps: Int
  /// Nats for each image, mean over the window's batches.
  public let negativeELBO: Double
}

/// The importance-weighted bound on one split.
public struct EvaluationRecord: Hashable, Sendable, Codable {
  /// Training steps behind the evaluated parameters.
  public let step: Int
  public let split: DataSplit
  /// Importance samples for each image.
  public let samples: Int
  /// Images evaluated: all of the split.
  public let images: Int
  /// Mean over images of the negative bound on log p(x), in nats; lower is better. Of a model that predicts, on log p(y | x).
  public let bound: Double
  /// Standard error of `bound` over images: standard deviation / sqrt(images).
  public let standardError: Double
  /// Share of the images that are classified rightly; nil where the model has no classes.
  public var accuracy: Double?
}

/// One line of `metrics.jsonl`: nothing but numbers that a repetition gives again, bit by bit.
///
/// As JSON: the fields of the record, and `kind` = `training` or `evaluation`.
public enum MetricRecord: Hashable, Sendable {
  case training(TrainingRecord)
  case evaluation(EvaluationRecord)

  public var step: Int {
    switch self {
    case .training(let record): record.step
    case .evaluation(let record): record.step
    }
  }
}

extension MetricRecord: Codable {
  private enum Kind: String, Codable {
    case training
    case evaluation
  }

  private enum CodingKeys: String, CodingKey {
    case kind
  }

  public init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .kind) {
    case .training: self = .training(try TrainingRecord(from: decoder))
    case .evaluation: self = .evaluation(try EvaluationRecord(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .training(let record):
      try container.encode(Kind.training, forKey: .kind)
      try record.encode(to: encoder)
    case .evaluation(let record):
      try container.encode(Kind.evaluation, forKey: .kind)
      try record.encode(to: encoder)
    }
  }
}

/// One line of `timing.jsonl`: wall-clock times, kept apart from the metrics because no two runs share them.
public struct TimingRecord: Hashable, Sendable, Codable {
  public let step: Int
  /// Seconds in training steps since the previous record.
  public let trainingSeconds: Double
  /// Seconds in evaluations since the previous record.
  public let evaluationSeconds: Double
}

/// `result.json`: the outcome of a finished run, written last.
public struct RunResult: Hashable, Sendable, Codable {
  public static let schema = "armature.result/1"

  public let schema: String
  public let protocolName: String
  public let estimator: String
  public let seed: UInt64
  public let steps: Int
  /// In the order of their steps; the last one is at the last step.
  public let evaluations: [EvaluationRecord]
  /// Mean of the negative evidence lower bound over the last 200 steps (all steps of a shorter run), in nats.
  public let trainNegativeELBO: Double
  /// The evaluation that the protocol's selection asks for, at the step with the lowest bound in `evaluations` (the first
  /// of equals); nil where the protocol selects nothing.
  public var selected: EvaluationRecord?
  /// The bound at the last step that the protocol asks for beside its evaluations; nil where it asks for none.
  public var final: EvaluationRecord?
  /// SHA-256 of the final `checkpoint.safetensors`, hexadecimal.
  public let checkpointSHA256: String
  public let completed: Bool
}
