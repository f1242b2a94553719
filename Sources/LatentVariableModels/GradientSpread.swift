internal import ElementwiseKernels
internal import NeuralNetworks
internal import RandomStreams

extension StreamPurpose {
  /// Noise of the gradients whose spread is measured.
  static let gradientSpread = StreamPurpose(rawValue: 11)
}

/// The spread of an estimator's gradient with respect to the logits of the latents, at fixed parameters and images.
public struct GradientSpread: Hashable, Sendable {
  /// For each layer of latents the sum over its logits of the unbiased sample variance of the gradient's component, for each image:
  /// [layers][images].
  public let variances: [[Double]]
}

/// Mean and squared deviations of each component of a row of vectors, vector by vector.
///
/// Source: Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4(3), 1962.
struct RunningMoments {
  private var count = 0
  private var means: [Double]
  private var squares: [Double]

  init(components: Int) {
    means = Array(repeating: 0, count: components)
    squares = means
  }

  /// - Precondition: as many components as were said.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func add<Scalar: KernelScalar>(_ vector: [Scalar], times factor: Double) {
    precondition(vector.count == means.count)
    count += 1
    for place in means.indices {
      let value = factor * Double(vector[place])
      let deviation = value - means[place]
      means[place] += deviation / Double(count)
      squares[place] += deviation * (value - means[place])
    }
  }

  /// Sums of the unbiased variances over each `width` components.
  ///
  /// - Precondition: two vectors were added at least.
  func variances(width: Int) -> [Double] {
    precondition(count > 1)
    return stride(from: 0, to: squares.count, by: width).map { start in
      squares[start..<start + width].reduce(0, +) / Double(count - 1)
    }
  }
}

extension VariationalAutoencoderTrainer {
  /// The spread of the estimator's gradient with respect to the encoder's logits over `draws` of its noise.
  ///
  /// Nothing is learnt: parameters, prior and what the estimator remembers stay. The gradient is that of one image's objective, as
  /// a training step computes it; a step takes the batch's mean.
  ///
  /// - Parameters:
  ///   - images: 0/1 bytes, [batch x pixels].
  ///   - labels: not read.
  ///   - draws: at least 2.
  ///   - seed: draw d takes its noise from the stream (seed, gradientSpread, d), image r from its row r.
  ///   - proceed: is told before each draw how many are done; false ends the work.
  /// - Returns: the spread, or nil where `proceed` said no.
  /// - Throws: `ModelError` if an argument is out of range, or a gradient is not finite.
  /// - Complexity: `draws` training steps without their update.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func gradientSpread(
    images: Span<UInt8>, labels: Span<UInt16>, draws: Int, seed: UInt64, proceed: (_ done: Int) -> Bool
  ) throws(ModelError) -> GradientSpread? {
    try gradientSpread(images: images, draws: draws, proceed: proceed) { draw in
      .stream(RandomStream(seed: seed, purpose: .gradientSpread, step: UInt64(draw)))
    }
  }

  /// The spread with each draw's noise as an argument.
  mutating func gradientSpread(
    images: Span<UInt8>, draws: Int, proceed: (_ done: Int) -> Bool = { _ in true },
    noise: (_ draw: Int) -> NoiseSource<Scalar>
  ) throws(ModelError) -> GradientSpread? {
    try requireDraws(draws)
    try load(images)
    let width = configuration.latentWidth
    var moments = shards.map { RunningMoments(components: $0.rows.count * width) }
    for draw in 0..<draws {
      guard proceed(draw) else { return nil }
      runShards(noise: noise(draw))
      for (index, shard) in shards.enumerated() {
        guard shard.isFinite else { throw notFinite(draw) }
        // The pass carries the gradient of the batch's mean loss.
        let gradients = shard.passes[NetworkRole.encoder.rawValue].workspace.outputGradients
        moments[index].add(gradients[gradients.count - 1], times: -Double(settings.batchSize))
      }
    }
    return GradientSpread(variances: [moments.flatMap { $0.variances(width: width) }])
  }
}

extension LayeredTrainer {
  /// The spread of the estimator's gradient with respect to each layer's logits over `draws` of its noise.
  ///
  /// As for `VariationalAutoencoderTrainer`: the logits of a layer above the first follow from the samples below, so that its spread
  /// includes that of the samples it is conditioned on. The layers' noise is in the rows that `step` says, of the stream
  /// (seed, gradientSpread, draw).
  ///
  /// - Returns: the spread, or nil where `proceed` said no.
  /// - Throws: `ModelError` if an argument is out of range, or a gradient is not finite.
  /// - Complexity: `draws` training steps without their update.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func gradientSpread(
    images: Span<UInt8>, labels: Span<UInt16>, draws: Int, seed: UInt64, proceed: (_ done: Int) -> Bool
  ) throws(ModelError) -> GradientSpread? {
    try gradientSpread(images: images, labels: labels, draws: draws, proceed: proceed) { draw in
      .stream(RandomStream(seed: seed, purpose: .gradientSpread, step: UInt64(draw)))
    }
  }

  /// The spread with each draw's noise as an argument.
  mutating func gradientSpread(
    images: Span<UInt8>, labels: Span<UInt16>, draws: Int, proceed: (_ done: Int) -> Bool = { _ in true },
    noise: (_ draw: Int) -> LayeredNoise<Scalar>
  ) throws(ModelError) -> GradientSpread? {
    try requireDraws(draws)
    try load(images, labels)
    let widths = configuration.latentWidths
    var moments = widths.map { width in
      shards.map { RunningMoments(components: $0.rows.count * width) }
    }
    for draw in 0..<draws {
      guard proceed(draw) else { return nil }
      runShards(noise: noise(draw))
      for (index, shard) in shards.enumerated() {
        guard shard.isFinite else { throw notFinite(draw) }
        for layer in widths.indices { moments[layer][index].add(shard.layers[layer].gradient, times: 1) }
      }
    }
    return GradientSpread(
      variances: zip(widths, moments).map { width, shards in
        shards.flatMap { $0.variances(width: width) }
      })
  }
}

private func requireDraws(_ draws: Int) throws(ModelError) {
  guard draws > 1 else {
    throw .invalidSetting(name: "draws", value: "\(draws)", expected: "at least 2")
  }
}

private func notFinite(_ draw: Int) -> ModelError {
  .notFinite(quantity: "the gradient with respect to the logits", step: UInt64(draw))
}
