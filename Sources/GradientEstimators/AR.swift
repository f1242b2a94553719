public import ElementwiseKernels

/// AR (augment-REINFORCE): g = f(z) (1 - 2u) with z = 1[u < sigmoid(logit)]. Unbiased.
///
/// E[1 - 2u | z] = z - sigmoid(logit): REINFORCE is the conditional mean of AR given z, and never has more variance.
///
/// Source: Yin, Zhou, "ARM: Augment-REINFORCE-Merge Gradient for Stochastic Binary Networks", ICLR 2019, section 2.
public struct AR: GradientEstimator {
  public init() {}

  public var name: String { "ar" }

  public func evaluations(variables: LatentVariables) -> Int { 1 }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: 1, logits: logits, variables: variables, degree: 1)
  }

  /// |1 - 2u| < 1.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let largest = max(objective.lowerBound.magnitude, objective.upperBound.magnitude)
    return -largest...largest
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
    precondition(noise.count == shape.sampleCount && gradient.count == shape.sampleCount)
    precondition(values.count == shape.rows)
    for row in 0..<shape.rows {
      let value = values[row]
      for i in row * shape.variables..<(row + 1) * shape.variables {
        gradient[i] = value * (1 - 2 * noise[i])
      }
    }
  }
}
