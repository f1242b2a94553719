internal import ElementwiseKernels
internal import GradientEstimators
internal import RandomStreams

/// The fixed work by which the cost of an estimator is measured: draw and combine in `Float`, as in training, on logits,
/// noise and objective values from Philox. The objective itself is not part of it.
struct CostWorkload {
  private let estimator: any GradientEstimator
  let shape: LatentShape
  private let logits: [Float]
  private let noise: [Float]
  private let values: [Float]
  /// For an estimator that uses derivatives, those of the objective; else empty.
  private let derivatives: [Float]
  private var samples: [Float]
  private var gradient: [Float]

  /// Binary variables, or half as many of four categories for an estimator that takes no others.
  init(estimator: any GradientEstimator, rows: Int, variables: Int) {
    let latent =
      estimator.supports(.binary(variables))
      ? LatentVariables.binary(variables) : .categorical(variables / 2, categories: 4)
    let evaluations = estimator.evaluations(variables: latent)
    self.estimator = estimator
    shape = LatentShape(
      rows: rows, variables: latent.count, logitsPerVariable: latent.logitsPerVariable)
    // Probabilities from 0.05 to 0.95: on both sides of 1/2, where estimators branch.
    logits = Self.uniforms(rows: rows, perRow: shape.logitsPerRow, step: 0).map { 6 * $0 - 3 }
    noise = Self.uniforms(rows: rows, perRow: estimator.noisePerRow(variables: latent), step: 1)
    values = Self.uniforms(rows: rows, perRow: evaluations, step: 2)
    let usesDerivatives = estimator is any DifferentiableGradientEstimator
    let sampleCount = usesDerivatives ? shape.logitCount : shape.sampleCount
    derivatives =
      usesDerivatives ? Self.uniforms(rows: rows, perRow: evaluations * shape.logitsPerRow, step: 3) : []
    samples = [Float](repeating: 0, count: evaluations * sampleCount)
    gradient = [Float](repeating: 0, count: shape.logitCount)
  }

  /// Draws and combines once.
  mutating func run() {
    draw()
    combine()
  }

  /// The instructions of one draw and of one combination; nil where the platform cannot count.
  ///
  /// Of three counts the smallest: an allocation takes some more instructions at one time than at another.
  mutating func instructions() -> Baseline.Instructions? {
    guard InstructionCounter.isAvailable else { return nil }
    run()
    run()
    return InstructionCounter.exclusively {
      var least = Baseline.Instructions(draw: draw(counting: true), combine: combine(counting: true))
      // Where a count is large, what an allocation adds does not show.
      guard least.total < Self.repeatedBelow else { return least }
      for _ in 0..<2 {
        least.draw = min(least.draw, draw(counting: true))
        least.combine = min(least.combine, combine(counting: true))
      }
      return least
    }
  }

  private static let repeatedBelow = 8192

  /// The shortest time of a row's draw and combination over several rounds, in nanoseconds.
  mutating func nanosecondsPerRow(rounds: Int) -> Double {
    run()
    var shortest = Double.infinity
    for _ in 0..<rounds {
      let start = ContinuousClock.now
      run()
      shortest = min(shortest, (ContinuousClock.now - start) / .nanoseconds(1))
    }
    return shortest / Double(shape.rows)
  }

  @discardableResult
  private mutating func draw(counting: Bool = false) -> Int {
    var buffer: [Float] = []
    swap(&buffer, &samples)
    var output = buffer.mutableSpan
    if counting { InstructionCounter.start() }
    estimator.draw(logits: logits.span, noise: noise.span, shape: shape, samples: &output)
    let steps = counting ? InstructionCounter.stop() : 0
    samples = buffer
    return steps
  }

  @discardableResult
  private mutating func combine(counting: Bool = false) -> Int {
    var buffer: [Float] = []
    swap(&buffer, &gradient)
    var output = buffer.mutableSpan
    var steps = 0
    if let differentiable = estimator as? any DifferentiableGradientEstimator {
      if counting { InstructionCounter.start() }
      differentiable.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
        derivatives: derivatives.span, shape: shape, gradient: &output)
      if counting { steps = InstructionCounter.stop() }
    } else {
      if counting { InstructionCounter.start() }
      estimator.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
        gradient: &output)
      if counting { steps = InstructionCounter.stop() }
    }
    gradient = buffer
    return steps
  }

  private static func uniforms(rows: Int, perRow: Int, step: UInt64) -> [Float] {
    var uniforms = [Float](repeating: 0, count: rows * perRow)
    var output = uniforms.mutableSpan
    RandomStream(seed: 1, purpose: .baseline, step: step)
      .fillUniforms(rows: 0..<rows, perRow: perRow, into: &output)
    return uniforms
  }
}

extension StreamPurpose {
  /// Workloads of the baseline: cost, golden bits, sampled moments.
  static let baseline = StreamPurpose(rawValue: 16)
}
