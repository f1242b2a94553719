public import ElementwiseKernels

/// ARM: g = (f(z1) - f(z2)) (u - 1/2) with z1 = 1[u > sigmoid(-logit)] and z2 = 1[u < sigmoid(logit)].
///
/// Both samples have the right law and share one uniform for each variable. Unbiased.
///
/// Source: Yin, Zhou, "ARM: Augment-REINFORCE-Merge Gradient for Stochastic Binary Networks", ICLR 2019, Algorithm 1.
public struct ARM: GradientEstimator {
  public init() {}

  public var name: String { "arm" }

  public func evaluations(variables: LatentVariables) -> Int { 2 }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    AntitheticPair.noiseLaw(logits: logits, degree: 1)
  }

  /// |u - 1/2| < 1/2.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let half = (objective.upperBound - objective.lowerBound) / 2
    return -half...half
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    AntitheticPair.draw(logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(noise.count == shape.sampleCount && values.count == 2 * shape.rows)
    precondition(gradient.count == shape.sampleCount)
    for row in 0..<shape.rows {
      let difference = values[row] - values[shape.rows + row]
      for i in row * shape.variables..<(row + 1) * shape.variables {
        gradient[i] = difference * (noise[i] - 0.5)
      }
    }
  }
}
