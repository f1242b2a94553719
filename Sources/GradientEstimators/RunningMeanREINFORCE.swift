public import ElementwiseKernels

/// REINFORCE with a running-mean baseline: g = (f(z) - b) (z - sigmoid(logit)), b known before z is drawn.
///
/// For a categorical variable g_c = (f(z) - b) (1[z = c] - p_c). Step t subtracts b_t, which depends on earlier steps only, so each step is unbiased. `observe` then sets
/// b_{t+1} = decay b_t + (1 - decay) mean(f_t). The first step has nothing to remember and uses b = 0; the second uses
/// the first step's mean alone, so that no weight stays on the arbitrary 0.
///
/// Source: Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning",
/// Machine Learning 8, 1992, reinforcement comparison.
public struct RunningMeanREINFORCE: GradientEstimator {
  /// The weight of the past in the running mean.
  public let decay: Double
  /// What the next step subtracts.
  public private(set) var baseline = 0.0
  /// Steps that the baseline has learned from.
  public private(set) var observedSteps = 0

  /// - Precondition: 0 <= decay < 1.
  public init(decay: Double = 0.99) {
    precondition((0..<1).contains(decay), "a running mean forgets: its decay lies in 0 ..< 1, not \(decay)")
    self.decay = decay
  }

  public var name: String { "reinforce-ema" }

  /// [baseline, observed steps].
  public var state: [Double] {
    get { [baseline, Double(observedSteps)] }
    set {
      precondition(newValue.count == 2, "the state of reinforce-ema is [baseline, observed steps]")
      baseline = newValue[0]
      observedSteps = Int(newValue[1])
    }
  }

  public func supports(_ variables: LatentVariables) -> Bool { true }

  public func evaluations(variables: LatentVariables) -> Int { 1 }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: 1, logits: logits, variables: variables, degree: 0)
  }

  /// (f - b) (z - p) for every baseline that this estimator has now or can reach: a mean of values of f.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let reachable = ObjectiveRange.hull([objective.lowerBound, objective.upperBound, baseline])
    return ObjectiveRange.scoreFunctionBounds(
      objective: objective, baseline: reachable,
      odds: CategoricalLaw.odds(of: coordinate, logits: logits, variables: variables))
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    IndependentSamples.draw(evaluations: 1, logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    ScoreFunction.scaled(
      by: values, shift: Scalar(baseline), logits: logits, samples: samples, shape: shape, into: &gradient)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape
  ) {
    precondition(values.count > 0)
    var sum = 0.0
    for i in 0..<values.count { sum += Double(values[i]) }
    let mean = sum / Double(values.count)
    baseline = observedSteps == 0 ? mean : decay * baseline + (1 - decay) * mean
    observedSteps += 1
  }
}
