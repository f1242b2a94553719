internal import ElementwiseKernels
internal import GradientEstimators
internal import RandomStreams

/// Gradient draws in `Float` as in training: noise from Philox, draw, a trivial objective, combine.
///
/// The objective is the sum over d of (z_d - 0.49)^2, of points where the estimator draws points. All buffers are made
/// once.
struct DrawWorkload {
  private var estimator: any GradientEstimator
  let shape: LatentShape
  let evaluations: Int
  private let noisePerRow: Int
  private let logits: [Float]
  private let usesDerivatives: Bool
  private var noise: [Float]
  private var samples: [Float]
  private var values: [Float]
  /// Empty where the estimator uses none.
  private var derivatives: [Float]
  private var gradient: [Float]
  private var step: UInt64 = 1

  /// Rows are gradients drawn at a time; nil for as many as keep the samples within a core's cache.
  init(estimator: any GradientEstimator, variables: LatentVariables, rows: Int? = nil) {
    self.estimator = estimator
    self.estimator.prepare(for: variables)
    evaluations = estimator.evaluations(variables: variables)
    noisePerRow = estimator.noisePerRow(variables: variables)
    usesDerivatives = estimator is any DifferentiableGradientEstimator
    let perEvaluation = usesDerivatives ? variables.logitCount : variables.count
    let rows = rows ?? max(8, min(512, Self.cachedNumbers / (evaluations * perEvaluation)))
    shape = LatentShape(
      rows: rows, variables: variables.count, logitsPerVariable: variables.logitsPerVariable)
    noise = [Float](repeating: 0, count: rows * noisePerRow)
    samples = [Float](repeating: 0, count: evaluations * rows * perEvaluation)
    values = [Float](repeating: 0, count: evaluations * rows)
    derivatives = usesDerivatives ? samples : []
    gradient = [Float](repeating: 0, count: shape.logitCount)
    // Probabilities from 0.05 to 0.95: on both sides of 1/2, where estimators branch.
    var uniforms = [Float](repeating: 0, count: shape.logitCount)
    var output = uniforms.mutableSpan
    RandomStream(seed: 1, purpose: .baseline, step: 0)
      .fillUniforms(rows: 0..<rows, perRow: shape.logitsPerRow, into: &output)
    logits = uniforms.map { 6 * $0 - 3 }
  }

  private static let cachedNumbers = 1 << 15

  /// Draws a batch of gradients.
  mutating func run() {
    fillNoise()
    draw()
    evaluate()
    combine()
  }

  /// The memory allocations of one `draw` and one `combine`; nil where the platform cannot count.
  mutating func allocations() -> Int? {
    guard InstructionCounter.isAvailable else { return nil }
    run()
    run()
    return InstructionCounter.exclusively {
      let first = draw(counting: true)
      evaluate()
      return first + combine(counting: true)
    }
  }

  private mutating func fillNoise() {
    let stream = RandomStream(seed: 1, purpose: .baseline, step: step)
    let (rows, perRow) = (shape.rows, noisePerRow)
    var output = noise.mutableSpan
    stream.fillUniforms(rows: 0..<rows, perRow: perRow, into: &output)
    step += 1
  }

  /// Returns the allocations, if they are counted.
  @discardableResult
  private mutating func draw(counting: Bool = false) -> Int {
    var buffer = Self.take(&samples)
    var output = buffer.mutableSpan
    if counting { InstructionCounter.start() }
    estimator.draw(logits: logits.span, noise: noise.span, shape: shape, samples: &output)
    let allocations = counting ? Self.counted() : 0
    samples = buffer
    return allocations
  }

  /// Returns the allocations, if they are counted.
  @discardableResult
  private mutating func combine(counting: Bool = false) -> Int {
    var buffer = Self.take(&gradient)
    var output = buffer.mutableSpan
    var allocations = 0
    if let differentiable = estimator as? any DifferentiableGradientEstimator {
      if counting { InstructionCounter.start() }
      differentiable.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
        derivatives: derivatives.span, shape: shape, gradient: &output)
      if counting { allocations = Self.counted() }
    } else {
      if counting { InstructionCounter.start() }
      estimator.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
        gradient: &output)
      if counting { allocations = Self.counted() }
    }
    gradient = buffer
    return allocations
  }

  private static func counted() -> Int {
    _ = InstructionCounter.stop()
    return InstructionCounter.allocations
  }

  private mutating func evaluate() {
    var buffer = Self.take(&values)
    var output = buffer.mutableSpan
    Self.sumOfSquares(samples.span, into: &output)
    values = buffer
    guard usesDerivatives else { return }
    for i in samples.indices { derivatives[i] = 2 * (samples[i] - 0.49) }
  }

  /// Eight sums at a time, which the compiler keeps in one register.
  private static func sumOfSquares(_ samples: Span<Float>, into values: inout MutableSpan<Float>) {
    let width = samples.count / values.count
    for item in 0..<values.count {
      let own = samples.extracting(item * width..<(item + 1) * width)
      var sums = SIMD8<Float>(repeating: 0)
      var place = 0
      while place + 8 <= width {
        let z = SIMD8(
          own[place], own[place + 1], own[place + 2], own[place + 3], own[place + 4], own[place + 5],
          own[place + 6], own[place + 7])
        sums += (z - 0.49) * (z - 0.49)
        place += 8
      }
      var sum = sums.sum()
      while place < width {
        sum += (own[place] - 0.49) * (own[place] - 0.49)
        place += 1
      }
      values[item] = sum
    }
  }

  /// Moves a buffer out, so that it can be written while the others are read.
  private static func take(_ buffer: inout [Float]) -> [Float] {
    var taken: [Float] = []
    swap(&taken, &buffer)
    return taken
  }
}
