public import ElementwiseKernels

/// REINFORCE: g = f(z) (z - sigmoid(logit)) with z = 1[u < sigmoid(logit)]. Unbiased.
///
/// Source: Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning",
/// Machine Learning 8, 1992, Theorem 1.
public struct REINFORCE: GradientEstimator {
  public init() {}

  public var name: String { "reinforce" }

  public func evaluations(variables: Int) -> Int { 1 }

  public func noisePerRow(variables: Int) -> Int { variables }

  public func noiseLaw(logits: [Double]) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: 1, logits: logits, degree: 0)
  }

  /// f (z - p) with z = 0 or 1 and f at an end of its range.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double> {
    ObjectiveRange.scoreFunctionBounds(objective: objective, baseline: 0...0, logit: logits[coordinate])
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
