public import Datasets
public import Foundation

/// What an inspection measures, besides what follows from the run.
public struct InspectionSettings: Hashable, Sendable, Codable {
  /// Names of the estimators whose gradients are measured; nil for each run's own.
  public var estimators: [String]?
  /// Gradients drawn of each estimator.
  public var draws: Int
  /// Addresses the choice of images and all noise; independent of the seed of training.
  public var seed: UInt64

  public static let standardDraws = 200

  public init(estimators: [String]? = nil, draws: Int = standardDraws, seed: UInt64 = 1) {
    self.estimators = estimators
    self.draws = draws
    self.seed = seed
  }
}

/// `inspection.json`: how much the gradients of a run's model vary, and what its pictures show; schema `armature.inspection/1`.
///
/// Its numbers and pictures are a function of the checkpoint, the data and the settings.
public struct RunInspection: Hashable, Sendable, Codable {
  public static let schema = "armature.inspection/1"

  /// The gradient variance of one estimator.
  public struct GradientVariance: Hashable, Sendable, Codable {
    /// Where what an estimator remembers comes from.
    public enum State: String, Hashable, Sendable, Codable {
      /// From the checkpoint, for the estimator that the run was trained with.
      case checkpoint
      /// As at the start of a run: baselines are 0, and nothing has been learnt.
      case start
    }

    /// A mean over the images of the batch.
    public struct Mean: Hashable, Sendable, Codable {
      /// For each image the sum, over the logits, of the unbiased variance over the draws of the gradient of that image's objective.
      public let variance: Double
      /// Standard error of this mean over images: their standard deviation / sqrt(images). The images are a sample of the split, and
      /// their noise is independent, so it covers the choice of the images and that of the draws; nil for one image.
      public var standardError: Double?
    }

    public let estimator: String
    /// Nil for an estimator that remembers nothing.
    public var state: State?
    /// Over all logits.
    public let total: Mean
    /// Over each layer's logits, from the images on, where there are several layers.
    public var layers: [Mean]?
  }

  /// A picture in the run directory.
  public struct Picture: Hashable, Sendable, Codable {
    public let file: String
    /// Images that it shows, without the ones they are held against.
    public let images: Int
    /// SHA-256 of the file, hexadecimal.
    public let sha256: String
    /// SHA-256 of the picture's grey values, row by row: it does not depend on how the file is compressed.
    public let pixelsSHA256: String
  }

  public let schema: String
  /// SHA-256 of the `checkpoint.safetensors` that was inspected, hexadecimal.
  public let checkpointSHA256: String
  /// The step of that checkpoint, and the length of the run.
  public let step: Int
  public let steps: Int
  public let seed: UInt64
  /// Gradients drawn of each estimator.
  public let draws: Int
  /// Images of the gradients' batch, a sample of `split`.
  public let batch: Int
  public let split: DataSplit
  public let gradientVariance: [GradientVariance]
  /// Pixel probabilities at latents from the prior; nil for a model that generates nothing.
  public var samples: Picture?
  /// Test images and pixel probabilities at latents drawn given them; nil for a model without a law of pixels.
  public var reconstructions: Picture?
  /// Program and machine that inspected.
  public let provenance: ProvenanceFacts

  /// The settings that give this inspection.
  public var settings: InspectionSettings {
    InspectionSettings(estimators: gradientVariance.map(\.estimator), draws: draws, seed: seed)
  }

  public var pictures: [Picture] { [samples, reconstructions].compactMap(\.self) }
}

extension RunDirectory {
  public var inspectionFile: URL { url.appending(path: "inspection.json") }
}
