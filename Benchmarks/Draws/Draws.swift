import Benchmark
import GradientEstimators
import RandomStreams

/// Gradient draws of every estimator for one layer, in `Float` on one core: noise from Philox, draw, a trivial objective,
/// combine. Throughput counts draws, each the gradient of a whole row.
///
/// `armature benchmark --draws` times the same work without this library, and counts memory allocations; here are the
/// percentiles, and comparisons between revisions by `benchmark baseline`.
let benchmarks: @Sendable () -> Void = {
  for entry in EstimatorCatalogue.entries {
    for number in [2, 4] {
      let numbers = entry.parameters.map { parameter in
        if !parameter.isWhole { return "0.5" }
        return parameter.name == "pairs" ? "\(number / 2)" : "\(number)"
      }
      // An estimator without a number of samples is there once; networks take estimators of their own.
      guard entry.parameters.contains(where: \.isWhole) || number == 2 else { continue }
      let name = numbers.isEmpty ? entry.baseName : "\(entry.baseName):\(numbers.joined(separator: ","))"
      guard let estimator = try? EstimatorCatalogue.make(name) else { continue }
      for variables in [8, 200] {
        let latent =
          estimator.supports(.binary(variables))
          ? LatentVariables.binary(variables) : .categorical(variables, categories: 10)
        add(estimator, latent, title: "\(name) D=\(variables)", rows: nil)
      }
    }
  }
  if let estimator = try? EstimatorCatalogue.make("carms-i:3") {
    add(estimator, .categorical(20, categories: 10), title: "carms-i:3 D=20 C=10 batch 50", rows: 50)
  }
}

private func add(_ estimator: any GradientEstimator, _ latent: LatentVariables, title: String, rows: Int?) {
  Benchmark(
    title,
    configuration: .init(
      metrics: [.throughput, .wallClock, .cpuTotal], warmupIterations: 3, maxDuration: .milliseconds(300))
  ) { benchmark in
    var batch = Batch(estimator: estimator, latent: latent, rows: rows)
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { batch.draw() }
    benchmark.stopMeasurement()
    blackHole(batch.gradient)
  }
}

/// Buffers of a batch, made once.
private struct Batch {
  private let estimator: any GradientEstimator
  private let shape: LatentShape
  private let logits: [Float]
  private let perRow: Int
  private var noise: [Float]
  private var samples: [Float]
  private var values: [Float]
  private var derivatives: [Float]
  private(set) var gradient: [Float]
  private var step: UInt64 = 1

  init(estimator: any GradientEstimator, latent: LatentVariables, rows: Int?) {
    var prepared = estimator
    prepared.prepare(for: latent)
    self.estimator = prepared
    let evaluations = estimator.evaluations(variables: latent)
    let usesDerivatives = estimator is any DifferentiableGradientEstimator
    let perEvaluation = usesDerivatives ? latent.logitCount : latent.count
    let rows = rows ?? max(8, min(512, (1 << 15) / (evaluations * perEvaluation)))
    shape = LatentShape(rows: rows, variables: latent.count, logitsPerVariable: latent.logitsPerVariable)
    perRow = estimator.noisePerRow(variables: latent)
    noise = [Float](repeating: 0, count: rows * perRow)
    samples = [Float](repeating: 0, count: evaluations * rows * perEvaluation)
    values = [Float](repeating: 0, count: evaluations * rows)
    derivatives = usesDerivatives ? samples : []
    gradient = [Float](repeating: 0, count: shape.logitCount)
    var uniforms = gradient
    let width = shape.logitsPerRow
    var output = uniforms.mutableSpan
    RandomStream(seed: 1, purpose: .evaluation, step: 0)
      .fillUniforms(rows: 0..<rows, perRow: width, into: &output)
    logits = uniforms.map { 6 * $0 - 3 }
  }

  mutating func draw() {
    let stream = RandomStream(seed: 1, purpose: .evaluation, step: step)
    step += 1
    let (rows, count) = (shape.rows, perRow)
    var numbers = noise.mutableSpan
    stream.fillUniforms(rows: 0..<rows, perRow: count, into: &numbers)
    var drawn = Self.take(&samples)
    var points = drawn.mutableSpan
    estimator.draw(logits: logits.span, noise: noise.span, shape: shape, samples: &points)
    samples = drawn
    evaluate()
    combine()
  }

  private mutating func combine() {
    var combined = Self.take(&gradient)
    var output = combined.mutableSpan
    if let differentiable = estimator as? any DifferentiableGradientEstimator {
      differentiable.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
        derivatives: derivatives.span, shape: shape, gradient: &output)
    } else {
      estimator.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
        gradient: &output)
    }
    gradient = combined
  }

  /// The sum over d of (z_d - 0.49)^2, and its derivatives where they are used.
  private mutating func evaluate() {
    let width = samples.count / values.count
    for item in values.indices {
      var sum: Float = 0
      for place in item * width..<(item + 1) * width {
        sum += (samples[place] - 0.49) * (samples[place] - 0.49)
      }
      values[item] = sum
    }
    for place in derivatives.indices { derivatives[place] = 2 * (samples[place] - 0.49) }
  }

  private static func take(_ buffer: inout [Float]) -> [Float] {
    var taken: [Float] = []
    swap(&taken, &buffer)
    return taken
  }
}
