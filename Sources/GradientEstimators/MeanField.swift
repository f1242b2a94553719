public import ElementwiseKernels

/// The mean-field network of a stochastic binary network: each sample is replaced by its mean sigmoid(a), and
/// backpropagation is exact for that deterministic network (tanh units where the states are -1 and +1).
///
/// g = p (1 - p) t in each layer, with t the derivative of f by the last layer's means and t_i = c sum_j W_ji g_j below, c the
/// step between the states. One evaluation, at samples between 0 and 1; no noise, hence no variance, and a bias that no
/// averaging reduces.
///
/// - Complexity: width x width below multiply-adds for each row and layer.
///
/// Source: the deterministic method that Shekhovtsov, Yanush, Flach, "Path Sample-Analytic Gradient Estimators for Stochastic
/// Binary Networks", NeurIPS 2020, compare with as tanh.
public struct MeanField: BackwardLayeredEstimator {
  public init() {}

  public var name: String { "tanh" }
  public var bias: String? { "samples are replaced by their means" }
  public var readsSlopes: Bool { true }
  public var relaxesSamples: Bool { true }

  public func tree(widths: [Int]) -> PathTree {
    PathTree(parents: widths.map { _ in [0] }, trunk: widths.map { _ in 0 })
  }

  public func noise(layer: Int, widths: [Int]) -> LayerNoise { LayerNoise(own: 0) }

  public func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] { [] }

  /// p (1 - p) is at most 1/4: the logits at means lie between those at states.
  public func gradientBounds(
    objective: ClosedRange<Double>, signal: Double, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double> {
    -signal / 4...signal / 4
  }

  /// Samples between 0 and 1.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    Scalar.sigmoid(logits, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    DeepStraightThrough().combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: values, signal: signal,
      shape: shape, gradient: &gradient)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func start<Scalar: KernelScalar>(
    values: Span<Scalar>, slopes: Span<Scalar>, shape: LayeredShape, signal: inout MutableSpan<Scalar>
  ) {
    DeepStraightThrough().start(values: values, slopes: slopes, shape: shape, signal: &signal)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func descend<Scalar: KernelScalar>(
    layer: Int, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    below: Span<Scalar>, signal: Span<Scalar>, gradient: Span<Scalar>, shape: LayeredShape,
    into lower: inout MutableSpan<Scalar>
  ) {
    DeepStraightThrough().descend(
      layer: layer, weights: weights, stateStep: stateStep, logits: logits, samples: samples, below: below,
      signal: signal, gradient: gradient, shape: shape, into: &lower)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>
  ) {
    for i in 0..<weights.count { weights[i] = 1 }
  }

  public func startBound(objective: ClosedRange<Double>, slopes: [Double]) -> [Double] { slopes }

  public func descentBound(signal: [Double], weights: [[Double]], stateStep: Double) -> [Double] {
    DeepStraightThrough().descentBound(signal: signal, weights: weights, stateStep: stateStep)
  }
}
