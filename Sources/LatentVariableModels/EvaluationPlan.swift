internal import GradientEstimators

/// What the evaluations of an estimator are to a training step.
struct EvaluationPlan: Sendable {
  let variables: LatentVariables
  /// Evaluations of the objective for each image.
  let evaluations: Int
  /// The first evaluations, from which decoder and prior learn; of a multi-sample bound's, some may have the weight 0.
  let gradientEvaluations: Int
  /// Whether the estimator uses the derivative: then its samples are points between the states, which the decoder is given
  /// as numbers, and every evaluation is carried back to them.
  let usesDerivatives: Bool
  /// Whether no sample has the posterior's law: then the relaxed objective is trained.
  let isRelaxed: Bool
  /// The multi-sample bound that is trained; nil for the evidence lower bound of one sample.
  let bound: BoundSamples?

  init(estimator: any GradientEstimator, settings: OptimisationSettings, variables: LatentVariables) {
    self.variables = variables
    evaluations = estimator.evaluations(variables: variables)
    usesDerivatives = estimator is any DifferentiableGradientEstimator
    let representative = estimator.representativeEvaluations(variables: variables)
    isRelaxed = representative == 0
    switch estimator.target {
    case .expectation:
      bound = nil
      gradientEvaluations = settings.decoderSamples == .first ? 1 : isRelaxed ? evaluations : representative
    case .importanceWeightedBound(let samples):
      let count = estimator.boundCount
      bound = BoundSamples(
        samples: samples, count: count, usedCount: settings.decoderSamples == .first ? 1 : count)
      gradientEvaluations = samples * count
    }
  }

  /// Numbers that the estimator has for a variable of a sample: 1, or those of a point.
  var sampleWidth: Int { usesDerivatives ? variables.logitsPerVariable : 1 }

  /// Evaluations that the decoder's backward pass runs through.
  var backwardEvaluations: Int { usesDerivatives ? evaluations : gradientEvaluations }
}

/// Where the samples of multi-sample bounds are among the evaluations: sample k of bound b is evaluation k x count + b.
struct BoundSamples: Sendable {
  /// Samples K of each bound.
  let samples: Int
  /// Bounds whose samples alternate.
  let count: Int
  /// Bounds that decoder and prior learn from.
  let usedCount: Int

  func evaluation(of sample: Int, bound: Int) -> Int { sample * count + bound }
}
