/// A model that a run can train, measure, save and continue, whatever it models.
///
/// Images are bytes, [count x pixels]: 0 and 1, or intensities for a model that takes them; labels are one class for each image, or none
/// for models that do not read them.
public protocol TrainableModel: ~Copyable {
  /// Makes one optimisation step; `index` counts steps from 0 and addresses the noise.
  ///
  /// - Returns: the batch mean of the negative one-sample ELBO before the step, in nats.
  /// - Throws: `ModelError` if the batch does not fit, or if loss or gradient are not finite; in the latter case the model is
  ///   left as it was.
  mutating func step(
    index: UInt64, images: Span<UInt8>, labels: Span<UInt16>
  ) throws(ModelError) -> Double

  /// The importance-weighted bound of each image from `samples` samples.
  ///
  /// The result for an image depends on nothing but the image, its label, its row, `samples`, `seed` and `step`.
  ///
  /// - Throws: `ModelError` if an argument is out of range, or if a bound is not finite.
  mutating func bounds(
    images: Span<UInt8>, labels: Span<UInt16>, firstRow: Int, samples: Int, seed: UInt64, step: UInt64
  ) throws(ModelError) -> ImageBounds

  /// The spread of the estimator's gradient with respect to the logits of the latents over `draws` of its noise, on one batch; nil
  /// where `proceed`, which is told before each draw how many are done, said no. Nothing is learnt.
  ///
  /// - Throws: `ModelError` if an argument is out of range, or a gradient is not finite.
  mutating func gradientSpread(
    images: Span<UInt8>, labels: Span<UInt16>, draws: Int, seed: UInt64, proceed: (_ done: Int) -> Bool
  ) throws(ModelError) -> GradientSpread?

  /// How many pixels of an image, the first ones, the model is given to complete it; 0 where it models all or none.
  var givenPixels: Int { get }

  /// Pixel probabilities or mean intensities, [count x pixels], at latents drawn from the prior; nil for a model that generates nothing.
  /// A function of the parameters and the seed.
  ///
  /// - Throws: `ModelError` if `count` is not positive.
  func generatedImages(count: Int, seed: UInt64) throws(ModelError) -> [Float]?

  /// Pixel probabilities or mean intensities, [count x pixels], at latents drawn given images, with the given pixels as they are; nil for
  /// a model that has no law of pixels. A function of the parameters, the images and the seed.
  ///
  /// - Throws: `ModelError` if the images have the wrong count or values.
  func reconstructions(images: Span<UInt8>, seed: UInt64) throws(ModelError) -> [Float]?

  /// Everything that is needed to continue bit for bit, in a fixed order.
  func tensors() -> [NamedTensor]

  /// Continues from saved tensors; all or nothing.
  ///
  /// - Throws: `ModelError` naming the first tensor that does not fit; the model is then unchanged.
  mutating func restore(_ tensors: [NamedTensor]) throws(ModelError)
}

/// Importance-weighted bounds of some images.
public struct ImageBounds: Hashable, Sendable {
  /// The bound of each image, in nats.
  public let bounds: [Double]
  /// Whether the class that is most probable on average over the samples is the image's; empty where the model has no
  /// classes.
  public let isCorrect: [Bool]

  public init(bounds: [Double], isCorrect: [Bool] = []) {
    self.bounds = bounds
    self.isCorrect = isCorrect
  }
}

extension VariationalAutoencoderTrainer: TrainableModel {
  public mutating func step(
    index: UInt64, images: Span<UInt8>, labels: Span<UInt16>
  ) throws(ModelError) -> Double {
    try step(index: index, images: images)
  }

  public mutating func bounds(
    images: Span<UInt8>, labels: Span<UInt16>, firstRow: Int, samples: Int, seed: UInt64, step: UInt64
  ) throws(ModelError) -> ImageBounds {
    ImageBounds(
      bounds: try importanceWeightedBounds(
        images: images, firstRow: firstRow, samples: samples, seed: seed, step: step))
  }
}
