internal import ElementwiseKernels
internal import GradientEstimators
internal import RandomStreams

/// Gradient ascent on E[(z - target)^2] over one Bernoulli variable, from logit 0, one draw of the estimator in each step.
struct ToyTrajectory: Sendable {
  let target: Double
  let stepSize: Double

  func objective(_ sample: Double) -> Double { (sample - target) * (sample - target) }

  /// The derivative (1 - 2 target) p (1 - p) of E[(z - target)^2] with respect to the logit of p.
  func exactGradient(logit: Double) -> Double {
    (1 - 2 * target) * Double.sigmoid(logit) * Double.sigmoid(-logit)
  }

  /// The probability before the first and after each of the steps along the exact gradient.
  func exact(iterations: Int) -> [Double] {
    path(iterations: iterations) { logit, _ in exactGradient(logit: logit) }
  }

  /// The probability before the first and after each of the steps; `row` names the trajectory's own random numbers.
  func sampled(by estimator: any GradientEstimator, seed: UInt64, row: Int, iterations: Int) -> [Double] {
    var walker = Walker(estimator: estimator)
    return path(iterations: iterations) { logit, iteration in
      let stream = RandomStream(seed: seed, purpose: .toyStudy, step: UInt64(iteration))
      return walker.gradient(logit: logit, stream: stream, row: row, objective: objective)
    }
  }

  private func path(iterations: Int, gradient: (Double, Int) -> Double) -> [Double] {
    var logit = 0.0
    var probabilities = [0.5]
    probabilities.reserveCapacity(iterations + 1)
    for iteration in 0..<iterations {
      logit += stepSize * gradient(logit, iteration)
      probabilities.append(.sigmoid(logit))
    }
    return probabilities
  }

  /// One row of one variable, with buffers that are used in every step.
  private struct Walker {
    var estimator: any GradientEstimator
    var noise: [Double]
    var samples: [Double]
    var values: [Double]
    var gradient: [Double] = [0]
    private static let shape = LatentShape(rows: 1, variables: 1)

    init(estimator: any GradientEstimator) {
      self.estimator = estimator
      noise = [Double](repeating: 0, count: estimator.noisePerRow(variables: .binary(1)))
      samples = [Double](repeating: 0, count: estimator.evaluations(variables: .binary(1)))
      values = samples
    }

    mutating func gradient(
      logit: Double, stream: RandomStream, row: Int, objective: (Double) -> Double
    ) -> Double {
      let logits = [logit]
      fillNoise(stream, row)
      drawSamples(logits)
      for place in samples.indices { values[place] = objective(samples[place]) }
      combineValues(logits)
      observe(logits)
      return gradient[0]
    }

    private mutating func fillNoise(_ stream: RandomStream, _ row: Int) {
      let count = noise.count
      var output = noise.mutableSpan
      stream.fillUniforms(rows: row..<row + 1, perRow: count, into: &output)
    }

    private mutating func drawSamples(_ logits: [Double]) {
      let (estimator, noise) = (estimator, noise)
      var output = samples.mutableSpan
      estimator.draw(logits: logits.span, noise: noise.span, shape: Self.shape, samples: &output)
    }

    private mutating func combineValues(_ logits: [Double]) {
      let (estimator, noise, samples, values) = (estimator, noise, samples, values)
      var output = gradient.mutableSpan
      estimator.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: Self.shape,
        gradient: &output)
    }

    private mutating func observe(_ logits: [Double]) {
      let (noise, samples, values) = (noise, samples, values)
      estimator.observe(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: Self.shape)
    }
  }
}
