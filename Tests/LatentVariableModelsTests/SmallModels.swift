import ElementwiseKernels
import GradientEstimators
import RandomStreams

@testable import LatentVariableModels

/// Models small enough for enumeration, with parameters far from their initial ones.
enum SmallModels {
  static func configuration(
    latents: Int, categories: Int? = nil, hidden: Bool = true, input: EncoderInput = .centred
  ) -> VariationalAutoencoderConfiguration {
    VariationalAutoencoderConfiguration(
      pixels: 5, latents: latents, categories: categories, encoderHidden: hidden ? [4, 3] : [],
      decoderHidden: hidden ? [3] : [],
      leakyReLUSlope: 0.3, encoderInput: input, signedLatents: true, outputBiasFromMean: true)
  }

  static func settings(
    batch: Int, rate: Double, samples: DecoderSamples = .first, encoderAdam: AdamConstants? = nil
  ) -> OptimisationSettings {
    OptimisationSettings(
      batchSize: batch, learningRate: rate, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-7,
      encoderAdam: encoderAdam, priorLearningRate: 10 * rate, decoderSamples: samples)
  }

  static let mean: [Float] = [0.1, 0.5, 0.0, 0.9, 0.3]

  static let images: [[UInt8]] = [[0, 1, 0, 1, 0], [1, 1, 0, 0, 1], [0, 0, 0, 1, 1]]

  /// Uniform numbers in (-1, 1).
  static func numbers(_ count: Int, stream: UInt64) -> [Double] {
    var uniforms = [Double](repeating: 0, count: count)
    var target = uniforms.mutableSpan
    RandomStream(seed: 7, purpose: .verification, step: stream).fillUniforms(
      rows: 0..<1, perRow: count, into: &target)
    return uniforms.map { 2 * $0 - 1 }
  }

  /// A trainer whose weights, biases and prior are all spread out, so that no gradient vanishes by symmetry.
  static func trainer(
    latents: Int, categories: Int? = nil, batch: Int, estimator: any GradientEstimator, rate: Double = 0,
    samples: DecoderSamples = .first,
    hidden: Bool = true, input: EncoderInput = .centred, encoderAdam: AdamConstants? = nil, threads: Int = 1
  ) throws -> VariationalAutoencoderTrainer<Double> {
    var trainer = try VariationalAutoencoderTrainer<Double>(
      configuration: configuration(latents: latents, categories: categories, hidden: hidden, input: input),
      settings: settings(batch: batch, rate: rate, samples: samples, encoderAdam: encoderAdam),
      meanImage: mean, estimator: estimator,
      seed: 3, threads: threads)
    try trainer.restore(spread(trainer.tensors()))
    return trainer
  }

  /// Tensors with weights, biases, variances and prior spread out.
  static func spread(_ tensors: [NamedTensor]) -> [NamedTensor] {
    tensors.enumerated().map { index, tensor -> NamedTensor in
      guard
        tensor.name.hasSuffix("weight") || tensor.name.hasSuffix("bias")
          || ["prior.logits", "variances.base"].contains(tensor.name)
      else { return tensor }
      let values = numbers(tensor.values.count, stream: UInt64(index)).map { 0.9 * $0 }
      return NamedTensor(name: tensor.name, shape: tensor.shape, values: .double(values))
    }
  }
}
