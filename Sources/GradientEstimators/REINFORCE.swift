public import ElementwiseKernels

/// REINFORCE: g = f(z) (z - sigmoid(logit)) with z = 1[u < sigmoid(logit)]. Unbiased.
///
/// For a categorical variable g_c = f(z) (1[z = c] - p_c), p = softmax(logits), z the inverse of p's distribution
/// function at u.
///
/// Source: Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning",
/// Machine Learning 8, 1992, Theorem 1.
public struct REINFORCE: GradientEstimator {
  public init() {}

  public var name: String { "reinforce" }

  public func supports(_ variables: LatentVariables) -> Bool { true }

  public func evaluations(variables: LatentVariables) -> Int { 1 }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: 1, logits: logits, variables: variables, degree: 0)
  }

  /// f (z - p) with z, or 1[z = c], 0 or 1 and f at an end of its range.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    ObjectiveRange.scoreFunctionBounds(
      objective: objective, baseline: 0...0,
      odds: CategoricalLaw.odds(of: coordinate, logits: logits, variables: variables))
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    IndependentSamples.draw(evaluations: 1, logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    ScoreFunction.scaled(
      by: values, shift: 0, logits: logits, samples: samples, shape: shape, into: &gradient)
  }
}
