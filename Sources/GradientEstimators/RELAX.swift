public import ElementwiseKernels

/// RELAX: REBAR with a free-form control variate, c(Z) = eta f(sigmoid(Z / tau)) + r(Z).
///
/// g = (f(b) - c(Z~)) (b - p) + dc(Z)/d(logit) - dc(Z~)/d(logit), with Z, Z~ and three evaluations as in `REBAR`. r is a small network of
/// all the row's Z_d (`ControlNetwork`) that costs no evaluation; it is 0 before anything is learnt. Unbiased for every eta, tau and r. All are
/// learnt by making the gradient's mean square least on the step's single sample; r is kept within twice the root mean square of f.
///
/// Source: Grathwohl, Choi, Wu, Roeder, Duvenaud, "Backpropagation through the Void: Optimizing control variates for black-box
/// gradient estimation", ICLR 2018, the estimator for discrete variables.
public struct RELAX: DifferentiableGradientEstimator {
  private var relaxation: REBAR
  private var network = ControlNetwork()

  /// - Parameters:
  ///   - temperature: tau before anything is learnt, in the middle of the first pair of steps.
  ///   - scale: eta before anything is learnt.
  /// - Precondition: the temperature lies in 0.1 ... 1, the scale in -2 ... 2.
  public init(temperature: Double = 0.5, scale: Double = 1) {
    relaxation = REBAR(temperature: temperature, scale: scale)
  }

  public var name: String { "relax" }

  /// The factor eta of the relaxed objective in the control variate.
  public var scale: Double { relaxation.scale }

  /// The temperature tau of the next step.
  public var temperature: Double { relaxation.temperature }

  /// The state of `REBAR` (4 numbers), then the network's: [mean of f^2, steps], and once the number D of variables is known
  /// 3 x 8 (D + 2) numbers: the parameters and two moments of each.
  public var state: [Double] {
    get { relaxation.state + network.state }
    set {
      precondition(newValue.count >= 6, "the state of relax is that of rebar, then the network's")
      relaxation.state = Array(newValue[..<4])
      network.state = Array(newValue[4...])
    }
  }

  public mutating func prepare(for variables: LatentVariables) {
    network.prepare(variables: variables.count)
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

  /// Those of REBAR, widened by what the largest network that can be learnt may add.
  public func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let bounds = relaxation.gradientBounds(
      objective: objective, derivative: derivative, logits: logits, variables: variables,
      coordinate: coordinate)
    let added = network.largest(
      objective: max(objective.lowerBound.magnitude, objective.upperBound.magnitude),
      score: .sigmoid(logits[coordinate].magnitude))
    return bounds.lowerBound - added...bounds.upperBound + added
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    relaxation.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    relaxation.combine(
      logits: logits, noise: noise, samples: samples, values: values, derivatives: derivatives, shape: shape,
      gradient: &gradient)
    network.add(
      logits: logits, noise: noise, bits: samples.extracting(0..<shape.sampleCount), shape: shape,
      to: &gradient)
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
    let whole = gradient.span
    relaxation.learn(
      from: whole, logits: logits, noise: noise, samples: samples, values: values, derivatives: derivatives,
      shape: shape)
    network.learn(
      from: whole, logits: logits, noise: noise, bits: samples.extracting(0..<shape.sampleCount),
      values: values.extracting(0..<shape.rows), shape: shape)
  }
}
