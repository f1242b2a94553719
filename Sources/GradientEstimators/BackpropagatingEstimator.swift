public import ElementwiseKernels

/// A layered estimator that samples one path, takes the derivative of f at its end, and carries it back along the path by the
/// chain rule.
///
/// t of the last layer is the derivative of f by the samples, g = y' t in each layer, and t_i = c sum_j W_ji g_j below, c the step
/// between the states. Estimators differ in their samples and in what stands for y', the derivative of a sample by its logit: they
/// draw and combine, and all else follows. One evaluation, whose weight is 1.
///
/// - Complexity: width x width below multiply-adds for each row and layer.
public protocol BackpropagatingEstimator: BackwardLayeredEstimator {
  /// The largest y' at any logit and noise.
  var largestSlope: Double { get }
}

extension BackpropagatingEstimator {
  public var readsSlopes: Bool { true }

  public func tree(widths: [Int]) -> PathTree { .single(layers: widths.count) }

  /// One number for each unit.
  public func noise(layer: Int, widths: [Int]) -> LayerNoise { LayerNoise(own: widths[layer]) }

  public func gradientBounds(
    objective: ClosedRange<Double>, signal: Double, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double> {
    let largest = signal * largestSlope
    return -largest...largest
  }

  public func start<Scalar: KernelScalar>(
    values: Span<Scalar>, slopes: Span<Scalar>, shape: LayeredShape, signal: inout MutableSpan<Scalar>
  ) {
    PathDerivatives.copy(slopes, into: &signal)
  }

  public func descend<Scalar: KernelScalar>(
    layer: Int, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    below: Span<Scalar>, signal: Span<Scalar>, gradient: Span<Scalar>, shape: LayeredShape,
    into lower: inout MutableSpan<Scalar>
  ) {
    PathDerivatives.passDown(
      gradient, weights: weights, stateStep: stateStep, rows: shape.rows, width: shape.logitsPerRow(layer),
      widthBelow: shape.logitsPerRow(layer - 1), into: &lower)
  }

  public func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>
  ) {
    weights.update(repeating: 1)
  }

  public func startBound(objective: ClosedRange<Double>, slopes: [Double]) -> [Double] { slopes }

  public func descentBound(signal: [Double], weights: [[Double]], stateStep: Double) -> [Double] {
    weights[0].indices.map { lower in
      signal.indices.reduce(0) {
        $0 + signal[$1] * largestSlope * (stateStep * weights[$1][lower]).magnitude
      }
    }
  }
}

/// The chain rule along a path. Apart from the protocol, because generic code runs fast only where it is specialised.
private enum PathDerivatives {
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func copy<Scalar: KernelScalar>(_ slopes: Span<Scalar>, into signal: inout MutableSpan<Scalar>) {
    precondition(slopes.count == signal.count)
    for i in 0..<signal.count { signal[i] = slopes[i] }
  }

  /// c sum_j W_ji g_j in each row.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func passDown<Scalar: KernelScalar>(
    _ gradient: Span<Scalar>, weights: Span<Scalar>, stateStep: Scalar, rows: Int, width: Int,
    widthBelow: Int, into lower: inout MutableSpan<Scalar>
  ) {
    precondition(gradient.count == rows * width && lower.count == rows * widthBelow)
    precondition(weights.count == width * widthBelow)
    lower.update(repeating: 0)
    for row in 0..<rows {
      var part = lower._mutatingExtracting(row * widthBelow..<(row + 1) * widthBelow)
      for unit in 0..<width {
        Scalar.addScaled(
          weights.extracting(unit * widthBelow..<(unit + 1) * widthBelow),
          by: stateStep * gradient[row * width + unit], to: &part)
      }
    }
  }
}
