public import ElementwiseKernels

/// The deep straight-through estimator: backpropagation along one sampled path of a stochastic binary network, the
/// derivative of a sample by its logit replaced by that of its mean, p (1 - p).
///
/// g = p (1 - p) t in each layer, with t the derivative of f by the last layer's bits and t_i = c sum_j W_ji g_j below, c the
/// step between the states. For states -1 and +1 the proxy is the derivative of 2 p - 1 = tanh(logit / 2). One evaluation.
/// Biased: it is PSA with each difference, of f and of the probabilities, replaced by a derivative. It depends on how f
/// extends beyond its discrete states.
///
/// - Complexity: width x width below multiply-adds for each row and layer.
///
/// Source: Bengio, Leonard, Courville, "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional
/// Computation", 2013; the derivation from PSA: Shekhovtsov, Yanush, Flach, "Path Sample-Analytic Gradient Estimators for
/// Stochastic Binary Networks", NeurIPS 2020.
public struct DeepStraightThrough: BackpropagatingEstimator {
  public init() {}

  public var name: String { "deep-st" }
  public var bias: String? { "differences of f and of probabilities are replaced by derivatives" }
  /// p (1 - p) at even odds.
  public var largestSlope: Double { 0.25 }

  public func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(
      evaluations: 1, logits: logits, variables: .binary(widths[layer]), degree: 0)
  }

  /// p (1 - p) times the signal.
  public func gradientBounds(
    objective: ClosedRange<Double>, signal: Double, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double> {
    let largest = signal * BernoulliVariance.of(logit: logits[coordinate])
    return -largest...largest
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    IndependentSamples.draw(
      evaluations: 1, logits: logits, noise: noise, shape: shape.layer(layer), into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(logits.count == gradient.count && signal.count == gradient.count)
    for i in 0..<gradient.count { gradient[i] = BernoulliVariance.of(logit: logits[i]) * signal[i] }
  }
}
