public import ElementwiseKernels

/// Straight-through: the derivative of f at the sample, times a proxy for d z / d logit.
///
/// g_d = f'_d(z) proxy(logit_d) with z = 1[u < sigmoid(logit)] in {0, 1} and f'_d the partial derivative with respect to
/// z_d. The proxies are p (1 - p), the derivative of the mean of z (`st`); 1 (`st-identity`); and 1[|logit| <= 1]
/// (`st-hard`), the derivative of the hard tanh; on states -1 and 1, whose derivative of f is half of f'_d, the same hard
/// tanh gives half of this `st-hard`.
///
/// For categorical variables `st` is the Jacobian of p = softmax(logits): g_c = p_c (f'_c(z) - sum_k p_k f'_k(z)), f'_c at
/// the unit vector of z.
///
/// Biased: f'_d stands for f(z with z_d = 1) - f(z with z_d = 0). Where f is affine in each variable the two are equal;
/// `st` is then local expectation gradients, draw by draw, and unbiased.
///
/// Source: Bengio, Leonard, Courville, "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional
/// Computation", 2013, the straight-through estimator; for the hard tanh, Courbariaux, Hubara, Soudry, El-Yaniv, Bengio,
/// "Binarized Neural Networks", 2016, the gradient through the sign function.
public struct StraightThrough: DifferentiableGradientEstimator {
  /// What stands for d z / d logit.
  public enum Proxy: String, Sendable, CaseIterable {
    /// p (1 - p), p = sigmoid(logit); the softmax's Jacobian for categorical variables.
    case mean = "st"
    /// 1.
    case identity = "st-identity"
    /// 1 for |logit| <= 1, 0 elsewhere.
    case hardTanh = "st-hard"
  }

  public let proxy: Proxy

  public init(_ proxy: Proxy = .mean) { self.proxy = proxy }

  public var name: String { proxy.rawValue }

  public var bias: String? {
    let difference =
      "the derivative of f at the sample stands for f(1) - f(0), which it is only where f is affine in each variable"
    switch proxy {
    case .mean: return difference
    case .identity: return difference + "; and 1 stands for p (1 - p)"
    case .hardTanh: return difference + "; and 1[|logit| <= 1] stands for p (1 - p)"
    }
  }

  public func supports(_ variables: LatentVariables) -> Bool { variables.isBinary || proxy == .mean }

  public func evaluations(variables: LatentVariables) -> Int { 1 }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: 1, logits: logits, variables: variables, degree: 0)
  }

  /// The derivative's range times the proxy; for a category p_c (1 - p_c) times the largest difference of two derivatives.
  public func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    guard variables.isBinary else {
      let odds = CategoricalLaw.odds(of: coordinate, logits: logits, variables: variables)
      let largest = odds.probability * odds.complement * (derivative.upperBound - derivative.lowerBound)
      return -largest...largest
    }
    let slope = slope(at: logits[coordinate])
    return slope * derivative.lowerBound...slope * derivative.upperBound
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    StatePoints.draw(logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(logits.count == shape.logitCount && gradient.count == shape.logitCount)
    precondition(derivatives.count == shape.logitCount)
    guard shape.isBinary else {
      return combineCategorical(logits: logits, derivatives: derivatives, shape: shape, gradient: &gradient)
    }
    for i in 0..<gradient.count { gradient[i] = derivatives[i] * slope(at: logits[i]) }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func combineCategorical<Scalar: KernelScalar>(
    logits: Span<Scalar>, derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    var law = CategoricalLaw()
    let categories = shape.logitsPerVariable
    for i in 0..<shape.sampleCount {
      let places = i * categories..<(i + 1) * categories
      law.load(logits.extracting(places))
      var part = gradient._mutatingExtracting(places)
      SoftmaxJacobian.multiply(
        weights: law.probabilities.span.extracting(0..<categories), vector: derivatives.extracting(places),
        factor: 1, into: &part)
    }
  }

  @inline(__always)
  private func slope<Scalar: KernelScalar>(at logit: Scalar) -> Scalar {
    switch proxy {
    case .mean: BernoulliVariance.of(logit: logit)
    case .identity: 1
    case .hardTanh: logit.magnitude <= 1 ? 1 : 0
    }
  }
}
