public import ElementwiseKernels

/// Local expectation gradients: g_d = p_d (1 - p_d) (f(z with z_d = 1) - f(z with z_d = 0)) for every variable d.
///
/// One sample z is shared by all variables; evaluation 0 is z itself, evaluation d + 1 is z with bit d flipped, D + 1
/// evaluations in all. Each coordinate is integrated exactly given the other bits. Unbiased; for D = 1 it is the exact
/// gradient.
///
/// Source: Titsias, Lazaro-Gredilla, "Local Expectation Gradients for Black Box Variational Inference", NIPS 2015.
public struct LocalExpectationGradients: GradientEstimator {
  public init() {}

  public var name: String { "leg" }

  public func evaluations(variables: LatentVariables) -> Int { variables.count + 1 }

  /// The sample itself, not its flips.
  public func representativeEvaluations(variables: LatentVariables) -> Int { 1 }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: 1, logits: logits, variables: variables, degree: 0)
  }

  /// The objective's range times p (1 - p).
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let range = objective.upperBound - objective.lowerBound
    let largest = range * BernoulliVariance.of(logit: logits[coordinate])
    return -largest...largest
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(samples.count == (shape.variables + 1) * count)
    var original = samples._mutatingExtracting(0..<count)
    IndependentSamples.draw(evaluations: 1, logits: logits, noise: noise, shape: shape, into: &original)
    for flipped in 0..<shape.variables {
      for i in 0..<count { samples[(flipped + 1) * count + i] = samples[i] }
      for i in stride(from: flipped, to: count, by: shape.variables) {
        samples[(flipped + 1) * count + i] = 1 - samples[i]
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(logits.count == count && gradient.count == count && shape.isBinary)
    precondition(samples.count == (shape.variables + 1) * count)
    precondition(values.count == (shape.variables + 1) * shape.rows)
    for row in 0..<shape.rows {
      for variable in 0..<shape.variables {
        let i = row * shape.variables + variable
        let difference = values[row] - values[(variable + 1) * shape.rows + row]
        gradient[i] = BernoulliVariance.of(logit: logits[i]) * (2 * samples[i] - 1) * difference
      }
    }
  }
}
