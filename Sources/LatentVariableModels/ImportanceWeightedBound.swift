internal import ElementwiseKernels
internal import NeuralNetworks
internal import RandomStreams

extension VariationalAutoencoderTrainer {
  /// The importance-weighted bound on log p(x) of each image, in nats: log (1/S) sum_s p(x, z_s) / q(z_s | x) with
  /// z_1 ... z_S independent from q(z | x).
  ///
  /// Of a completion: half of log (1/S) sum_s p(lower, lower | z_s) with z_s from q(z | upper), for one lower half.
  ///
  /// Its expectation grows with S from the ELBO (S = 1) towards log p(x). The result for an image depends on nothing but
  /// the image, its row, `samples`, `seed` and `step`: neither on threads nor on the images it is evaluated with.
  ///
  /// - Parameters:
  ///   - images: bytes, [count x pixels]: 0 and 1, or intensities (see `PixelLikelihood`).
  ///   - firstRow: row of the first image; image i draws from row firstRow + i of the stream (seed, evaluation, step).
  ///   - samples: S.
  ///   - seed: addresses the noise; independent of the seed of training.
  ///   - step: addresses the noise, below 2^56.
  /// - Returns: one bound for each image.
  /// - Throws: `ModelError` if an argument is out of range, or if a bound is not finite.
  /// - Complexity: count x (encoder + S decoder parameters) multiply-adds.
  ///
  /// Source: Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016, equation 8.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func importanceWeightedBounds(
    images: Span<UInt8>, firstRow: Int, samples: Int, seed: UInt64, step: UInt64
  ) throws(ModelError) -> [Double] {
    let stream = RandomStream(seed: seed, purpose: .evaluation, step: step)
    let bounds = try importanceWeightedBounds(
      images: images, firstRow: firstRow, samples: samples, noise: .stream(stream))
    for (image, bound) in bounds.enumerated() where !bound.isFinite {
      throw .notFinite(quantity: "the bound of image row \(firstRow + image)", step: step)
    }
    return bounds
  }

  /// The bounds with their uniform numbers as an argument, [count x samples x latents] if given as numbers.
  mutating func importanceWeightedBounds(
    images: Span<UInt8>, firstRow: Int, samples: Int, noise: NoiseSource<Scalar>
  ) throws(ModelError) -> [Double] {
    guard samples > 0 else {
      throw .invalidSetting(name: "samples", value: "\(samples)", expected: "at least 1")
    }
    guard firstRow >= 0 else {
      throw .invalidSetting(name: "firstRow", value: "\(firstRow)", expected: "at least 0")
    }
    let priorOffset = priorOffset()
    let context = BoundContext(
      model: model, images: try copy(images, what: "images of a bound"), firstRow: firstRow, noise: noise,
      priorOffset: priorOffset, workers: threads)
    prepareBoundWorkers(samples: samples, count: context.count)
    team.run(&boundWorkers, context)
    return (0..<context.count).map { image in
      let block = (firstRow + image) / BoundWorker<Scalar>.blockRows
      return boundWorkers[block % threads].bounds[image] / Double(configuration.objective.copies)
    }
  }

  private mutating func prepareBoundWorkers(samples: Int, count: Int) {
    if boundWorkers.first?.samples != samples {
      boundWorkers = (0..<threads).map { _ in BoundWorker(model: model, samples: samples) }
    }
    for index in boundWorkers.indices { boundWorkers[index].bounds = Array(repeating: 0, count: count) }
  }

  /// Whole images as an array that workers can share.
  func copy(_ images: Span<UInt8>, what: String) throws(ModelError) -> [UInt8] {
    guard images.count > 0, images.count % configuration.pixels == 0 else {
      throw .wrongCount(
        what: what, found: images.count, expected: "a positive multiple of \(configuration.pixels) pixels")
    }
    try requireValid(images)
    return unsafe Array(unsafeUninitializedCapacity: images.count) { buffer, count in
      for index in images.indices { unsafe buffer.initializeElement(at: index, to: images[index]) }
      count = images.count
    }
  }
}
