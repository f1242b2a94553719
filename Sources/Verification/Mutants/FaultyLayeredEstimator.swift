internal import ElementwiseKernels
internal import GradientEstimators

/// An estimator of networks that differs from a sound one in what it overrides; all else is forwarded.
protocol FaultyLayeredEstimator: LayeredGradientEstimator {
  associatedtype Base: LayeredGradientEstimator
  var base: Base { get }
}

extension FaultyLayeredEstimator {
  var name: String { base.name }
  var bias: String? { base.bias }

  func tree(widths: [Int]) -> PathTree { base.tree(widths: widths) }

  func noise(layer: Int, widths: [Int]) -> LayerNoise { base.noise(layer: layer, widths: widths) }

  func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] {
    base.noiseLaw(layer: layer, logits: logits, widths: widths)
  }

  /// Wide enough for every fault, so that a fault is caught by its bias and not by leaving the bounds.
  func gradientBounds(
    objective: ClosedRange<Double>, signal: Double, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double> {
    let bounds = base.gradientBounds(
      objective: objective, signal: signal, logits: logits, coordinate: coordinate)
    let size = max(objective.lowerBound.magnitude, objective.upperBound.magnitude)
    let largest = 4 * max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude) + 16 * signal + size
    return -largest...largest
  }

  func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    base.draw(layer: layer, logits: logits, noise: noise, shape: shape, samples: &samples)
  }

  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: values, signal: signal,
      shape: shape, gradient: &gradient)
  }

  func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>
  ) {
    base.evaluationWeights(logits: logits, samples: samples, shape: shape, into: &weights)
  }
}

extension BackwardLayeredEstimator where Self: FaultyLayeredEstimator, Base: BackwardLayeredEstimator {
  var readsSlopes: Bool { base.readsSlopes }

  func startBound(objective: ClosedRange<Double>, slopes: [Double]) -> [Double] {
    base.startBound(objective: objective, slopes: slopes)
  }

  /// Wide enough for a proxy that is dropped.
  func descentBound(signal: [Double], weights: [[Double]], stateStep: Double) -> [Double] {
    base.descentBound(signal: signal, weights: weights, stateStep: stateStep).map { 4 * $0 }
  }
}

/// Reads the weights of a layer by columns, where there are as many of them as rows.
func transposedIfSquare<Scalar: KernelScalar>(
  _ weights: Span<Scalar>, width: Int, below: Int
) -> [Scalar] {
  (0..<weights.count).map { weights[width == below ? $0 % width * width + $0 / width : $0] }
}
