internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks
internal import Numerics

/// The exact likelihood of an image under a model so small that all its latents can be enumerated.
///
/// Of a completion log p(x) stands for half of log p(lower, lower | upper), log p(x, z) - log q(z | x) for half of
/// log p(lower, lower | z), and p(z | x) for p(z | upper, lower, lower).
public struct ExactLikelihood: Hashable, Sendable {
  /// log p(x), in nats.
  public let logLikelihood: Double
  /// E_q[log p(x, z) - log q(z | x)], in nats; at most `logLikelihood`.
  public let evidenceLowerBound: Double
  /// p(z | x) by z, variable 0 the fastest: index = sum_d z_d C^d, C = 2 for Bernoulli latents.
  public let posterior: [Double]
  /// q(z | x), indexed as `posterior`.
  public let approximatePosterior: [Double]
}

extension VariationalAutoencoderTrainer {
  /// Likelihood, bound and posterior of each image by enumeration.
  ///
  /// - Parameter images: bytes, [count x pixels]: 0 and 1, or intensities (see `PixelLikelihood`).
  /// - Returns: one for each image.
  /// - Throws: `ModelError` if there are more than 4096 latent states, or if the images have the wrong count or values.
  /// - Complexity: as many decoder passes as there are states for all images together, count x states x pixels exponentials.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func exactLikelihoods(images: Span<UInt8>) throws(ModelError) -> [ExactLikelihood] {
    guard LatentStates<Scalar>.count(configuration.latentVariables) != nil else {
      throw .invalidSetting(
        name: "latents", value: "\(configuration.latents)",
        expected:
          "so few that they have at most \(LatentStates<Scalar>.largestCount) states, for an exact likelihood"
      )
    }
    let images = try copy(images, what: "images of an exact likelihood")
    let states = LatentStates(model: model)
    let logits = encoderLogits(images: images)
    var modelled = images
    var target = modelled.mutableSpan
    configuration.objective.writeModelled(of: images.span, pixels: configuration.pixels, to: &target)
    let width = configuration.latentWidth
    return (0..<images.count / configuration.pixels).map { image in
      states.likelihood(
        image: modelled.span.extracting(image * configuration.pixels..<(image + 1) * configuration.pixels),
        logits: logits.span.extracting(image * width..<(image + 1) * width))
    }
  }

  /// Logits of q(z | x), [count x logits of a row].
  func encoderLogits(images: [UInt8]) -> [Scalar] {
    var pass = model.encoderPass(rows: images.count / configuration.pixels, gradientRows: 0)
    model.give(images.span, to: &pass)
    pass.forward(model.encoder)
    return pass.outputs
  }

  /// Logits or means of p(x | z), [rows x pixels], for latents [rows x latents]: 0 and 1, or category indices.
  func decoderLogits(latents: Span<Scalar>) -> [Scalar] { model.decoderLogits(latents: latents) }
}

extension AutoencoderModel {
  func decoderLogits(latents: Span<Scalar>) -> [Scalar] {
    var pass = decoderPass(rows: latents.count / configuration.latents, gradientRows: 0)
    pass.loadBits { bytes in copyBits(latents, of: configuration.latentVariables, to: &bytes) }
    pass.forward(decoder)
    return pass.outputs
  }
}

/// All latent states of a model, with what of the joint density does not depend on the image.
private struct LatentStates<Scalar: KernelScalar> {
  static var largestCount: Int { 4096 }

  let variables: LatentVariables
  let objective: AutoencoderObjective
  /// The decoder's outputs, [states x pixels].
  let decoderLogits: [Scalar]
  /// The variances of pixels, [pixels]; empty for bits.
  let variances: [Double]
  /// The prior's logarithm, [states]; for a completion, whose latents have the law of the encoder, empty.
  let logPrior: [Double]

  /// How many states there are; nil if more than `largestCount`.
  static func count(_ variables: LatentVariables) -> Int? {
    var count = 1
    for _ in 0..<variables.count {
      count *= variables.categories
      guard count <= largestCount else { return nil }
    }
    return count
  }

  /// - Precondition: the states can be counted.
  init(model: AutoencoderModel<Scalar>) {
    let variables = model.configuration.latentVariables
    self.variables = variables
    objective = model.configuration.objective
    variances = model.variances?.variances.map { Double($0) } ?? []
    guard let states = Self.count(variables) else { preconditionFailure("too many latent states") }
    var values: [Scalar] = []
    for state in 0..<states { values += Self.values(of: state, variables).map { Scalar($0) } }
    decoderLogits = model.decoderLogits(latents: values.span)
    guard objective == .generation else {
      logPrior = []
      return
    }
    logPrior = (0..<states).map { state in
      Self.logDensity(of: Self.values(of: state, variables), logits: model.priorLogits.span, variables)
    }
  }

  private static func values(of state: Int, _ variables: LatentVariables) -> [Int] {
    var rest = state
    return (0..<variables.count).map { _ in
      defer { rest /= variables.categories }
      return rest % variables.categories
    }
  }

  func likelihood(image: Span<UInt8>, logits: Span<Scalar>) -> ExactLikelihood {
    let states = decoderLogits.count / image.count
    var joint = [Double](repeating: 0, count: states)
    var bound = 0.0
    var approximate = joint
    for state in 0..<states {
      let logPosterior = Self.logDensity(of: Self.values(of: state, variables), logits: logits, variables)
      joint[state] = logPrior.isEmpty ? logPosterior : logPrior[state]
      joint[state] += logLikelihood(of: image, state: state)
      approximate[state] = Double.exp(logPosterior)
      bound += approximate[state] * (joint[state] - logPosterior)
    }
    let total = logMeanExponential(joint.span) + Double.log(Double(states))
    let copies = Double(objective.copies)
    return ExactLikelihood(
      logLikelihood: total / copies, evidenceLowerBound: bound / copies,
      posterior: joint.map { Double.exp($0 - total) },
      approximatePosterior: approximate)
  }

  /// log p(x | z) of the pixels that are modelled.
  private func logLikelihood(of image: Span<UInt8>, state: Int) -> Double {
    var sum = 0.0
    for pixel in image.indices {
      let output = Double(decoderLogits[state * image.count + pixel])
      if variances.isEmpty {
        sum += image[pixel] == 1 ? Double.logSigmoid(output) : Double.logSigmoid(-output)
      } else {
        let deviation = 2 * Double(image[pixel]) / 255 - 1 - output
        sum -= (Double.log(2 * .pi * variances[pixel]) + deviation * deviation / variances[pixel]) / 2
      }
    }
    return sum
  }

  /// log of the probability of a latent state under independent variables.
  private static func logDensity(
    of values: [Int], logits: Span<Scalar>, _ variables: LatentVariables
  ) -> Double {
    var sum = 0.0
    for (variable, value) in values.enumerated() {
      guard !variables.isBinary else {
        let logit = Double(logits[variable])
        sum += value == 1 ? Double.logSigmoid(logit) : Double.logSigmoid(-logit)
        continue
      }
      let own = (0..<variables.categories).map { Double(logits[variable * variables.categories + $0]) }
      let total = logMeanExponential(own.span) + Double.log(Double(own.count))
      sum += own[value] - total
    }
    return sum
  }
}
