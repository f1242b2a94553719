public import Datasets

/// What a training run does, every choice included; read from YAML, and recorded in the manifest of each run.
public struct TrainingProtocol: Hashable, Sendable, Codable {
  public static let schema = "armature.protocol/1"

  public let schema: String
  /// Short name, as in the file name: `mnist-static-linear`.
  public let name: String
  /// One line for headings of reports.
  public let title: String
  /// Where the protocol comes from.
  public let source: String
  public let data: DataChoice
  public let model: ModelChoice
  public internal(set) var optimisation: OptimisationChoice
  /// Training steps, unless the command line says otherwise.
  public let steps: Int
  /// The estimator, unless the command line says otherwise: `arm`.
  public let estimator: String
  /// Steps between two records of the training objective.
  public let metricsInterval: Int
  /// Steps between two checkpoints; evaluations write one too.
  public let checkpointInterval: Int
  public let evaluation: EvaluationChoice

  public struct DataChoice: Hashable, Sendable, Codable {
    public let set: DatasetName
    public let binarisation: Binarisation
  }

  public struct OptimisationChoice: Hashable, Sendable, Codable {
    public enum DecoderSamples: String, CaseIterable, Hashable, Sendable, Codable {
      /// Decoder and prior learn from the estimator's first sample only.
      case first
      /// They learn from the mean over all of its samples.
      case all
    }

    /// How the gradients of a batch's images become the gradient that Adam sees.
    public enum BatchReduction: String, CaseIterable, Hashable, Sendable, Codable {
      case mean
      /// Adam divides by the gradient's size, so that a sum over B images is the mean with epsilon / B.
      case sum
    }

    /// Images in one step.
    public let batchSize: Int
    /// The step size of Adam, or of gradient descent with momentum, for all networks.
    public internal(set) var learningRate: Double
    /// Step sizes from which the best is chosen by the evaluations, or nil where there is no choice.
    public var learningRates: [Double]?
    /// Adam's constants; nil with `momentum`.
    public var adamBeta1: Double?
    public var adamBeta2: Double?
    public var adamEpsilon: Double?
    /// With a number, gradient descent with this momentum takes the place of Adam.
    public var momentum: Double?
    /// The encoder's where it has its own.
    public var encoderAdamBeta1: Double?
    public var encoderAdamBeta2: Double?
    /// The mean over the batch where they are nil.
    public var encoderGradient: BatchReduction?
    public var decoderGradient: BatchReduction?
    /// Step size of plain gradient descent for the prior's logits; 0 keeps the prior uniform.
    public let priorLearningRate: Double
    public let decoderSamples: DecoderSamples
  }

  /// When and on what the importance-weighted bound is measured; the last step of a run is always evaluated.
  public struct EvaluationChoice: Hashable, Sendable, Codable {
    /// Steps after which to evaluate; empty where `interval` says it.
    public let steps: [Int]
    /// Steps between two evaluations, or nil where `steps` lists them.
    public let interval: Int?
    public let split: DataSplit
    /// Importance samples for each image.
    public let samples: Int
    /// What is measured, at the end of the run, at the parameters of the evaluation with the lowest bound, or nil where these are
    /// not kept.
    public var selection: BoundChoice?
    /// What is measured at the parameters of the last step, or nil where the evaluations are all.
    public var final: BoundChoice?
  }

  /// An importance-weighted bound that is measured once in a run.
  public struct BoundChoice: Hashable, Sendable, Codable {
    public let split: DataSplit
    /// Importance samples for each image.
    public let samples: Int
  }
}
