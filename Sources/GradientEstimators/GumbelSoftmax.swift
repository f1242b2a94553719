public import ElementwiseKernels

/// Gumbel-softmax, also the Concrete estimator: the gradient through a relaxed sample at a temperature t.
///
/// For a bit y = sigmoid((logit + logistic noise) / t) and g_d = f'_d(y) y_d (1 - y_d) / t; for a categorical variable y =
/// softmax((logits + Gumbel noise) / t) and g_c = y_c (f'_c(y) - sum_k y_k f'_k(y)) / t, f' the partial derivatives. That is
/// the gradient of f(y) at fixed noise. f is evaluated at y alone: no sample is a state.
///
/// Biased: it estimates the gradient of E[f(y)], which tends to that of E[f(z)] as t tends to 0, not necessarily
/// monotonically; the variance grows like 1 / t meanwhile.
///
/// A row's noise is one number for each variable; for categorical variables then C - 1 more for each, from which y is drawn
/// with its exact law by competing exponential clocks in place of C Gumbels.
///
/// Sources: Jang, Gu, Poole, "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017, the Gumbel-softmax
/// estimator; Maddison, Mnih, Teh, "The Concrete Distribution: A Continuous Relaxation of Discrete Random Variables",
/// ICLR 2017, the binary and the categorical Concrete law.
public struct GumbelSoftmax: DifferentiableGradientEstimator {
  let distribution: ConcreteDistribution

  public var temperature: Double { distribution.temperature }

  /// - Precondition: `temperature` is positive and finite.
  public init(temperature: Double) {
    distribution = ConcreteDistribution(temperature: temperature)
  }

  public var name: String { "gumbel:\(EstimatorCatalogue.text(of: temperature))" }

  public var bias: String? {
    "it estimates the gradient of E[f(y)] for a relaxed y, which is that of E[f(z)] only in the limit of temperature 0"
  }

  public func supports(_ variables: LatentVariables) -> Bool { true }

  public func evaluations(variables: LatentVariables) -> Int { 1 }

  public func representativeEvaluations(variables: LatentVariables) -> Int { 0 }

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
    distribution.draw(logits: logits, noise: noise, shape: shape, into: &samples)
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
    precondition(samples.count == shape.logitCount && derivatives.count == shape.logitCount)
    var weights = InlineArray<256, Double>(repeating: 0)
    for start in stride(from: 0, to: shape.logitCount, by: categories) {
      for category in 0..<categories { weights[category] = Double(samples[start + category]) }
      var part = gradient._mutatingExtracting(start..<start + categories)
      SoftmaxJacobian.multiply(
        weights: weights.span.extracting(0..<categories),
        vector: derivatives.extracting(start..<start + categories), factor: 1 / temperature, into: &part)
    }
  }
}
