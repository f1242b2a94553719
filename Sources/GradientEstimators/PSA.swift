public import ElementwiseKernels
internal import RealModule

/// PSA, path sample-analytic: one sampled path serves all layers of a stochastic binary network, and the effect of flipping
/// each unit is passed down analytically.
///
/// With s = 2 z - 1, a the logits and V the mean of f given a layer, the exact gradient of layer k is the mean of
/// g_i = s_i p_i (1 - p_i) (V(z) - V(z with bit i flipped)), whatever z_i was sampled. In the last layer V is f, and the
/// differences d_i come from f at the sample and at each of its single flips. Below, V is a mean over products of
/// probabilities; PSA keeps the terms of first order in the changes that a flip makes to them,
///
///     d_i = sum_j D_ij d_j,   D_ij = P(z_j | z) - P(z_j | z with bit i flipped) = s_j (sigmoid(a_j) - sigmoid(a_j - c W_ji s_i)),
///
/// with c the step between the states below. Unbiased in the last layer, and in every layer if all layers above have one
/// variable; with one layer, local expectation gradients. Elsewhere the bias is of second order in D.
///
/// Evaluations: 1 + width of the last layer. `evaluationWeights` are those of the flips' average
/// f(z) + sum_i (1 - P(z_i)) / n (f(z with bit i flipped) - f(z)), unbiased and with less variance than f(z).
///
/// - Complexity: width x width below sigmoids for each row and layer.
///
/// Source: Shekhovtsov, Yanush, Flach, "Path Sample-Analytic Gradient Estimators for Stochastic Binary Networks", NeurIPS
/// 2020, Algorithm 1, in its backward form.
public struct PSA: BackwardLayeredEstimator {
  public init() {}

  public var name: String { "psa" }
  public var bias: String? {
    "how a flip changes the layers above is taken to first order, below the last layer"
  }
  public var readsSlopes: Bool { false }

  public func tree(widths: [Int]) -> PathTree {
    let last = widths.count - 1
    return PathTree(
      parents: widths.indices.map { layer in [Int](repeating: 0, count: layer == last ? widths[last] + 1 : 1)
      },
      trunk: widths.map { _ in 0 })
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
    if layer == shape.layers - 1 {
      LocalExpectationGradients().draw(
        logits: logits, noise: noise, shape: shape.layer(layer), samples: &samples)
    } else {
      IndependentSamples.draw(
        evaluations: 1, logits: logits, noise: noise, shape: shape.layer(layer), into: &samples)
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(logits.count == gradient.count && signal.count == gradient.count)
    for i in 0..<gradient.count {
      gradient[i] = BernoulliVariance.of(logit: logits[i]) * (2 * samples[i] - 1) * signal[i]
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func start<Scalar: KernelScalar>(
    values: Span<Scalar>, slopes: Span<Scalar>, shape: LayeredShape, signal: inout MutableSpan<Scalar>
  ) {
    let (rows, width) = (shape.rows, shape.widths[shape.layers - 1])
    precondition(values.count == (width + 1) * rows && signal.count == rows * width)
    for row in 0..<rows {
      for variable in 0..<width {
        signal[row * width + variable] = values[row] - values[(variable + 1) * rows + row]
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func descend<Scalar: KernelScalar>(
    layer: Int, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    below: Span<Scalar>, signal: Span<Scalar>, gradient: Span<Scalar>, shape: LayeredShape,
    into lower: inout MutableSpan<Scalar>
  ) {
    FlipDifferences.passDown(
      signal, weights: weights, stateStep: stateStep, logits: logits, samples: samples, below: below,
      rows: shape.rows, into: &lower)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>
  ) {
    let (rows, width) = (shape.rows, shape.widths[shape.layers - 1])
    precondition(logits.count == rows * width && weights.count == (width + 1) * rows)
    for row in 0..<rows {
      var rest: Scalar = 1
      for variable in 0..<width {
        let i = row * width + variable
        let flipped: Scalar = .sigmoid((1 - 2 * samples[i]) * logits[i]) / Scalar(width)
        weights[(variable + 1) * rows + row] = flipped
        rest -= flipped
      }
      weights[row] = rest
    }
  }

  /// Differences of f.
  public func startBound(objective: ClosedRange<Double>, slopes: [Double]) -> [Double] {
    slopes.map { _ in objective.upperBound - objective.lowerBound }
  }

  /// |sigmoid(a) - sigmoid(a - x)| is largest at a = x / 2, where it is tanh(|x| / 4).
  public func descentBound(signal: [Double], weights: [[Double]], stateStep: Double) -> [Double] {
    weights[0].indices.map { lower in
      signal.indices.reduce(0) {
        $0 + signal[$1] * .tanh((stateStep * weights[$1][lower]).magnitude / 4)
      }
    }
  }
}
