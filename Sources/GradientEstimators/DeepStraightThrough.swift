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
public struct DeepStraightThrough: BackwardLayeredEstimator {
  public init() {}

  public var name: String { "deep-st" }
  public var bias: String? { "differences of f and of probabilities are replaced by derivatives" }
  public var readsSlopes: Bool { true }

  public func tree(widths: [Int]) -> PathTree {
    PathTree(parents: widths.map { _ in [0] }, trunk: widths.map { _ in 0 })
  }

  public func noise(layer: Int, widths: [Int]) -> LayerNoise { LayerNoise(own: widths[layer]) }

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

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func start<Scalar: KernelScalar>(
    values: Span<Scalar>, slopes: Span<Scalar>, shape: LayeredShape, signal: inout MutableSpan<Scalar>
  ) {
    precondition(slopes.count == signal.count)
    for i in 0..<signal.count { signal[i] = slopes[i] }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func descend<Scalar: KernelScalar>(
    layer: Int, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    below: Span<Scalar>, signal: Span<Scalar>, gradient: Span<Scalar>, shape: LayeredShape,
    into lower: inout MutableSpan<Scalar>
  ) {
    let (width, widthBelow) = (shape.widths[layer], shape.widths[layer - 1])
    precondition(gradient.count == shape.rows * width && lower.count == shape.rows * widthBelow)
    precondition(weights.count == width * widthBelow)
    for i in 0..<lower.count { lower[i] = 0 }
    for row in 0..<shape.rows {
      var part = lower._mutatingExtracting(row * widthBelow..<(row + 1) * widthBelow)
      for unit in 0..<width {
        Scalar.addScaled(
          weights.extracting(unit * widthBelow..<(unit + 1) * widthBelow),
          by: stateStep * gradient[row * width + unit], to: &part)
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>
  ) {
    for i in 0..<weights.count { weights[i] = 1 }
  }

  public func startBound(objective: ClosedRange<Double>, slopes: [Double]) -> [Double] { slopes }

  /// p (1 - p) is at most 1/4.
  public func descentBound(signal: [Double], weights: [[Double]], stateStep: Double) -> [Double] {
    weights[0].indices.map { lower in
      signal.indices.reduce(0) { $0 + signal[$1] / 4 * (stateStep * weights[$1][lower]).magnitude }
    }
  }
}
