public import ElementwiseKernels
internal import RealModule

/// The Concrete (Gumbel-sigmoid) relaxation of a whole stochastic binary network: each sample becomes
/// y = sigmoid((a + logit(u)) / tau), the layers above are fed with y, and backpropagation is exact for the relaxed network.
///
/// g = y (1 - y) / tau t in each layer, with t the derivative of f by the last layer's y and t_i = c sum_j W_ji g_j below, c the
/// step between the states. One evaluation, at samples between 0 and 1. Biased: the mean is the gradient of the relaxed
/// network's mean, which differs from the discrete one's; as tau -> 0 the bias goes to 0 and the variance to infinity.
///
/// - Complexity: width x width below multiply-adds for each row and layer.
///
/// Source: Maddison, Mnih, Teh, "The Concrete Distribution: A Continuous Relaxation of Discrete Random Variables", ICLR 2017,
/// the binary case; Jang, Gu, Poole, "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017.
public struct DeepConcrete: BackpropagatingEstimator {
  /// tau.
  public let temperature: Double

  /// - Precondition: a finite temperature above 0.
  public init(temperature: Double) {
    precondition(
      temperature > 0 && temperature.isFinite, "a temperature is finite and above 0, not \(temperature)")
    self.temperature = temperature
  }

  public var name: String { "gumbel:\(EstimatorCatalogue.text(of: temperature))" }
  public var bias: String? { "the relaxed network is another than the discrete one" }
  public var relaxesSamples: Bool { true }
  /// y (1 - y) / tau at y = 1/2.
  public var largestSlope: Double { 1 / (4 * temperature) }

  /// One uniform number for each unit, of which y is a smooth function, steep within a few tau around u = 1 - p.
  public func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] {
    logits.indices.map { unit in
      let edges = [-3 * temperature, 3 * temperature].map { Double.sigmoid($0 - logits[unit]) }
      return NoiseBlock(indices: [unit], law: .smooth(breakpoints: edges))
    }
  }

  /// Samples between 0 and 1.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    precondition(logits.count == samples.count && noise.count == samples.count)
    for i in 0..<samples.count { samples[i] = .sigmoid(relaxed(logits[i], noise[i])) }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(logits.count == gradient.count && signal.count == gradient.count)
    precondition(noise.count == gradient.count)
    for i in 0..<gradient.count {
      let slope = BernoulliVariance.of(logit: relaxed(logits[i], noise[i])) / Scalar(temperature)
      gradient[i] = slope * signal[i]
    }
  }

  /// (logit + log(u / (1 - u))) / tau.
  @inline(__always)
  private func relaxed<Scalar: KernelScalar>(_ logit: Scalar, _ uniform: Scalar) -> Scalar {
    (logit + .log(uniform) - .log(onePlus: -uniform)) / Scalar(temperature)
  }
}
