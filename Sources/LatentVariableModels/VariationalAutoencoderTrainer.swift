public import ElementwiseKernels
public import GradientEstimators
internal import NeuralNetworks
internal import RandomStreams

/// A variational autoencoder with one layer of latents, with all that is needed to go on training it.
///
/// Loss: the batch mean of -(log p(x | z) + log p(z) - log q(z | x)) with z from q(z | x). The encoder's gradient is the
/// estimator's, carried back from the logits; decoder and prior are differentiated at the estimator's samples. Encoder and
/// decoder are updated by Adam, the prior by plain gradient descent.
///
/// Where the estimator's target is a multi-sample bound, the loss is the batch mean of -log (1/K) sum_k w_k, w_k = p(x, z_k) /
/// q(z_k | x), and decoder and prior are differentiated at its samples with the weights w_k / sum w.
///
/// An estimator that uses derivatives is given points y between the states: the decoder sees them as numbers, and log p(z)
/// and log q(z | x) are continued by what they are linear in, z . logits. Where no sample of the estimator is a state
/// (Gumbel-softmax), all of that is the relaxed objective E[log p(x | y) + log p(y) - log q(y | x)], which is trained in place
/// of the bound: decoder and prior are differentiated at the relaxed samples, and the encoder's gradient includes the derivative of
/// -log q(y | x) at fixed y, whose mean is 0 for states only.
///
/// Of a completion (see `AutoencoderObjective`) the objective is log p(lower | z) in the place of log p(x | z) + log p(z) - log q(z | x),
/// and there is no prior; its estimators are those of an expectation.
///
/// Of a Gaussian likelihood the pixels' variances are learned as the decoder's parameters are, at the same samples and by the same
/// optimiser.
///
/// Guarantee: results have the same bits for any number of threads, and after `restore` as without interruption.
public struct VariationalAutoencoderTrainer<Scalar: KernelScalar>: ~Copyable {
  public let configuration: VariationalAutoencoderConfiguration
  public let settings: OptimisationSettings
  public let seed: UInt64
  /// Most threads that a call uses, the calling one included.
  public let threads: Int
  /// The estimator, with what it has learnt so far.
  public internal(set) var estimator: any GradientEstimator

  var model: AutoencoderModel<Scalar>
  var shards: [BatchShard<Scalar>]
  var boundWorkers: [BoundWorker<Scalar>] = []
  /// Gradient of the last step's loss with respect to the prior's logits.
  private(set) var priorGradient: [Scalar]
  private let latentZeros: [UInt8]
  private var priorOffsets: [Scalar] = [0]
  /// As many numbers as the prior has logits.
  private var priorScratch: [Scalar]
  let team: ThreadTeam
  private var passes = SharedPasses<Scalar>()
  private(set) var update: ModelUpdate<Scalar>

  /// A model at its initial parameters: weights Glorot-uniform from the stream (seed, initialisation), biases zero (but
  /// see `outputBiasFromMean`), prior logits zero.
  ///
  /// - Parameters:
  ///   - configuration: the model's shape.
  ///   - settings: how it is fitted.
  ///   - meanImage: mean of each pixel over the training images, in 0...1.
  ///   - estimator: the estimator of the encoder's gradient.
  ///   - seed: addresses initial weights and noise.
  ///   - threads: 1 or more, the calling one included.
  /// - Throws: `ModelError` if a setting is out of range, the estimator does not take the model's latent variables or the mean
  ///   image is not one.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public init(
    configuration: VariationalAutoencoderConfiguration, settings: OptimisationSettings, meanImage: [Float],
    estimator: any GradientEstimator, seed: UInt64, threads: Int
  ) throws(ModelError) {
    try configuration.validate()
    try settings.validate()
    guard threads > 0 else {
      throw .invalidSetting(name: "threads", value: "\(threads)", expected: "at least 1")
    }
    let variables = configuration.latentVariables
    guard estimator.supports(variables) else {
      throw .invalidSetting(
        name: "estimator", value: estimator.name, expected: "an estimator that takes \(variables)")
    }
    // A bound's weights have q in them, and the estimators of one its derivative; a completion's have not.
    guard configuration.objective == .generation || estimator.target == .expectation else {
      throw .invalidSetting(
        name: "estimator", value: estimator.name,
        expected: "an estimator of an expectation, because the latents of a completion have no prior")
    }
    guard meanImage.count == configuration.pixels else {
      throw .wrongCount(
        what: "mean image", found: meanImage.count, expected: "\(configuration.pixels) pixels")
    }
    for (pixel, mean) in meanImage.enumerated() where !(mean >= 0 && mean <= 1) {
      throw .invalidSetting(
        name: "mean image, pixel \(pixel)", value: "\(mean)", expected: "a number in 0...1")
    }
    self.configuration = configuration
    self.settings = settings
    self.seed = seed
    self.threads = threads
    self.estimator = estimator
    self.estimator.prepare(for: variables)
    model = AutoencoderModel(
      configuration: configuration, settings: settings, meanImage: meanImage, seed: seed)
    shards = BatchShard.shards(model: model, settings: settings, estimator: estimator)
    priorGradient = Array(repeating: 0, count: model.priorLogits.count)
    latentZeros = Array(repeating: 0, count: variables.logitCount)
    priorScratch = priorGradient
    team = ThreadTeam(threads: threads)
    update = ModelUpdate(of: model.networks, threads: threads)
  }

  /// Logits of the prior p(z), one for each Bernoulli latent and C for each categorical one; none for a completion.
  public var priorLogits: [Scalar] { model.priorLogits }

  /// Makes one optimisation step.
  ///
  /// - Parameters:
  ///   - index: counts steps from 0 and addresses the noise: row r of the batch draws from row r of the stream
  ///     (seed, estimatorNoise, index).
  ///   - images: bytes, [batch x pixels]: 0 and 1, or intensities (see `PixelLikelihood`).
  /// - Returns: the batch mean of the first sample's negative ELBO before the step, in nats; of the first negative
  ///   multi-sample bound where one is trained; of -log p(lower | z) for one lower half where that is modelled.
  /// - Throws: `ModelError` if the images have the wrong count or values, or if loss or gradient are not finite; in the
  ///   latter case the model is left as it was.
  /// - Complexity: with E evaluations and G = 1 or E rows of decoder gradient for an image, batch x (3 encoder + (E + 2 G)
  ///   decoder parameters) multiply-adds at most, batch x (E + G) x pixels exponentials, one Adam update. G is E where the
  ///   estimator uses derivatives, and the samples are then given to the decoder by dense products.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func step(index: UInt64, images: Span<UInt8>) throws(ModelError) -> Double {
    let stream = RandomStream(seed: seed, purpose: .estimatorNoise, step: index)
    return try step(index: index, images: images, noise: .stream(stream))
  }

  /// The step with its noise as an argument: [batch x noise of a row] if given as numbers.
  mutating func step(
    index: UInt64, images: Span<UInt8>, noise: NoiseSource<Scalar>
  ) throws(ModelError) -> Double {
    try load(images)
    runShards(noise: noise)
    let loss = loss()
    guard loss.isFinite, shards.allSatisfy(\.isFinite) else {
      throw .notFinite(quantity: "the negative ELBO or its gradient with respect to the logits", step: index)
    }
    for role in NetworkRole.allCases where !isGradientFinite(of: role) {
      throw .notFinite(quantity: "the gradient of the \(role.name)", step: index)
    }
    guard shards.allSatisfy({ allFinite($0.varianceGradient.span) }) else {
      throw .notFinite(quantity: "the gradient of the pixels' variances", step: index)
    }
    updateNetworks()
    updateVariances()
    if configuration.objective == .generation { updatePrior() }
    teachEstimator()
    return loss
  }

  mutating func load(_ images: Span<UInt8>) throws(ModelError) {
    let pixels = configuration.pixels
    guard images.count == settings.batchSize * pixels else {
      throw .wrongCount(
        what: "images of a step", found: images.count, expected: "\(settings.batchSize) x \(pixels) bytes")
    }
    try requireValid(images)
    for index in shards.indices {
      let rows = shards[index].rows
      shards[index].take(images.extracting(rows.lowerBound * pixels..<rows.upperBound * pixels))
    }
  }

  mutating func runShards(noise: NoiseSource<Scalar>) {
    let priorOffset = priorOffset()
    var context = StepContext(
      stage: .load, model: model, settings: settings, estimator: estimator, noise: noise,
      priorOffset: priorOffset)
    func run(_ stage: ShardStage) {
      context.stage = stage
      team.run(&shards, context)
    }
    let (encoder, decoder) = (BatchShard<Scalar>.encoder, BatchShard<Scalar>.decoder)
    run(.load)
    passes.forward(model.encoder, number: encoder, shards: &shards, team: team)
    run(.draw)
    passes.forward(model.decoder, number: decoder, shards: &shards, team: team)
    run(.evaluate)
    passes.backward(model.decoder, number: decoder, shards: &shards, team: team)
    run(.estimate)
    passes.backward(model.encoder, number: encoder, shards: &shards, team: team)
  }

  /// What log p(z) has beside z . prior logits; 0 without a prior.
  mutating func priorOffset() -> Scalar {
    guard configuration.objective == .generation else { return 0 }
    let logits = model.priorLogits
    logDensityOffsets(
      logits: logits.span, rows: 1, variables: configuration.latentVariables, zeros: latentZeros,
      scratch: &priorScratch, into: &priorOffsets)
    return priorOffsets[0]
  }

  /// The mean of the first samples' negative values, summed in the batch's order.
  private func loss() -> Double {
    var sum = 0.0
    for shard in shards {
      for row in 0..<shard.rows.count { sum -= shard.objective(row: row) }
    }
    return sum / Double(settings.batchSize * configuration.objective.copies)
  }

  /// Whether the gradient with respect to the biases is finite, which stands for that of all parameters.
  private func isGradientFinite(of role: NetworkRole) -> Bool {
    for shard in shards {
      for sums in shard.passes[role.rawValue].workspace.biasGradients where !allFinite(sums.span) {
        return false
      }
    }
    return true
  }

  private mutating func updateNetworks() {
    let shards = shards
    update.run(&model.networks, shards: shards, team: team)
  }

  private mutating func updateVariances() {
    let shards = shards
    model.variances?.descend(shards)
  }

  /// Descends the gradient of the loss: the latents' mean under the prior minus their (weighted) mean over the samples.
  private mutating func updatePrior() {
    let plan = shards[0].plan
    let count = plan.bound == nil ? Scalar(settings.batchSize * plan.gradientEvaluations) : 1
    if !plan.variables.isBinary { findPriorMeans() }
    for latent in priorGradient.indices {
      let sum = shards.reduce(0) { $0 + $1.latentSums[latent] }
      let mean = plan.variables.isBinary ? .sigmoid(model.priorLogits[latent]) : priorScratch[latent]
      priorGradient[latent] = mean - sum / count
    }
    let optimiser = GradientDescent(learningRate: settings.priorLearningRate)
    let gradient = priorGradient
    var logits = model.priorLogits.mutableSpan
    optimiser.descend(&logits, gradient: gradient.span)
  }
}

extension VariationalAutoencoderTrainer {
  /// Checks that images are made of bytes that stand for something.
  func requireValid(_ images: Span<UInt8>) throws(ModelError) {
    if configuration.likelihood == .bernoulli { try requireBinary(images) }
  }

  /// The latents' means under the prior, into `priorScratch`.
  private mutating func findPriorMeans() {
    let (logits, variables) = (model.priorLogits, configuration.latentVariables)
    var means = priorScratch.mutableSpan
    latentMeans(logits: logits.span, variables: variables, into: &means)
  }
}

/// Checks that images are made of the bytes 0 and 1.
func requireBinary(_ images: Span<UInt8>) throws(ModelError) {
  var union: UInt8 = 0
  for index in images.indices { union |= images[index] }
  guard union > 1 else { return }
  for index in images.indices where images[index] > 1 {
    throw .pixelNotBinary(value: images[index], index: index)
  }
}
