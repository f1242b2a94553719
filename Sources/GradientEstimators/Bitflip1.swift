public import ElementwiseKernels

/// bitflip-1: g_j = D p_j (1 - p_j) (2 z_j - 1) (f(z) - f(z with bit j flipped)) for one uniformly chosen j, 0 elsewhere.
///
/// Local expectation gradients on one coordinate of D, times D, with 2 evaluations. Unbiased. A row's noise is that of
/// its variables and one more uniform number that chooses j.
///
/// Source: Kunes, Yin, Land, Haviv, Pe'er, Tavare, "Gradient Estimation for Binary Latent Variables via Gradient
/// Variance Clipping", AAAI 2023, the bitflip-1 estimator.
public struct Bitflip1: GradientEstimator {
  public init() {}

  public var name: String { "bitflip-1" }

  public func evaluations(variables: LatentVariables) -> Int { 2 }

  /// The sample itself, not its flip.
  public func representativeEvaluations(variables: LatentVariables) -> Int { 1 }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count + 1 }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: 1, logits: logits, variables: variables, degree: 0)
      + [CoordinatePick.noiseLaw(index: logits.count, variables: logits.count)]
  }

  /// The objective's range times D p (1 - p).
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let range = objective.upperBound - objective.lowerBound
    let largest = range * Double(logits.count) * BernoulliVariance.of(logit: logits[coordinate])
    return -largest...largest
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    precondition(samples.count == 2 * shape.sampleCount)
    var original = samples._mutatingExtracting(0..<shape.sampleCount)
    IndependentSamples.draw(
      evaluations: 1, logits: logits, noise: noise, furtherNoise: 1, shape: shape, into: &original)
    CoordinatePick.flip(from: 0, to: 1, noise: noise, shape: shape, samples: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    let variables = shape.variables
    precondition(logits.count == count && gradient.count == count && shape.isBinary)
    precondition(noise.count == count + shape.rows && samples.count == 2 * count)
    precondition(values.count == 2 * shape.rows)
    for i in 0..<count { gradient[i] = 0 }
    for row in 0..<shape.rows {
      let uniform = noise[row * (variables + 1) + variables]
      let i = row * variables + CoordinatePick.variable(uniform: uniform, variables: variables)
      let difference = (2 * samples[i] - 1) * (values[row] - values[shape.rows + row])
      gradient[i] = Scalar(variables) * BernoulliVariance.of(logit: logits[i]) * difference
    }
  }
}
