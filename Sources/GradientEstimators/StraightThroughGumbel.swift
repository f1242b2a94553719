public import ElementwiseKernels

/// Straight-through Gumbel-softmax: f and its derivative at the hard sample, the Jacobian of the relaxed one.
///
/// For a bit g_d = f'_d(z) y_d (1 - y_d) / t, for a categorical variable g_c = y_c (f'_c(z) - sum_k y_k f'_k(z)) / t, y the
/// relaxed sample at temperature t as in Gumbel-softmax, from the same noise, and z its category of the largest y: a sample
/// of the latent variables' own law.
///
/// Biased, and the gradient of no function. Where f is affine in all variables together, it equals Gumbel-softmax.
///
/// Source: Jang, Gu, Poole, "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017, the straight-through
/// Gumbel-softmax estimator.
public struct StraightThroughGumbel: DifferentiableGradientEstimator {
  let distribution: ConcreteDistribution

  public var temperature: Double { distribution.temperature }

  /// - Precondition: `temperature` is positive and finite.
  public init(temperature: Double) {
    distribution = ConcreteDistribution(temperature: temperature)
  }

  public var name: String { "st-gumbel:\(EstimatorCatalogue.text(of: temperature))" }

  public var bias: String? {
    "the derivative of f at the hard sample is carried through the derivative of a relaxed one: the gradient of no function"
  }

  public func supports(_ variables: LatentVariables) -> Bool { true }

  public func evaluations(variables: LatentVariables) -> Int { 1 }

  public func noisePerRow(variables: LatentVariables) -> Int {
    variables.count + distribution.furtherNoise(variables: variables)
  }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    distribution.noiseLaw(logits: logits, variables: variables)
  }

  public func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    distribution.gradientBounds(derivative: derivative, variables: variables)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    StatePoints.draw(
      logits: logits, noise: noise,
      furtherNoise: distribution.furtherNoise(variables: shape.latentVariables), shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    guard !shape.isBinary else {
      return distribution.multiplyByDerivative(derivatives, logits: logits, noise: noise, into: &gradient)
    }
    let categories = shape.logitsPerVariable
    precondition(derivatives.count == shape.logitCount && gradient.count == shape.logitCount)
    var race = RelaxedRace()
    for i in 0..<shape.sampleCount {
      race.load(variable: i, logits: logits, noise: noise, shape: shape, temperature: temperature)
      let places = i * categories..<(i + 1) * categories
      var part = gradient._mutatingExtracting(places)
      SoftmaxJacobian.multiply(
        weights: race.weights.span.extracting(0..<categories), vector: derivatives.extracting(places),
        factor: 1 / temperature, into: &part)
    }
  }
}
