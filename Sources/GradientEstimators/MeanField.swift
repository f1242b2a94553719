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
public struct MeanField: BackpropagatingEstimator {
  public init() {}

  public var name: String { "tanh" }
  public var bias: String? { "samples are replaced by their means" }
  public var relaxesSamples: Bool { true }
  /// p (1 - p) at even odds.
  public var largestSlope: Double { 0.25 }

  public func noise(layer: Int, widths: [Int]) -> LayerNoise { LayerNoise(own: 0) }

  public func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] { [] }

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
}
