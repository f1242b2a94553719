internal import Datasets
internal import GradientEstimators
internal import LatentVariableModels

/// The estimator of a run, of the form that its model takes.
enum ModelEstimator: Sendable {
  /// For one layer of latents.
  case single(any GradientEstimator)

  var name: String {
    switch self {
    case .single(let estimator): estimator.name
    }
  }

  /// The estimator of a name as typed.
  ///
  /// - Throws: `TrainingError.estimator`.
  init(_ name: String, for model: TrainingProtocol.ModelChoice) throws(TrainingError) {
    do throws(EstimatorNameError) {
      switch model {
      case .autoencoder: self = .single(try EstimatorCatalogue.make(name))
      }
    } catch { throw .estimator(error) }
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
    }
  }
}

extension TrainingProtocol.AutoencoderChoice {
  func configuration(pixels: Int) -> VariationalAutoencoderConfiguration {
    VariationalAutoencoderConfiguration(
      pixels: pixels, latents: latents, encoderHidden: encoderHidden, decoderHidden: decoderHidden,
      leakyReLUSlope: leakyReLUSlope, encoderInput: encoderInput.ofModel, signedLatents: signedLatents,
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
    OptimisationSettings(
      batchSize: batchSize, learningRate: learningRate, adamBeta1: adamBeta1, adamBeta2: adamBeta2,
      adamEpsilon: epsilon(decoderGradient),
      encoderAdam: AdamConstants(
        beta1: encoderAdamBeta1 ?? adamBeta1, beta2: encoderAdamBeta2 ?? adamBeta2,
        epsilon: epsilon(encoderGradient)),
      priorLearningRate: priorLearningRate, decoderSamples: decoderSamples == .first ? .first : .all)
  }

  /// Adam's step from B g with epsilon is that from g with epsilon / B, and the trainer's g is the batch's mean.
  private func epsilon(_ reduction: BatchReduction?) -> Double {
    reduction == .sum ? adamEpsilon / Double(batchSize) : adamEpsilon
  }
}
