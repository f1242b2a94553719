internal import Datasets
internal import GradientEstimators
internal import LatentVariableModels

/// The estimator of a run, of the form that its model takes.
enum ModelEstimator: Sendable {
  /// For one layer of latents.
  case single(any GradientEstimator)
  /// For a chain of layers; with `baselineDecay` a running mean of the objective is subtracted from it.
  case layered(any LayeredGradientEstimator, name: String, baselineDecay: Double?)

  var name: String {
    switch self {
    case .single(let estimator): estimator.name
    case .layered(_, let name, _): name
    }
  }

  /// The estimator of a name as typed.
  ///
  /// - Throws: `TrainingError.estimator`.
  init(_ name: String, for model: TrainingProtocol.ModelChoice) throws(TrainingError) {
    do throws(EstimatorNameError) {
      switch model {
      case .autoencoder: self = .single(try EstimatorCatalogue.make(name))
      case .layered(let choice): self = try Self.layered(name, categories: choice.categories)
      }
    } catch { throw .estimator(error) }
  }

  /// Besides what the catalogue has for networks, REINFORCE with its running mean, which is one of the whole objective.
  private static func layered(
    _ name: String, categories: Int?
  ) throws(EstimatorNameError) -> ModelEstimator {
    if let estimator = try? EstimatorCatalogue.make(name) as? RunningMeanREINFORCE {
      return .layered(
        LayeredBranching(REINFORCE(), categories: categories), name: estimator.name,
        baselineDecay: estimator.decay)
    }
    let estimator = try EstimatorCatalogue.makeLayered(name, categories: categories)
    return .layered(estimator, name: estimator.name, baselineDecay: nil)
  }
}

extension TrainingProtocol {
  /// The model at its start.
  ///
  /// - Precondition: the estimator was made for this protocol's model.
  func makeModel(
    estimator: ModelEstimator, seed: UInt64, threads: Int, data: TrainingData
  ) throws(ModelError) -> any HeldModel {
    let mean = data.dataset.meanImage(data.binarisation)
    let pixels = data.dataset.pixels
    switch (model, estimator) {
    case (.autoencoder(let choice), .single(let estimator)):
      return ModelHolder(
        try VariationalAutoencoderTrainer<Float>(
          configuration: choice.configuration(pixels: pixels), settings: optimisation.settings,
          meanImage: mean, estimator: estimator, seed: seed, threads: threads))
    case (.layered(let choice), .layered(let estimator, _, let baselineDecay)):
      return ModelHolder(
        try LayeredTrainer<Float>(
          configuration: choice.configuration(pixels: pixels), settings: optimisation.settings,
          meanImage: mean, estimator: estimator, baselineDecay: baselineDecay, seed: seed, threads: threads))
    case (.autoencoder, .layered), (.layered, .single):
      preconditionFailure("an estimator of the other form")
    }
  }
}

extension TrainingProtocol.AutoencoderChoice {
  func configuration(pixels count: Int) -> VariationalAutoencoderConfiguration {
    VariationalAutoencoderConfiguration(
      pixels: count, latents: latents, categories: categories, encoderHidden: encoderHidden,
      decoderHidden: decoderHidden, leakyReLUSlope: leakyReLUSlope, encoderInput: encoderInput.ofModel,
      signedLatents: signedLatents, outputBiasFromMean: outputBias == .trainingMean,
      objective: task == .completion ? .completion : .generation,
      likelihood: pixels == .intensities ? .gaussian : .bernoulli)
  }
}

extension TrainingProtocol.LayeredChoice {
  func configuration(pixels: Int) -> LayeredModelConfiguration {
    let objective: LayeredModelConfiguration.Objective =
      switch task {
      case .generation: .generation
      case .completion: .completion
      case .classification: .classification(classes: classes ?? 0)
      }
    let input: LatentVariableModels.LatentInput =
      switch latentInput {
      case .raw: .raw
      case .signed: .signed
      case .signedAtOutput: .signedAtOutput
      }
    return LayeredModelConfiguration(
      objective: objective, pixels: pixels, latents: latents, categories: categories, hidden: hidden,
      leakyReLUSlope: leakyReLUSlope, encoderInput: encoderInput.ofModel, latentInput: input,
      outputBiasFromMean: outputBias == .trainingMean)
  }
}

extension TrainingProtocol.ModelChoice.EncoderInput {
  var ofModel: LatentVariableModels.EncoderInput {
    switch self {
    case .raw: .raw
    case .centred: .centred
    case .signed: .signed
    }
  }
}

extension TrainingProtocol.OptimisationChoice {
  var settings: OptimisationSettings {
    let beta1 = adamBeta1 ?? Self.unusedDecay
    let beta2 = adamBeta2 ?? Self.unusedDecay
    return OptimisationSettings(
      batchSize: batchSize, learningRate: learningRate, adamBeta1: beta1, adamBeta2: beta2,
      adamEpsilon: epsilon(decoderGradient),
      encoderAdam: AdamConstants(
        beta1: encoderAdamBeta1 ?? beta1, beta2: encoderAdamBeta2 ?? beta2, epsilon: epsilon(encoderGradient)),
      priorLearningRate: priorLearningRate, decoderSamples: decoderSamples == .first ? .first : .all,
      momentum: momentum)
  }

  /// Stand for Adam's constants where descent with momentum takes its place.
  private static var unusedDecay: Double { 0 }
  private static var unusedEpsilon: Double { 1 }

  /// Adam's step from B g with epsilon is that from g with epsilon / B, and the trainer's g is the batch's mean.
  private func epsilon(_ reduction: BatchReduction?) -> Double {
    let epsilon = adamEpsilon ?? Self.unusedEpsilon
    return reduction == .sum ? epsilon / Double(batchSize) : epsilon
  }
}
