internal import ElementwiseKernels
internal import GradientEstimators
internal import RandomStreams

extension StreamPurpose {
  /// Latents drawn from a prior.
  static let priorSamples = StreamPurpose(rawValue: 10)
}

extension VariationalAutoencoderTrainer {
  /// Pixel probabilities p(x = 1 | z), or mean intensities in 0...1, [rows x pixels], for latents [rows x latents]: 0 and 1, or category
  /// indices.
  ///
  /// - Throws: `ModelError` if the latents are not whole rows, or a category does not exist.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func decodeMeans(latents: Span<Scalar>) throws(ModelError) -> [Scalar] {
    guard latents.count > 0, latents.count % configuration.latents == 0 else {
      throw .wrongCount(
        what: "latents to decode", found: latents.count,
        expected: "a positive multiple of \(configuration.latents) latents")
    }
    if let categories = configuration.categories {
      for index in latents.indices {
        let latent = latents[index]
        guard !(latent >= 0 && latent < Scalar(categories) && latent == latent.rounded(.down)) else {
          continue
        }
        throw .invalidSetting(
          name: "latent \(index)", value: "\(latent)", expected: "a category below \(categories)")
      }
    }
    let likelihood = configuration.likelihood
    return model.decoderLogits(latents: latents).map { likelihood.brightness($0) }
  }

  /// Pixel probabilities or mean intensities, [rows x pixels], at the most probable latents of images [rows x pixels].
  ///
  /// - Throws: `ModelError` if the images have the wrong count or values.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reconstruct(images: Span<UInt8>) throws(ModelError) -> [Scalar] {
    let logits = encoderLogits(images: try copy(images, what: "images to reconstruct"))
    let latents = mostProbable(logits: logits)
    return try decodeMeans(latents: latents.span)
  }

  /// The most probable latents, [rows x latents], for logits of q.
  private func mostProbable(logits: [Scalar]) -> [Scalar] {
    guard let categories = configuration.categories else { return logits.map { $0 > 0 ? 1 : 0 } }
    return stride(from: 0, to: logits.count, by: categories).map { start in
      var best = 0
      for category in 1..<categories where logits[start + category] > logits[start + best] {
        best = category
      }
      return Scalar(best)
    }
  }

  /// Latents drawn from the prior, [rows x latents]: 0 and 1, or category indices.
  ///
  /// - Parameters:
  ///   - rows: how many; row r draws from row r of the stream (seed, priorSamples, 0).
  ///   - seed: addresses the noise.
  /// - Returns: the latents of each row.
  /// - Throws: `ModelError` if there are no rows, or no prior.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func priorSamples(rows: Int, seed: UInt64) throws(ModelError) -> [Scalar] {
    guard rows > 0 else {
      throw .invalidSetting(name: "rows", value: "\(rows)", expected: "at least 1")
    }
    guard configuration.objective == .generation else {
      throw .invalidSetting(
        name: "objective", value: configuration.objective.rawValue,
        expected: "generation, because only then there is a prior")
    }
    let variables = configuration.latentVariables
    let shape = LatentShape(
      rows: rows, variables: variables.count, logitsPerVariable: variables.logitsPerVariable)
    let logits = Array(repeating: model.priorLogits, count: rows).flatMap { $0 }
    var noise = [Scalar](repeating: 0, count: shape.sampleCount)
    var samples = noise
    var numbers = noise.mutableSpan
    RandomStream(seed: seed, purpose: .priorSamples, step: 0).fillUniforms(
      rows: 0..<rows, perRow: variables.count, into: &numbers)
    var target = samples.mutableSpan
    REINFORCE().draw(logits: logits.span, noise: noise.span, shape: shape, samples: &target)
    return samples
  }
}
