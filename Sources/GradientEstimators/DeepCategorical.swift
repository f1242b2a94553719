public import ElementwiseKernels

/// Backpropagation along one sampled path of layers of categorical variables, each layer by the rule of an estimator for one.
///
/// At each layer the one-layer estimator draws the variables' points, unit vectors or relaxed ones, and gives its gradient g for
/// the signal t in the place of the derivatives of f. t of the last layer is the derivative of f by its points, and t_i =
/// c sum_j W_ji g_j below, c the step between the states. One evaluation, whose weight is 1.
///
/// With p = softmax(logits), straight-through gives g_c = p_c (t_c - sum_k p_k t_k), deep straight-through; Gumbel-softmax gives
/// y_c (t_c - sum_k y_k t_k) / tau, which is backpropagation through the relaxed network; straight-through Gumbel-softmax the same
/// along a path of states. All are biased: the relaxed network is another one, and along states derivatives stand for differences, of
/// f and of the laws of the layers above.
///
/// - Complexity: logits x logits below multiply-adds for each row and layer, and what the one-layer estimator says.
///
/// Source: Jang, Gu, Poole, "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017, section 4.1, networks of categorical
/// variables; Bengio, Leonard, Courville, "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional
/// Computation", 2013, for straight-through.
public struct DeepCategorical<Base: DifferentiableGradientEstimator>: BackpropagatingEstimator {
  public let base: Base
  public let name: String
  /// The categories of each variable.
  private let categoryCount: Int

  /// - Parameters:
  ///   - base: the estimator for one layer.
  ///   - categories: those of each variable.
  ///   - name: as typed; that of the one-layer estimator if nil.
  /// - Precondition: `base` takes such variables with one evaluation, its derivative and no state; its target is the expectation.
  public init(_ base: Base, categories: Int, name: String? = nil) {
    let variables = LatentVariables.categorical(1, categories: categories)
    precondition(base.supports(variables) && base.evaluations(variables: variables) == 1)
    precondition(base.target == .expectation && base.state.isEmpty)
    self.base = base
    self.name = name ?? base.name
    categoryCount = categories
  }

  public var categories: Int? { categoryCount }
  public var drawsPoints: Bool { true }
  public var relaxesSamples: Bool { base.representativeEvaluations(variables: variables(1)) == 0 }

  public var bias: String? {
    relaxesSamples
      ? "the relaxed network is another than the discrete one"
      : "differences of f and of probabilities are replaced by derivatives"
  }

  private func variables(_ count: Int) -> LatentVariables { .categorical(count, categories: categoryCount) }

  public func noise(layer: Int, widths: [Int]) -> LayerNoise {
    LayerNoise(own: base.noisePerRow(variables: variables(widths[layer])))
  }

  public func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] {
    base.noiseLaw(logits: logits, variables: variables(widths[layer]))
  }

  // MARK: Bounds

  /// The derivative of a point's number by its own or another logit of the variable is largest at even odds of two categories.
  public var largestSlope: Double {
    base.gradientBounds(
      objective: 0...0, derivative: 0...1, logits: [0, 0], variables: .categorical(1, categories: 2),
      coordinate: 0
    ).upperBound
  }

  public func gradientBounds(
    objective: ClosedRange<Double>, signal: Double, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double> {
    base.gradientBounds(
      objective: objective, derivative: -signal...signal, logits: logits,
      variables: variables(logits.count / categoryCount), coordinate: coordinate)
  }

  /// g_c is a slope times the difference of t_c to a mean of the variable's others: at most twice the largest of them.
  public func descentBound(signal: [Double], weights: [[Double]], stateStep: Double) -> [Double] {
    let largest = signal.indices.map { place in
      let start = place - place % categoryCount
      return signal[start..<start + categoryCount].reduce(0, max)
    }
    return weights[0].indices.map { lower in
      largest.indices.reduce(0) {
        $0 + 2 * largest[$1] * largestSlope * (stateStep * weights[$1][lower]).magnitude
      }
    }
  }

  // MARK: The two phases

  public func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    precondition(shape.categories == categoryCount)
    base.draw(logits: logits, noise: noise, shape: shape.layer(layer), samples: &samples)
  }

  public func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, derivatives: signal,
      shape: shape.layer(layer), gradient: &gradient)
  }
}
