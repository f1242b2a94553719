public import ElementwiseKernels
public import GradientEstimators
internal import NeuralNetworks
internal import RandomStreams

/// A model with a chain of layers of latents (see `LayeredModelConfiguration`), with all that is needed to go on training
/// it.
///
/// Loss: the batch mean of the negative one-sample ELBO; for generation
/// -(log p(x | z_1) + sum_t (log p(z_t-1 | z_t) - log q(z_t | z_t-1)) + log p(z_T) ...), for prediction -log p(y | z_T). The chain's
/// gradient is the layered estimator's, carried back from each layer's logits; decoders, predictor and prior are differentiated at the
/// estimator's samples. Networks are updated by Adam, the prior by plain gradient descent.
///
/// An estimator that looks into the layers (`BackwardLayeredEstimator`) follows an objective of the last layer alone, and is for
/// prediction with a linear chain. With relaxed samples the loss is that of the relaxed network.
///
/// Guarantee: results have the same bits for any number of threads, and after `restore` as without interruption.
public struct LayeredTrainer<Scalar: KernelScalar>: ~Copyable {
  public let configuration: LayeredModelConfiguration
  public let settings: OptimisationSettings
  public let seed: UInt64
  /// Most threads that a call uses, the calling one included.
  public let threads: Int
  public let estimator: any LayeredGradientEstimator
  /// What is subtracted from the objective for the estimator, where it is a running mean.
  var baseline: RunningMean?

  var model: LayeredModel<Scalar>
  var shards: [LayeredShard<Scalar>]
  var boundWorkers: [LayeredBoundWorker<Scalar>] = []
  /// Gradient of the last step's loss with respect to the prior's logits.
  private(set) var priorGradient: [Scalar]
  private var priorDensity: [Scalar] = [0]
  private let priorZeros: [UInt8]
  /// Weights of the chain's networks, [width x width below], where the estimator looks into them; the first is not needed.
  private var chainWeights: [[Scalar]]
  let team: ThreadTeam
  private(set) var update: ModelUpdate<Scalar>

  /// A model at its initial parameters: weights Glorot-uniform from the stream (seed, initialisation), biases zero (but
  /// see `outputBiasFromMean`), prior logits zero.
  ///
  /// - Parameters:
  ///   - configuration: the model's shape.
  ///   - settings: how it is fitted.
  ///   - meanImage: mean of each pixel over the training images, in 0...1.
  ///   - estimator: the estimator of the chain's gradient.
  ///   - baselineDecay: with a number, the running mean of the objective with this weight of the past is subtracted from
  ///     it for the estimator, which must be one of score functions to gain by it.
  ///   - seed: addresses initial weights and noise.
  ///   - threads: 1 or more, the calling one included.
  /// - Throws: `ModelError` if a setting is out of range, the estimator cannot follow the objective, or the mean image is
  ///   not one.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public init(
    configuration: LayeredModelConfiguration, settings: OptimisationSettings, meanImage: [Float],
    estimator: any LayeredGradientEstimator, baselineDecay: Double? = nil, seed: UInt64, threads: Int
  ) throws(ModelError) {
    try configuration.validate()
    try settings.validate()
    guard threads > 0 else {
      throw .invalidSetting(name: "threads", value: "\(threads)", expected: "at least 1")
    }
    try requireSuitable(estimator, for: configuration)
    try requireMeanImage(meanImage, pixels: configuration.pixels)
    self.configuration = configuration
    self.settings = settings
    self.seed = seed
    self.threads = threads
    self.estimator = estimator
    baseline = baselineDecay.map { RunningMean(decay: $0) }
    model = LayeredModel(
      configuration: configuration, settings: settings, meanImage: meanImage, seed: seed)
    shards = LayeredShard.shards(model: model, settings: settings, estimator: estimator)
    priorGradient = model.priorLogits
    priorZeros = Array(repeating: 0, count: model.priorLogits.count)
    chainWeights =
      estimator is any BackwardLayeredEstimator
      ? model.networks.prefix(configuration.layers).map { network in
        Array(repeating: 0, count: network.network.layers[0].weight.count)
      } : []
    team = ThreadTeam(threads: threads)
    update = ModelUpdate(of: model.networks, threads: threads)
  }

  /// Logits of the prior p(z_T), one for each latent, or for each category of each; empty where nothing is generated.
  public var priorLogits: [Scalar] { model.priorLogits }

  /// Makes one optimisation step.
  ///
  /// - Parameters:
  ///   - index: counts steps from 0 and addresses the noise: row r of the batch draws the noise of layer t from rows r + 2^25 t
  ///     and r + 2^25 t + 2^24 (of paths that continue lower layers') of the stream (seed, estimatorNoise, index).
  ///   - images: 0/1 bytes, [batch x pixels].
  ///   - labels: the classes, [batch], each below the number of classes; any for a model without classes.
  /// - Returns: the batch mean of the trunk's negative objective before the step, in nats.
  /// - Throws: `ModelError` if the batch has the wrong count or values, or if loss or gradient are not finite; in the
  ///   latter case the model is left as it was.
  /// - Complexity: with P_t paths of layer t, batch x (P_t-1 + 2) multiply-adds for each parameter of the chain's network t,
  ///   batch x (P_t + 2) for each of those that read layer t; what the estimator says; one Adam update.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func step(
    index: UInt64, images: Span<UInt8>, labels: Span<UInt16>
  ) throws(ModelError) -> Double {
    let stream = RandomStream(seed: seed, purpose: .estimatorNoise, step: index)
    return try step(index: index, images: images, labels: labels, noise: .stream(stream))
  }

  /// The step with its noise as an argument.
  mutating func step(
    index: UInt64, images: Span<UInt8>, labels: Span<UInt16>, noise: LayeredNoise<Scalar>
  ) throws(ModelError) -> Double {
    try load(images, labels)
    runShards(noise: noise)
    let loss = loss()
    guard loss.isFinite, shards.allSatisfy(\.isFinite) else {
      throw .notFinite(quantity: "the negative ELBO or its gradient with respect to the logits", step: index)
    }
    for number in model.networks.indices where !isGradientFinite(of: number) {
      throw .notFinite(quantity: "the gradient of \(configuration.networks[number].name)", step: index)
    }
    updateNetworks()
    if configuration.objective == .generation { updatePrior() }
    baseline?.observe(-loss)
    return loss
  }

  mutating func load(_ images: Span<UInt8>, _ labels: Span<UInt16>) throws(ModelError) {
    let (pixels, inputs) = (configuration.pixels, configuration.inputs)
    guard images.count == settings.batchSize * pixels else {
      throw .wrongCount(
        what: "images of a step", found: images.count, expected: "\(settings.batchSize) x \(pixels) bytes")
    }
    try requireBinary(images)
    try requireLabels(labels, count: settings.batchSize, classes: configuration.classes)
    for index in shards.indices {
      let rows = shards[index].rows
      for row in rows {
        let image = images.extracting(row * pixels..<(row + 1) * pixels)
        let place = row - rows.lowerBound
        var input = shards[index].inputs.mutableSpan
        var part = input._mutatingExtracting(place * inputs..<(place + 1) * inputs)
        copyBytes(image.extracting(0..<inputs), to: &part)
        if configuration.objective == .completion {
          var rest = shards[index].completions.mutableSpan
          var part = rest._mutatingExtracting(place * (pixels - inputs)..<(place + 1) * (pixels - inputs))
          copyBytes(image.extracting(inputs..<pixels), to: &part)
        }
        if configuration.classes > 0 { shards[index].labels[place] = labels[row] }
      }
    }
  }

  mutating func runShards(noise: LayeredNoise<Scalar>) {
    let logPriorOfZero = logPriorOfZero()
    readChainWeights()
    let context = LayeredContext(
      model: model, batchSize: settings.batchSize, estimator: estimator, noise: noise,
      logPriorOfZero: logPriorOfZero, baseline: Scalar(baseline?.value ?? 0), chainWeights: chainWeights)
    team.run(&shards, context)
  }

  /// log p(z_T = 0) under a prior of Bernoulli variables; 0 for others.
  mutating func logPriorOfZero() -> Scalar {
    guard configuration.objective == .generation, configuration.categories == nil else { return 0 }
    let logits = model.priorLogits
    logDensitiesOfZero(logits: logits.span, rows: 1, zeros: priorZeros, into: &priorDensity)
    return priorDensity[0]
  }

  private mutating func readChainWeights() {
    for number in chainWeights.indices.dropFirst() {
      let layer = model.networks[number].network.layers[0]
      let parameters = model.networks[number].network.parameters
      for input in 0..<layer.inputs {
        for output in 0..<layer.outputs {
          chainWeights[number][output * layer.inputs + input] =
            parameters[layer.weight.lowerBound + input * layer.outputs + output]
        }
      }
    }
  }

  /// The mean of the trunks' negative objectives, summed in the batch's order.
  private func loss() -> Double {
    var sum = 0.0
    for shard in shards {
      for row in 0..<shard.rows.count { sum -= Double(shard.value(row: row)) }
    }
    return sum / Double(settings.batchSize)
  }

  /// Whether the gradient with respect to the biases is finite, which stands for that of all parameters.
  private func isGradientFinite(of network: Int) -> Bool {
    for shard in shards {
      for sums in shard.passes[network].workspace.biasGradients where !allFinite(sums.span) { return false }
    }
    return true
  }

  private mutating func updateNetworks() {
    let shards = shards
    update.run(&model.networks, shards: shards, team: team)
  }

  /// Descends the gradient of the loss: the prior's mean, sigmoid or softmax of its logits, minus the mean of the latents.
  private mutating func updatePrior() {
    let count = Scalar(settings.batchSize)
    takePriorMeans()
    for latent in priorGradient.indices {
      let sum = shards.reduce(0) { $0 + $1.latentSums[latent] }
      priorGradient[latent] -= sum / count
    }
    let optimiser = GradientDescent(learningRate: settings.priorLearningRate)
    let gradient = priorGradient
    var logits = model.priorLogits.mutableSpan
    optimiser.descend(&logits, gradient: gradient.span)
  }

  /// Puts the prior's means in the place of its gradient.
  private mutating func takePriorMeans() {
    guard configuration.categories == nil else {
      let (logits, variables) = (
        model.priorLogits, configuration.variables(ofLayer: configuration.layers - 1)
      )
      var means = priorGradient.mutableSpan
      return latentMeans(logits: logits.span, variables: variables, into: &means)
    }
    for latent in priorGradient.indices { priorGradient[latent] = .sigmoid(model.priorLogits[latent]) }
  }
}

extension LayeredTrainer: TrainableModel {}

/// An exponential running mean that starts with its first number.
struct RunningMean: Hashable, Sendable {
  /// The weight of the past.
  let decay: Double
  /// The mean so far; 0 before the first number.
  var value = 0.0
  var count = 0

  init(decay: Double) { self.decay = decay }

  mutating func observe(_ number: Double) {
    value = count == 0 ? number : decay * value + (1 - decay) * number
    count += 1
  }
}

private func requireSuitable(
  _ estimator: any LayeredGradientEstimator, for configuration: LayeredModelConfiguration
) throws(ModelError) {
  guard estimator.categories == configuration.categories else {
    throw .invalidSetting(
      name: "estimator", value: estimator.name,
      expected: configuration.categories.map { "one made for latents of \($0) categories" }
        ?? "one made for Bernoulli latents")
  }
  guard let backward = estimator as? any BackwardLayeredEstimator else { return }
  let example = configuration.categories == nil ? "arm" : "loorf:2"
  guard configuration.objective != .generation else {
    throw .invalidSetting(
      name: "estimator", value: estimator.name,
      expected:
        "one that uses values only, such as \(example), because every layer is in the objective of a generative model"
    )
  }
  guard configuration.hidden.isEmpty || configuration.layers == 1 else {
    throw .invalidSetting(
      name: "estimator", value: estimator.name,
      expected: "one that uses values only, such as \(example), where there are hidden layers between latents"
    )
  }
  precondition(!backward.readsSlopes || backward.tree(widths: configuration.latents).evaluations == 1)
}

private func requireMeanImage(_ meanImage: [Float], pixels: Int) throws(ModelError) {
  guard meanImage.count == pixels else {
    throw .wrongCount(what: "mean image", found: meanImage.count, expected: "\(pixels) pixels")
  }
  for (pixel, mean) in meanImage.enumerated() where !(mean >= 0 && mean <= 1) {
    throw .invalidSetting(
      name: "mean image, pixel \(pixel)", value: "\(mean)", expected: "a number in 0...1")
  }
}

/// Checks that there is one label below `classes` for each image, where there are classes.
func requireLabels(_ labels: Span<UInt16>, count: Int, classes: Int) throws(ModelError) {
  guard classes > 0 else { return }
  guard labels.count == count else {
    throw .wrongCount(what: "labels", found: labels.count, expected: "\(count), one for each image")
  }
  for index in labels.indices where Int(labels[index]) >= classes {
    throw .invalidSetting(
      name: "label \(index)", value: "\(labels[index])", expected: "a class below \(classes)")
  }
}
