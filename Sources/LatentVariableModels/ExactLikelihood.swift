internal import ElementwiseKernels
internal import NeuralNetworks
internal import Numerics

/// The exact likelihood of an image under a model so small that all its latents can be enumerated.
public struct ExactLikelihood: Hashable, Sendable {
  /// log p(x), in nats.
  public let logLikelihood: Double
  /// E_q[log p(x, z) - log q(z | x)], in nats; at most `logLikelihood`.
  public let evidenceLowerBound: Double
  /// p(z | x) by z, variable 0 the fastest: index = sum_d z_d 2^d.
  public let posterior: [Double]
  /// q(z | x), indexed as `posterior`.
  public let approximatePosterior: [Double]
}

extension VariationalAutoencoderTrainer {
  /// Likelihood, bound and posterior of each image by enumeration.
  ///
  /// - Parameter images: 0/1 bytes, [count x pixels].
  /// - Returns: one for each image.
  /// - Throws: `ModelError` if there are more than 12 latents, or if the images have the wrong count or values.
  /// - Complexity: 2^latents decoder passes for all images together, count x 2^latents x pixels exponentials.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func exactLikelihoods(images: Span<UInt8>) throws(ModelError) -> [ExactLikelihood] {
    guard configuration.latents <= 12 else {
      throw .invalidSetting(
        name: "latents", value: "\(configuration.latents)", expected: "at most 12 for an exact likelihood")
    }
    let images = try copy(images, what: "images of an exact likelihood")
    let states = LatentStates(model: model)
    let logits = encoderLogits(images: images)
    let latents = configuration.latents
    return (0..<images.count / configuration.pixels).map { image in
      states.likelihood(
        image: images.span.extracting(image * configuration.pixels..<(image + 1) * configuration.pixels),
        logits: logits.span.extracting(image * latents..<(image + 1) * latents))
    }
  }

  /// Logits of q(z | x), [count x latents].
  func encoderLogits(images: [UInt8]) -> [Scalar] {
    var pass = model.encoderPass(rows: images.count / configuration.pixels, gradientRows: 0)
    pass.loadBits { bytes in copyBytes(images.span, to: &bytes) }
    pass.forward(model.encoder)
    return pass.outputs
  }

  /// Logits of p(x | z), [rows x pixels], for 0/1 latents [rows x latents].
  func decoderLogits(latents: Span<Scalar>) -> [Scalar] { model.decoderLogits(latents: latents) }
}

extension AutoencoderModel {
  func decoderLogits(latents: Span<Scalar>) -> [Scalar] {
    var pass = decoderPass(rows: latents.count / configuration.latents, gradientRows: 0)
    pass.loadBits { bytes in copyBits(latents, to: &bytes) }
    pass.forward(decoder)
    return pass.outputs
  }
}

/// All latent states of a model, with what of the joint density does not depend on the image.
private struct LatentStates<Scalar: KernelScalar> {
  let latents: Int
  /// [states x pixels].
  let decoderLogits: [Scalar]
  /// [states].
  let logPrior: [Double]

  init(model: AutoencoderModel<Scalar>) {
    let latents = model.configuration.latents
    self.latents = latents
    let states = 1 << latents
    let values = (0..<states * latents).map { place -> Scalar in
      ((place / latents) >> (place % latents)) & 1 == 1 ? 1 : 0
    }
    decoderLogits = model.decoderLogits(latents: values.span)
    logPrior = (0..<states).map { logDensity(state: $0, logits: model.priorLogits.span) }
  }

  func likelihood(image: Span<UInt8>, logits: Span<Scalar>) -> ExactLikelihood {
    let states = logPrior.count
    var joint = [Double](repeating: 0, count: states)
    var bound = 0.0
    var approximate = joint
    for state in 0..<states {
      joint[state] = logPrior[state]
      for pixel in image.indices {
        let logit = Double(decoderLogits[state * image.count + pixel])
        joint[state] += image[pixel] == 1 ? Double.logSigmoid(logit) : Double.logSigmoid(-logit)
      }
      let logPosterior = logDensity(state: state, logits: logits)
      approximate[state] = Double.exp(logPosterior)
      bound += approximate[state] * (joint[state] - logPosterior)
    }
    let total = logMeanExponential(joint.span) + Double.log(Double(states))
    return ExactLikelihood(
      logLikelihood: total, evidenceLowerBound: bound, posterior: joint.map { Double.exp($0 - total) },
      approximatePosterior: approximate)
  }
}

/// log of the probability of a latent state under independent Bernoulli variables.
private func logDensity<Scalar: KernelScalar>(state: Int, logits: Span<Scalar>) -> Double {
  var sum = 0.0
  for variable in logits.indices {
    let logit = Double(logits[variable])
    sum += (state >> variable) & 1 == 1 ? Double.logSigmoid(logit) : Double.logSigmoid(-logit)
  }
  return sum
}
