public import ElementwiseKernels
internal import RealModule

/// Straight-through Gumbel-softmax for a whole stochastic binary network: samples are 0 and 1, the derivative of each by its
/// logit is that of the relaxed sample of the same noise.
///
/// With y = sigmoid((a + logit(u)) / tau) the sample is z = 1 where y > 1/2, which is a draw from the unit's law; g = y (1 - y) / tau t
/// in each layer, with t the derivative of f by the last layer's bits and t_i = c sum_j W_ji g_j below, c the step between the
/// states. One evaluation. Biased: it is no derivative of any mean.
///
/// - Complexity: width x width below multiply-adds for each row and layer.
///
/// Source: Jang, Gu, Poole, "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017, section 2.2, the binary case.
public struct DeepStraightThroughGumbel: BackpropagatingEstimator {
  private let relaxed: DeepConcrete

  /// tau.
  public var temperature: Double { relaxed.temperature }

  /// - Precondition: a finite temperature above 0.
  public init(temperature: Double) { relaxed = DeepConcrete(temperature: temperature) }

  public var name: String { "st-" + relaxed.name }
  public var bias: String? { "the derivative of a hard sample is replaced by that of a relaxed one" }
  public var largestSlope: Double { relaxed.largestSlope }

  /// One uniform number for each unit: the sample changes at u = 1 - p, the derivative is smooth on either side, steep within a few
  /// tau.
  public func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] {
    logits.indices.map { unit in
      let edges = [-3 * temperature, 0, 3 * temperature].map { Double.sigmoid($0 - logits[unit]) }
      return NoiseBlock(indices: [unit], law: .smooth(breakpoints: edges))
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    relaxed.draw(layer: layer, logits: logits, noise: noise, shape: shape, samples: &samples)
    for i in 0..<samples.count { samples[i] = samples[i] > 0.5 ? 1 : 0 }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    relaxed.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: values, signal: signal,
      shape: shape, gradient: &gradient)
  }
}
