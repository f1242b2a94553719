public import ElementwiseKernels

/// DisARM-Tree: DisARM for the log odds of the nodes of a balanced binary tree, as a gradient of the logits.
///
/// The C categories, in their own order, are the leaves; a node halves its range (unequally where that is odd, so any C
/// will do) and goes left with probability p, the left part's share, log odds alpha. Two walks share one uniform for each
/// node, u and 1 - u, and lead to z and z'. With b = 1 where a walk goes left,
///
///     dE/d alpha ~ 1/2 (f(z) - f(z')) (b - b') sigmoid(|alpha|)   at a node on both paths,
///                  1/2 (f(z) - f(z')) (b - p)                     at a node on the first path only,
///                 -1/2 (f(z) - f(z')) (b' - p)                    at a node on the second path only,
///
/// and the chain rule with alpha = log sum of exp(logit) on the left - log sum of exp(logit) on the right gives the
/// gradient of the logits. Unbiased. With two categories it is DisARM.
///
/// A row's noise is [variables x nodes], a uniform for each.
///
/// Source: Dong, Mnih, Tucker, "Coupled Gradient Estimators for Discrete Latent Variables", NeurIPS 2021, the estimator
/// with a tree of binary decisions (there for a power of two of categories).
public struct DisARMTree: GradientEstimator {
  public init() {}

  public var name: String { "disarm-tree" }

  /// Categorical variables only.
  public func supports(_ variables: LatentVariables) -> Bool { !variables.isBinary }

  public func evaluations(variables: LatentVariables) -> Int { 2 }

  public func noisePerRow(variables: LatentVariables) -> Int { AntitheticDecisions.noisePerRow(variables) }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    AntitheticDecisions.noiseLaw(.balanced, logits: logits, variables: variables)
  }

  /// The largest weight of the coordinate over all pairs of categories, times half the objective's range.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    AntitheticDecisions.bounds(
      .balanced, objective: objective, logits: logits, variables: variables, coordinate: coordinate
    ) { $0.addNodeGradients($1, half: $2, to: &$3) }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    AntitheticDecisions.draw(.balanced, logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    AntitheticDecisions.combine(
      .balanced, logits: logits, samples: samples, values: values, shape: shape, into: &gradient
    ) { $0.addNodeGradients($1, half: $2, to: &$3) }
  }
}
