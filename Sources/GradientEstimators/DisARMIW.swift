public import ElementwiseKernels

/// DisARM-IW: g = 1/2 (f(z) - f(z')) w(z, z') (1[z = c] - 1[z' = c]), w = P(z) P(z') / P(z, z').
///
/// The categories, in ascending order of probability, are sticks: stick k, reached if none before it was taken, is taken
/// with probability pi_k. Two walks share one uniform for each stick, u and 1 - u, and lead to z and z'. With m the
/// earlier of the two sticks, w = (1 - pi_m) times the product over k < m of (1 - pi_k)^2 / (1 - 2 pi_k). Because the order
/// ascends, pi_k <= 1/3 before m, so each factor is at most 4/3, w is at most 2, and every pair of categories is
/// possible; in another order pairs can be lost, and the estimator is biased. Unbiased.
///
/// It is stick-breaking CARMS with two samples; with two categories it is DisARM. A row's noise is [variables x sticks], a
/// uniform for each.
///
/// Source: Dong, Mnih, Tucker, "Coupled Gradient Estimators for Discrete Latent Variables", NeurIPS 2021, the
/// importance-weighted estimator, with the categories in ascending order.
public struct DisARMIW: GradientEstimator {
  public init() {}

  public var name: String { "disarm-iw" }

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
    ) { $0.addImportanceWeighted($1, half: $2, to: &$3) }
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
    ) { $0.addImportanceWeighted($1, half: $2, to: &$3) }
  }
}

extension BinaryDecisions {
  /// Adds half w (1[z = c] - 1[z' = c]) of the pair z, z'.
  fileprivate mutating func addImportanceWeighted<Scalar: KernelScalar>(
    _ pair: (Int, Int), half: Double, to gradient: inout MutableSpan<Scalar>
  ) {
    let earlier = min(place(of: pair.0), place(of: pair.1))
    var weight = probabilities(of: earlier).right
    for node in 0..<earlier {
      let (taken, passed) = probabilities(of: node)
      weight *= passed * passed / (passed - taken)
    }
    gradient[pair.0] += Scalar(half * weight)
    gradient[pair.1] -= Scalar(half * weight)
  }
}
