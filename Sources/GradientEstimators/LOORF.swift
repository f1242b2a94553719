public import ElementwiseKernels

/// LOORF, REINFORCE with a leave-one-out baseline: g = 1/(n-1) sum_i (f(z_i) - mean f) (z_i - sigmoid(logit)).
///
/// The n samples are independent; each one's baseline is the mean of the others' values. Unbiased. For n = 2 it is
/// 1/2 (f(z1) - f(z2)) (z1 - z2). For a categorical variable the same with the indicators 1[z = c] for z, and p for the
/// sigmoid.
///
/// Source: Kool, van Hoof, Welling, "Buy 4 REINFORCE Samples, Get a Baseline for Free!", ICLR 2019 workshop "Deep
/// Reinforcement Learning Meets Structured Prediction"; the baseline is that of Salimans, Knowles, "On Using Control
/// Variates with Stochastic Approximation for Variational Bayes and its Connection to Stochastic Linear Regression",
/// 2014.
public struct LOORF: GradientEstimator {
  /// Samples n of each row.
  public let samples: Int

  /// - Precondition: `samples >= 2`.
  public init(samples: Int) {
    precondition(samples >= 2, "a leave-one-out baseline takes at least 2 samples")
    self.samples = samples
  }

  public var name: String { "loorf:\(samples)" }

  public func supports(_ variables: LatentVariables) -> Bool { true }

  public func evaluations(variables: LatentVariables) -> Int { samples }

  public func noisePerRow(variables: LatentVariables) -> Int { samples * variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: samples, logits: logits, variables: variables, degree: 0)
  }

  /// The objective's range times floor(n^2/4) / (n (n-1)).
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let range = objective.upperBound - objective.lowerBound
    let largest = LeaveOneOut.largest(range: range, evaluations: samples)
    return -largest...largest
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    IndependentSamples.draw(
      evaluations: self.samples, logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    LeaveOneOut.combine(
      evaluations: self.samples, samples: samples, values: values, shape: shape, into: &gradient)
  }
}
