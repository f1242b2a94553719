internal import GradientEstimators
internal import LatentVariableModels

/// A model and an estimator whose training is timed.
struct BenchmarkWorkload: Sendable {
  static let batchSize = 50

  /// `linear`, `nonlinear` or `categorical`.
  let model: String
  let estimator: String
  let isCategorical: Bool
  /// Multiply-adds of a step's dense products.
  let multiplyAdds: Int
  /// A trainer at its first step.
  let start: @Sendable (BenchmarkImages, _ threads: Int) throws(TrainingError) -> any BenchmarkTrainer

  /// All, in the order of the report.
  static let all = [
    binary("linear", hidden: [], estimator: "arm"),
    binary("nonlinear", hidden: [200, 200], estimator: "arm"),
    categorical(estimator: "loorf:3", samples: 3), categorical(estimator: "carms-i:3", samples: 3),
  ]

  /// The binary autoencoder of the mnist-static protocols.
  private static func binary(_ name: String, hidden: [Int], estimator: String) -> BenchmarkWorkload {
    let configuration = VariationalAutoencoderConfiguration(
      pixels: BenchmarkImages.pixels, latents: 200, encoderHidden: hidden, decoderHidden: hidden,
      leakyReLUSlope: 0.3, encoderInput: .centred, signedLatents: true, outputBiasFromMean: true)
    return workload(name, configuration, estimator: estimator, evaluations: 2, decoderSamples: .first)
  }

  /// The categorical autoencoder of the carms-mnist protocol, 20 variables of 10 categories, whose decoder learns from all
  /// samples.
  private static func categorical(estimator: String, samples: Int) -> BenchmarkWorkload {
    let configuration = VariationalAutoencoderConfiguration(
      pixels: BenchmarkImages.pixels, latents: 20, categories: 10, encoderHidden: [200, 200],
      decoderHidden: [200, 200], leakyReLUSlope: 0.3, encoderInput: .centred, signedLatents: true,
      outputBiasFromMean: true)
    return workload(
      "categorical", configuration, estimator: estimator, evaluations: samples, decoderSamples: .all)
  }

  private static func workload(
    _ name: String, _ configuration: VariationalAutoencoderConfiguration, estimator: String, evaluations: Int,
    decoderSamples: DecoderSamples
  ) -> BenchmarkWorkload {
    BenchmarkWorkload(
      model: name, estimator: estimator, isCategorical: configuration.categories != nil,
      multiplyAdds: batchSize
        * multiplyAdds(
          encoder: configuration.encoderWidths, decoder: configuration.decoderWidths,
          evaluations: evaluations, gradientSamples: decoderSamples == .all ? evaluations : 1)
    ) { images, threads throws(TrainingError) in
      try AutoencoderTrainer(
        configuration: configuration, decoderSamples: decoderSamples, estimator: estimator, images: images,
        threads: threads)
    }
  }

  /// Multiply-adds of an image's dense products in a step: forward passes of the encoder and of the decoder for each
  /// evaluation, weight gradients of the encoder and of the decoder for each gradient sample, input gradients except the
  /// first layers'.
  static func multiplyAdds(
    encoder: [Int], decoder: [Int], evaluations: Int, gradientSamples: Int
  ) -> Int {
    func parameters(_ widths: [Int]) -> Int { zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } }
    let (first, second) = (parameters(encoder), parameters(decoder))
    return 3 * first - encoder[0] * encoder[1] + evaluations * second
      + gradientSamples * (2 * second - decoder[0] * decoder[1])
  }
}

/// Something that makes training steps and bounds of one model.
protocol BenchmarkTrainer: AnyObject {
  func step() throws(TrainingError)

  /// The bounds of these test images, counted from 0; images repeat where there are too few.
  func evaluate(_ rows: Range<Int>, samples: Int) throws(TrainingError)

  /// Multiply-adds of an image's bound.
  func boundMultiplyAdds(samples: Int) -> Int
}

private final class AutoencoderTrainer: BenchmarkTrainer {
  private let images: BenchmarkImages
  private let configuration: VariationalAutoencoderConfiguration
  private var trainer: VariationalAutoencoderTrainer<Float>
  private var batch: [UInt8]
  private var steps = 0

  init(
    configuration: VariationalAutoencoderConfiguration, decoderSamples: DecoderSamples, estimator: String,
    images: BenchmarkImages, threads: Int
  ) throws(TrainingError) {
    self.images = images
    self.configuration = configuration
    batch = Array(repeating: 0, count: BenchmarkWorkload.batchSize * BenchmarkImages.pixels)
    let settings = OptimisationSettings(
      batchSize: BenchmarkWorkload.batchSize, learningRate: 1e-4, adamBeta1: 0.9, adamBeta2: 0.999,
      adamEpsilon: 1e-7, priorLearningRate: 1e-2, decoderSamples: decoderSamples)
    let made: any GradientEstimator
    do throws(EstimatorNameError) { made = try EstimatorCatalogue.make(estimator) } catch {
      throw .estimator(error)
    }
    do throws(ModelError) {
      trainer = try VariationalAutoencoderTrainer(
        configuration: configuration, settings: settings, meanImage: images.mean, estimator: made, seed: 1,
        threads: threads)
    } catch { throw .model(error) }
  }

  func step() throws(TrainingError) {
    loadBatch()
    do throws(ModelError) {
      let images = batch
      _ = try trainer.step(index: UInt64(steps), images: images.span)
    } catch { throw .model(error) }
    steps += 1
  }

  /// Images in the order of an odd stride, which is no order of the file's.
  private func loadBatch() {
    let pixels = BenchmarkImages.pixels
    let count = images.train.count / pixels
    for row in 0..<BenchmarkWorkload.batchSize {
      let image = (steps * BenchmarkWorkload.batchSize + row) * 7919 % count
      batch.replaceSubrange(
        row * pixels..<(row + 1) * pixels, with: images.train[image * pixels..<(image + 1) * pixels])
    }
  }

  func evaluate(_ rows: Range<Int>, samples: Int) throws(TrainingError) {
    let pixels = BenchmarkImages.pixels
    let count = images.test.count / pixels
    let bytes = rows.flatMap { images.test[$0 % count * pixels..<($0 % count + 1) * pixels] }
    do throws(ModelError) {
      _ = try trainer.importanceWeightedBounds(
        images: bytes.span, firstRow: rows.lowerBound, samples: samples, seed: 1, step: 0)
    } catch { throw .model(error) }
  }

  func boundMultiplyAdds(samples: Int) -> Int {
    func parameters(_ widths: [Int]) -> Int { zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } }
    return parameters(configuration.encoderWidths) + samples * parameters(configuration.decoderWidths)
  }
}
