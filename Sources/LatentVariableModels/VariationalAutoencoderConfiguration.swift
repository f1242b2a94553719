internal import GradientEstimators

/// What the encoder sees of an image x: bits, or for a Gaussian likelihood numbers in -1...1, which are given as they are.
public enum EncoderInput: String, CaseIterable, Hashable, Sendable, Codable {
  /// x.
  case raw
  /// x minus the mean image.
  case centred
  /// 2x - 1.
  case signed
}

/// The shape of a variational autoencoder with one layer of Bernoulli or categorical latent variables.
///
/// By default the image itself is modelled; `objective` may say that one half of it is, given the other. Its pixels are Bernoulli
/// variables unless `likelihood` says otherwise.
///
/// The encoder maps an image to the logits of q(z | x), one for a Bernoulli latent and C for a categorical one; the decoder
/// maps latents to the logits of p(x | z), or to its means; both are multilayer perceptrons. The decoder sees a Bernoulli latent as a
/// number, a categorical one as its unit vector of C numbers. The prior p(z) has as many logits as q.
public struct VariationalAutoencoderConfiguration: Hashable, Sendable, Codable {
  /// Pixels of an image, each a byte whose meaning `likelihood` says.
  public var pixels: Int
  /// Latent variables, each 0 or 1 unless there are categories.
  public var latents: Int
  /// Categories of each latent variable; nil for Bernoulli latents.
  public var categories: Int?
  /// Widths of the encoder's hidden layers, from the image on; empty for a linear encoder.
  public var encoderHidden: [Int]
  /// Widths of the decoder's hidden layers, from the latents on; empty for a linear decoder.
  public var decoderHidden: [Int]
  /// Slope of the leaky rectifier between layers for negative inputs.
  public var leakyReLUSlope: Double
  public var encoderInput: EncoderInput
  /// Whether the decoder sees 2z - 1 rather than z; of a categorical latent, in each component of its unit vector.
  public var signedLatents: Bool
  /// Whether the decoder's output bias starts at logit(clip(mean image, 0.001, 0.999)) rather than at 0.
  public var outputBiasFromMean: Bool
  public var objective: AutoencoderObjective
  public var likelihood: PixelLikelihood

  public init(
    pixels: Int, latents: Int, categories: Int? = nil, encoderHidden: [Int], decoderHidden: [Int],
    leakyReLUSlope: Double, encoderInput: EncoderInput, signedLatents: Bool, outputBiasFromMean: Bool,
    objective: AutoencoderObjective = .generation, likelihood: PixelLikelihood = .bernoulli
  ) {
    self.pixels = pixels
    self.latents = latents
    self.categories = categories
    self.encoderHidden = encoderHidden
    self.decoderHidden = decoderHidden
    self.leakyReLUSlope = leakyReLUSlope
    self.encoderInput = encoderInput
    self.signedLatents = signedLatents
    self.outputBiasFromMean = outputBiasFromMean
    self.objective = objective
    self.likelihood = likelihood
  }

  /// The latent variables of an image.
  var latentVariables: LatentVariables { LatentVariables(count: latents, logitsPerVariable: categories ?? 1) }

  /// Numbers that the decoder sees of an image's latents, and logits of q and of the prior.
  var latentWidth: Int { latents * (categories ?? 1) }

  /// From images to the logits of q(z | x).
  package var encoderWidths: [Int] { [pixels] + encoderHidden + [latentWidth] }
  /// From latents to the logits of p(x | z).
  package var decoderWidths: [Int] { [latentWidth] + decoderHidden + [pixels] }

  func validate() throws(ModelError) {
    try requirePositive(pixels, "pixels")
    try requirePositive(latents, "latents")
    guard objective == .generation || pixels.isMultiple(of: 2) else {
      throw .invalidSetting(
        name: "pixels", value: "\(pixels)", expected: "an even number, for an image to have halves")
    }
    if let categories, !(2...LatentVariables.largestCategoryCount).contains(categories) {
      throw .invalidSetting(
        name: "categories", value: "\(categories)",
        expected: "from 2 to \(LatentVariables.largestCategoryCount)")
    }
    if likelihood == .gaussian { try validateGaussian() }
    for width in encoderHidden { try requirePositive(width, "encoderHidden") }
    for width in decoderHidden { try requirePositive(width, "decoderHidden") }
    guard leakyReLUSlope.isFinite, leakyReLUSlope >= 0 else {
      throw .invalidSetting(
        name: "leakyReLUSlope", value: "\(leakyReLUSlope)", expected: "a finite number that is not negative")
    }
  }

  /// What there is for bits only.
  private func validateGaussian() throws(ModelError) {
    guard objective == .generation else {
      throw .invalidSetting(
        name: "objective", value: objective.rawValue, expected: "generation for a Gaussian likelihood")
    }
    guard encoderInput == .raw else {
      throw .invalidSetting(
        name: "encoderInput", value: encoderInput.rawValue,
        expected: "raw for a Gaussian likelihood, whose pixels are in -1...1")
    }
    guard !outputBiasFromMean else {
      throw .invalidSetting(
        name: "outputBiasFromMean", value: "true",
        expected: "false for a Gaussian likelihood, whose outputs are no logits")
    }
  }
}

/// The samples of the estimator from which decoder and prior learn.
///
/// An estimator of a multi-sample bound has one such bound or several, and each learns from all samples of its own, weighted
/// by their shares in it.
public enum DecoderSamples: String, Hashable, Sendable, Codable {
  /// Only the first sample, or the first bound.
  case first
  /// The average over all that have the posterior's law, or over all bounds; some estimators also evaluate flipped samples.
  case all
}

/// The constants of Adam besides its learning rate.
public struct AdamConstants: Hashable, Sendable, Codable {
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double

  public init(beta1: Double, beta2: Double, epsilon: Double) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }
}

/// How a model is fitted.
public struct OptimisationSettings: Hashable, Sendable, Codable {
  /// Images of a step.
  public var batchSize: Int
  /// Learning rate of Adam, which updates encoder and decoder.
  public var learningRate: Double
  public var adamBeta1: Double
  public var adamBeta2: Double
  public var adamEpsilon: Double
  /// Adam's constants for the encoder where they are not those above.
  public var encoderAdam: AdamConstants?
  /// Learning rate of plain gradient descent on the prior's logits; 0 for a fixed prior.
  public var priorLearningRate: Double
  public var decoderSamples: DecoderSamples
  /// With a number, gradient descent with this momentum takes the place of Adam.
  public var momentum: Double?

  public init(
    batchSize: Int, learningRate: Double, adamBeta1: Double, adamBeta2: Double, adamEpsilon: Double,
    encoderAdam: AdamConstants? = nil, priorLearningRate: Double, decoderSamples: DecoderSamples,
    momentum: Double? = nil
  ) {
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.adamBeta1 = adamBeta1
    self.adamBeta2 = adamBeta2
    self.adamEpsilon = adamEpsilon
    self.encoderAdam = encoderAdam
    self.priorLearningRate = priorLearningRate
    self.decoderSamples = decoderSamples
    self.momentum = momentum
  }

  func validate() throws(ModelError) {
    try requirePositive(batchSize, "batchSize")
    try requireAtLeastZero(learningRate, "learningRate")
    try requireAtLeastZero(priorLearningRate, "priorLearningRate")
    if let momentum { try requireDecay(momentum, "momentum") }
    for role in NetworkRole.allCases {
      let adam = adam(of: role)
      try requireDecay(adam.beta1, "adamBeta1 of the \(role.name)")
      try requireDecay(adam.beta2, "adamBeta2 of the \(role.name)")
      guard adam.epsilon.isFinite, adam.epsilon > 0 else {
        throw .invalidSetting(
          name: "adamEpsilon of the \(role.name)", value: "\(adam.epsilon)",
          expected: "a finite number above 0")
      }
    }
  }

  func adam(of role: NetworkRole) -> AdamConstants {
    let common = AdamConstants(beta1: adamBeta1, beta2: adamBeta2, epsilon: adamEpsilon)
    return role == .encoder ? encoderAdam ?? common : common
  }
}

func requirePositive(_ value: Int, _ name: String) throws(ModelError) {
  guard value > 0 else { throw .invalidSetting(name: name, value: "\(value)", expected: "at least 1") }
}

private func requireAtLeastZero(_ value: Double, _ name: String) throws(ModelError) {
  guard value.isFinite, value >= 0 else {
    throw .invalidSetting(name: name, value: "\(value)", expected: "a finite number that is not negative")
  }
}

private func requireDecay(_ value: Double, _ name: String) throws(ModelError) {
  guard value >= 0, value < 1 else {
    throw .invalidSetting(name: name, value: "\(value)", expected: "at least 0 and below 1")
  }
}
