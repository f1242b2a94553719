public import ElementwiseKernels
internal import RealModule

/// REINFORCE with the baselines of NVIL: g = (f(z) - c - C(logits)) (z - sigmoid(logit)).
///
/// c is a running mean of f - C. C is linear in the row's features, 2 p_d - 1 for a binary variable and p_dc for each category
/// of a categorical one, and is fitted to f - c by least squares, one normalised gradient step for each observed batch. The sum c + C is kept
/// within the values of f seen so far. A step's baseline is a function of its logits and of earlier steps, so each step is unbiased. The
/// first step has nothing to remember and is plain REINFORCE. For a categorical variable g_c = (f - c - C) (1[z = c] - p_c).
///
/// The paper's third part is left out on purpose: dividing the signal by max(1, its running standard deviation) would multiply the
/// expectation of the gradient by a factor that changes from step to step. The paper's C is a network that sees the observation; here it
/// sees the logits, all that an estimator is given of it.
///
/// Source: Mnih, Gregor, "Neural Variational Inference and Learning in Belief Networks", ICML 2014, the centred learning signal with the
/// input-dependent baseline.
public struct NVIL: GradientEstimator {
  /// The weight of the past in the running mean c.
  private static let decay = 0.99
  /// The step of the least-squares fit, as a share of the step that would fit one row exactly.
  private static let rate = 0.1

  /// The running mean c.
  public private(set) var center = 0.0
  /// Steps that the baselines have learned from.
  public private(set) var observedSteps = 0
  private var smallestValue = 0.0
  private var largestValue = 0.0
  /// C's coefficients, one for each logit of a row; empty before `prepare`.
  private var weights: [Double] = []

  public init() {}

  public var name: String { "nvil" }

  /// [c, observed steps, smallest and largest value of f seen, C's coefficients (one for each logit of a row)].
  public var state: [Double] {
    get { [center, Double(observedSteps), smallestValue, largestValue] + weights }
    set {
      precondition(newValue.count >= 4, "the state of nvil is [c, steps, smallest, largest, coefficients]")
      center = newValue[0]
      observedSteps = Int(newValue[1])
      smallestValue = newValue[2]
      largestValue = newValue[3]
      weights = Array(newValue[4...])
    }
  }

  public mutating func prepare(for variables: LatentVariables) {
    guard weights.isEmpty else {
      return precondition(weights.count == variables.logitCount, "nvil has learned from other variables")
    }
    weights = [Double](repeating: 0, count: variables.logitCount)
  }

  public func supports(_ variables: LatentVariables) -> Bool { true }

  public func evaluations(variables: LatentVariables) -> Int { 1 }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: 1, logits: logits, variables: variables, degree: 0)
  }

  /// (f - b) (z - p) for every baseline b that this estimator has now or can reach: one among the values of f.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let reachable = ObjectiveRange.hull([
      objective.lowerBound, objective.upperBound, smallestValue, largestValue,
    ])
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

  /// - Complexity: one multiply-add and two sigmoids for each binary variable, two exponentials for each category.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(logits.count == shape.logitCount && gradient.count == shape.logitCount)
    precondition(samples.count == shape.sampleCount && values.count == shape.rows)
    let alone = LatentShape(
      rows: 1, variables: shape.variables, logitsPerVariable: shape.logitsPerVariable)
    for row in 0..<shape.rows {
      let places = row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow
      let rowLogits = logits.extracting(places)
      var part = gradient._mutatingExtracting(places)
      ScoreFunction.scaled(
        by: values.extracting(row..<row + 1), shift: Scalar(baseline(rowLogits, of: alone)),
        logits: rowLogits, samples: samples.extracting(row * shape.variables..<(row + 1) * shape.variables),
        shape: alone, into: &part)
    }
  }

  /// c + C of a row's logits, within the values of f seen so far.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func baseline<Scalar: KernelScalar>(_ logits: Span<Scalar>, of row: LatentShape) -> Double {
    var sum = center
    if !weights.isEmpty {
      let weights = weights.span
      precondition(weights.count == row.logitCount, "nvil has learned from other variables")
      Self.forEachFeature(logits, of: row) { place, feature in sum += weights[place] * feature }
    }
    return min(max(sum, smallestValue), largestValue)
  }

  /// 2 p - 1 of each binary variable, p of each category of a categorical one: bounded, whatever the logits.
  @inline(__always)
  private static func forEachFeature<Scalar: KernelScalar>(
    _ logits: Span<Scalar>, of row: LatentShape, _ body: (Int, Double) -> Void
  ) {
    guard !row.isBinary else {
      for place in 0..<logits.count { body(place, .tanh(Double(logits[place]) / 2)) }
      return
    }
    var law = CategoricalLaw()
    let width = row.logitsPerVariable
    for start in stride(from: 0, to: logits.count, by: width) {
      law.load(logits.extracting(start..<start + width))
      let probabilities = law.probabilities.span
      for category in 0..<width { body(start + category, probabilities[category]) }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape
  ) {
    precondition(logits.count == shape.logitCount && values.count == shape.rows)
    prepare(for: shape.latentVariables)
    let alone = LatentShape(
      rows: 1, variables: shape.variables, logitsPerVariable: shape.logitsPerVariable)
    var features = [Double](repeating: 0, count: weights.count)
    var step = features
    var signals = 0.0
    for row in 0..<shape.rows {
      let value = Double(values[row])
      let places = row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow
      var (fitted, size) = (0.0, 1.0)
      Self.forEachFeature(logits.extracting(places), of: alone) { place, feature in
        features[place] = feature
        fitted += weights[place] * feature
        size += feature * feature
      }
      signals += value - fitted
      // Before the first step there is no c: the whole of f would be taken for what C has to explain.
      let residual = observedSteps == 0 ? 0 : value - center - fitted
      for place in step.indices { step[place] += residual * features[place] / size }
      smallestValue = observedSteps == 0 && row == 0 ? value : min(smallestValue, value)
      largestValue = observedSteps == 0 && row == 0 ? value : max(largestValue, value)
    }
    let mean = signals / Double(shape.rows)
    for place in weights.indices { weights[place] += Self.rate * step[place] / Double(shape.rows) }
    center = observedSteps == 0 ? mean : Self.decay * center + (1 - Self.decay) * mean
    observedSteps += 1
  }
}
