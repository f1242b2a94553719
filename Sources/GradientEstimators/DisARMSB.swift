public import ElementwiseKernels

/// DisARM-SB: DisARM for the log odds of the sticks of a stick-breaking construction, as a gradient of the logits.
///
/// The categories, in ascending order of probability, are sticks: stick k, reached if none before it was taken, is taken
/// with probability pi_k, log odds alpha_k = log pi_k / (1 - pi_k). Two walks share one uniform for each stick, u and
/// 1 - u, and lead to z and z'. With b_k = 1 where a walk takes stick k,
///
///     dE/d alpha_k ~ 1/2 (f(z) - f(z')) (b_k - b'_k) sigmoid(|alpha_k|)   where both walks reach stick k,
///                    1/2 (f(z) - f(z')) (b_k - pi_k)                      where only the first does,
///                   -1/2 (f(z) - f(z')) (b'_k - pi_k)                     where only the second does,
///
/// and the chain rule with alpha_k = logit_(k) - log sum over l > k of exp(logit_(l)) gives the gradient of the logits.
/// Unbiased. With two categories it is DisARM.
///
/// A row's noise is [variables x sticks], a uniform for each.
///
/// Source: Dong, Mnih, Tucker, "Coupled Gradient Estimators for Discrete Latent Variables", NeurIPS 2021, the
/// stick-breaking estimator with independent decisions integrated.
public struct DisARMSB: GradientEstimator {
  public init() {}

  public var name: String { "disarm-sb" }

  /// Categorical variables only.
  public func supports(_ variables: LatentVariables) -> Bool { !variables.isBinary }

  public func evaluations(variables: LatentVariables) -> Int { 2 }

  public func noisePerRow(variables: LatentVariables) -> Int { AntitheticDecisions.noisePerRow(variables) }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    AntitheticDecisions.noiseLaw(.sticks, logits: logits, variables: variables)
  }

  /// The largest weight of the coordinate over all pairs of categories, times half the objective's range.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    AntitheticDecisions.bounds(
      .sticks, objective: objective, logits: logits, variables: variables, coordinate: coordinate
    ) { $0.addNodeGradients($1, half: $2, to: &$3) }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    AntitheticDecisions.draw(.sticks, logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    AntitheticDecisions.combine(
      .sticks, logits: logits, samples: samples, values: values, shape: shape, into: &gradient
    ) { $0.addNodeGradients($1, half: $2, to: &$3) }
  }
}
