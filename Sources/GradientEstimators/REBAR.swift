public import ElementwiseKernels

/// REBAR: g = (f(b) - c(Z~)) (b - p) + dc(Z)/d(logit) - dc(Z~)/d(logit) with the control variate c(Z) = eta f(sigmoid(Z / tau)).
///
/// b = 1[Z > 0] is the sample, Z = logit - log(u / (1 - u)), and Z~ an independent draw from the law of Z given b. b and the uniform numbers are
/// held fixed in the derivatives: dZ/d(logit) = 1, dZ~/d(logit) as in `RelaxedBernoulli`. Three evaluations: f at b, the
/// derivative at sigmoid(Z / tau), both at sigmoid(Z~ / tau). Unbiased for every eta and tau; eta = 0 is REINFORCE.
///
/// Both are learnt by making the gradient's mean square least, from the single sample that the step has: eta by its exact derivative
/// (`LeastVarianceCoefficient`, |eta| <= 2); tau, whose derivative would take second derivatives of f, by finite differences between
/// successive steps (`TemperatureSearch`, 0.1 <= tau <= 1). The paper learns one pair for each layer by exact derivatives through f; here one pair serves
/// all variables.
///
/// Source: Tucker, Mnih, Maddison, Lawson, Sohl-Dickstein, "REBAR: Low-variance, unbiased gradient estimates for discrete latent
/// variable models", NIPS 2017, the estimator for one layer.
public struct REBAR: DifferentiableGradientEstimator {
  private var coefficient: LeastVarianceCoefficient
  private var search: TemperatureSearch

  /// - Parameters:
  ///   - temperature: tau before anything is learnt, in the middle of the first pair of steps.
  ///   - scale: eta before anything is learnt.
  /// - Precondition: the temperature lies in 0.1 ... 1, the scale in -2 ... 2.
  public init(temperature: Double = 0.5, scale: Double = 1) {
    coefficient = LeastVarianceCoefficient(scale)
    search = TemperatureSearch(temperature)
  }

  public var name: String { "rebar" }

  /// The factor eta of the control variate.
  public var scale: Double { coefficient.value }

  /// The temperature tau of the next step.
  public var temperature: Double { search.temperature }

  /// [eta, the mean square that its steps are measured by, log tau, mean square of the first step of a pair or -1].
  public var state: [Double] {
    get { coefficient.state + search.state }
    set {
      precondition(newValue.count == 4, "the state of rebar is [eta, its scale, log tau, mean square]")
      coefficient.state = Array(newValue[..<2])
      search.state = Array(newValue[2...])
    }
  }

  public func evaluations(variables: LatentVariables) -> Int { RelaxedBernoulli.evaluations }

  /// The bits only.
  public func representativeEvaluations(variables: LatentVariables) -> Int { 1 }

  public func usesDerivative(ofEvaluation evaluation: Int, variables: LatentVariables) -> Bool {
    evaluation > 0
  }

  public func noisePerRow(variables: LatentVariables) -> Int {
    RelaxedBernoulli.noisePerRow(variables: variables)
  }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    RelaxedBernoulli.noiseLaw(logits: logits, temperature: temperature)
  }

  /// |f(b) - eta f| |b - p|, and twice |eta| |f'| / (4 tau), for every eta and tau that can be learnt.
  public func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let value = max(objective.lowerBound.magnitude, objective.upperBound.magnitude)
    let slope = max(derivative.lowerBound.magnitude, derivative.upperBound.magnitude)
    let eta = LeastVarianceCoefficient.bound
    let score = Double.sigmoid(logits[coordinate].magnitude)
    let largest =
      (1 + eta) * value * score + eta * slope / (2 * TemperatureSearch.range.lowerBound)
    return -largest...largest
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    RelaxedBernoulli.draw(
      logits: logits, noise: noise, temperature: Scalar(temperature), shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(gradient.count == shape.sampleCount && values.count == 3 * shape.rows)
    ScoreFunction.scaled(
      by: values.extracting(0..<shape.rows), shift: 0, logits: logits,
      samples: samples.extracting(0..<shape.sampleCount), shape: shape, into: &gradient)
    let (eta, inverse) = (Scalar(scale), Scalar(1 / temperature))
    for i in 0..<gradient.count {
      gradient[i] += eta * control(i, inverse, logits, noise, samples, values, derivatives, shape)
    }
  }

  /// The control variate's part of one coordinate, for eta = 1; its mean is 0. `inverse` is 1 / tau.
  @inline(__always)
  private func control<Scalar: KernelScalar>(
    _ i: Int, _ inverse: Scalar, _ logits: Span<Scalar>, _ noise: Span<Scalar>, _ samples: Span<Scalar>,
    _ values: Span<Scalar>,
    _ derivatives: Span<Scalar>, _ shape: LatentShape
  ) -> Scalar {
    let (count, row) = (shape.sampleCount, i / shape.variables)
    let sign = 2 * samples[i] - 1
    let score = sign * .sigmoid(-sign * logits[i])
    let conditional = RelaxedBernoulli.conditionalSlope(
      logit: logits[i], bit: samples[i], uniform: noise[i + (row + 1) * shape.variables])
    let (free, bound) = (samples[count + i], samples[2 * count + i])
    let slope = derivatives[count + i] * free * (1 - free)
    let conditionalSlope = derivatives[2 * count + i] * bound * (1 - bound) * conditional
    return (slope - conditionalSlope) * inverse - values[2 * shape.rows + row] * score
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape
  ) {
    var gradient = [Scalar](repeating: 0, count: shape.sampleCount)
    var output = gradient.mutableSpan
    combine(
      logits: logits, noise: noise, samples: samples, values: values, derivatives: derivatives, shape: shape,
      gradient: &output)
    learn(
      from: gradient.span, logits: logits, noise: noise, samples: samples, values: values,
      derivatives: derivatives, shape: shape)
  }

  /// Learns eta and tau from a step's gradient, which may have further control variates.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func learn<Scalar: KernelScalar>(
    from gradient: Span<Scalar>, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>,
    values: Span<Scalar>, derivatives: Span<Scalar>, shape: LatentShape
  ) {
    let inverse = Scalar(1 / temperature)
    var (product, square, size) = (0.0, 0.0, 0.0)
    for i in 0..<gradient.count {
      let part = Double(control(i, inverse, logits, noise, samples, values, derivatives, shape))
      let whole = Double(gradient[i])
      product += whole * part
      square += part * part
      size += whole * whole
    }
    let rows = Double(shape.rows)
    coefficient.learn(product: product / rows, square: square / rows)
    search.learn(meanSquare: size / rows)
  }
}
