import GradientEstimators

@testable import LatentVariableModels

extension SmallLayeredModels {
  /// The expectation of the gradient over the noise of all rows, through the production step, and the enumerated gradient.
  ///
  /// One row is integrated at a time with the others held at fixed noise c, as in `ExactGradientTests`:
  /// E[G] = sum over rows of E_row[G(c, row)] - (rows - 1) G(c).
  static func expectedGradient(
    _ estimator: any LayeredGradientEstimator, _ configuration: LayeredModelConfiguration, rows: Int = 1,
    samples: DecoderSamples = .first
  ) throws -> (mean: [String: [Double]], exact: [String: [Double]]) {
    var trainer = try Self.trainer(
      configuration, batch: rows, estimator: estimator, samples: samples)
    let naive = NaiveLayeredModel(configuration: configuration, tensors: trainer.tensors())
    let images = Array(SmallModels.images.prefix(rows))
    let (batch, labels) = (images.flatMap { $0 }, Array(Self.labels.prefix(rows)))
    let rest = configuration.latents.indices.flatMap { layer -> [[Double]] in
      let counts = estimator.noise(layer: layer, widths: configuration.latents)
      return [counts.own, counts.continuing].enumerated().map { part, perRow in
        SmallModels.numbers(rows * perRow, stream: UInt64(90 + 2 * layer + part)).map { ($0 + 1) / 2 }
      }
    }
    var sum: [String: [Double]] = [:]
    func add(_ gradient: [String: [Double]], times weight: Double) {
      for (name, values) in gradient {
        sum[name] = zip(sum[name] ?? values.map { _ in 0 }, values).map { $0 + weight * $1 }
      }
    }
    for row in images.indices {
      for node in noiseNodes(of: estimator, model: naive, image: images[row]) {
        var noise = rest
        for (part, numbers) in node.parts.enumerated() {
          noise[part].replaceSubrange(row * numbers.count..<(row + 1) * numbers.count, with: numbers)
        }
        _ = try trainer.step(index: 0, images: batch.span, labels: labels.span, noise: .given(noise))
        add(gradient(trainer), times: node.weight)
      }
    }
    if rows > 1 {
      _ = try trainer.step(index: 0, images: batch.span, labels: labels.span, noise: .given(rest))
      add(gradient(trainer), times: -Double(rows - 1))
    }
    return (sum, naive.negativeBoundGradient(images, labels: labels.map { Int($0) }))
  }
}
