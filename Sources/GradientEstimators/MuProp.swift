public import ElementwiseKernels

/// MuProp: REINFORCE on what the linear expansion of f at the mean leaves, and the mean's own derivative.
///
/// g_d = (f(z) - f(p) - f'(p) . (z - p)) (z_d - p_d) + f'_d(p) p_d (1 - p_d), p = sigmoid(logits), f' the partial
/// derivatives. The expansion has the gradient f'_d(p) p_d (1 - p_d), so that nothing is left out: unbiased for every
/// differentiable extension of f. Where f is affine in all variables together, the exact gradient. The first evaluation
/// is at z, the second at p.
///
/// Source: Gu, Levine, Sutskever, Mnih, "MuProp: Unbiased Backpropagation for Stochastic Neural Networks", ICLR 2016, the
/// estimator for one layer, without further baselines.
public struct MuProp: DifferentiableGradientEstimator {
  public init() {}

  public var name: String { "muprop" }

  public func evaluations(variables: LatentVariables) -> Int { 2 }

  public func representativeEvaluations(variables: LatentVariables) -> Int { 1 }

  public func usesDerivative(ofEvaluation evaluation: Int, variables: LatentVariables) -> Bool {
    evaluation == 1
  }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: 1, logits: logits, variables: variables, degree: 0)
  }

  /// For z_d = 0 and 1: f(z) - f(p) and the derivatives at ends of their ranges; the two terms of f'_d are taken together.
  public func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    var signal = objective.upperBound - objective.lowerBound
    let steepest = max(derivative.lowerBound.magnitude, derivative.upperBound.magnitude)
    for other in logits.indices where other != coordinate {
      signal += steepest * .sigmoid(logits[other].magnitude)
    }
    let (p, q) = (Double.sigmoid(logits[coordinate]), Double.sigmoid(-logits[coordinate]))
    let largest = max(
      signal * q + steepest * q * (p - q).magnitude, signal * p + steepest * p * (p - q).magnitude)
    return -largest...largest
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(samples.count == 2 * count)
    var states = samples._mutatingExtracting(0..<count)
    IndependentSamples.draw(evaluations: 1, logits: logits, noise: noise, shape: shape, into: &states)
    var means = samples._mutatingExtracting(count..<2 * count)
    Scalar.sigmoid(logits, into: &means)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(logits.count == count && gradient.count == count && shape.isBinary)
    precondition(samples.count == 2 * count && derivatives.count == 2 * count)
    precondition(values.count == 2 * shape.rows)
    ScoreFunction.fill(logits: logits, samples: samples.extracting(0..<count), into: &gradient)
    for row in 0..<shape.rows {
      let places = row * shape.variables..<(row + 1) * shape.variables
      var signal = values[row] - values[shape.rows + row]
      for i in places { signal -= derivatives[count + i] * gradient[i] }
      for i in places {
        gradient[i] = signal * gradient[i] + derivatives[count + i] * BernoulliVariance.of(logit: logits[i])
      }
    }
  }
}
