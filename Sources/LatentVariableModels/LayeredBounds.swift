internal import ElementwiseKernels
internal import RandomStreams

extension LayeredTrainer {
  /// The importance-weighted bound of each image, in nats: log (1/S) sum_s w_s with paths z_1 ... z_T drawn S times up the chain,
  /// each layer from its law given the one before.
  ///
  /// For generation w = p(x, z) / q(z | x), a bound on log p(x); for prediction w = p(y | z_T), a bound on log p(y | x), and an image
  /// is classified by the class of the largest mean of p(class | z_T) over the samples. Samples are states whatever the
  /// estimator trains with. The result for an image depends on nothing but the image, its label, its row, `samples`, `seed` and
  /// `step`: neither on threads nor on the images it is evaluated with.
  ///
  /// - Parameters:
  ///   - images: 0/1 bytes, [count x pixels].
  ///   - labels: the classes, [count]; any for a model without classes.
  ///   - firstRow: row of the first image; image i draws from row firstRow + i of the stream (seed, evaluation, step), sample
  ///     after sample and in each layer after layer.
  ///   - samples: S.
  ///   - seed: addresses the noise; independent of the seed of training.
  ///   - step: addresses the noise, below 2^56.
  /// - Returns: one bound for each image, and whether it is classified rightly where there are classes.
  /// - Throws: `ModelError` if an argument is out of range, or if a bound is not finite.
  /// - Complexity: count x S multiply-adds for each parameter but those of the first network, which takes count.
  ///
  /// Source: Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016, equation 8, with several layers as in
  /// section 3.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func bounds(
    images: Span<UInt8>, labels: Span<UInt16>, firstRow: Int, samples: Int, seed: UInt64, step: UInt64
  ) throws(ModelError) -> ImageBounds {
    let stream = RandomStream(seed: seed, purpose: .evaluation, step: step)
    let results = try bounds(
      images: images, labels: labels, firstRow: firstRow, samples: samples, noise: .stream(stream))
    for (image, bound) in results.bounds.enumerated() where !bound.isFinite {
      throw .notFinite(quantity: "the bound of image row \(firstRow + image)", step: step)
    }
    return results
  }

  /// The bounds with their uniform numbers as an argument, [count x samples x latents of all layers] if given as numbers.
  mutating func bounds(
    images: Span<UInt8>, labels: Span<UInt16>, firstRow: Int, samples: Int, noise: NoiseSource<Scalar>
  ) throws(ModelError) -> ImageBounds {
    guard samples > 0 else {
      throw .invalidSetting(name: "samples", value: "\(samples)", expected: "at least 1")
    }
    guard firstRow >= 0 else {
      throw .invalidSetting(name: "firstRow", value: "\(firstRow)", expected: "at least 0")
    }
    guard images.count > 0, images.count % configuration.pixels == 0 else {
      throw .wrongCount(
        what: "images of a bound", found: images.count,
        expected: "a positive multiple of \(configuration.pixels) pixels")
    }
    try requireBinary(images)
    let count = images.count / configuration.pixels
    try requireLabels(labels, count: count, classes: configuration.classes)
    let logPriorOfZero = logPriorOfZero()
    let context = LayeredBoundContext(
      model: model, images: images.indices.map { images[$0] }, labels: labels.indices.map { labels[$0] },
      firstRow: firstRow, noise: noise, logPriorOfZero: logPriorOfZero, workers: threads)
    prepareBoundWorkers(samples: samples, count: count)
    team.run(&boundWorkers, context)
    let workers = (0..<count).map { (firstRow + $0) / LayeredBoundWorker<Scalar>.blockRows % threads }
    return ImageBounds(
      bounds: workers.enumerated().map { boundWorkers[$1].bounds[$0] },
      isCorrect: configuration.classes == 0
        ? [] : workers.enumerated().map { boundWorkers[$1].isCorrect[$0] })
  }

  private mutating func prepareBoundWorkers(samples: Int, count: Int) {
    if boundWorkers.first?.samples != samples {
      boundWorkers = (0..<threads).map { _ in LayeredBoundWorker(model: model, samples: samples) }
    }
    for index in boundWorkers.indices {
      boundWorkers[index].bounds = Array(repeating: 0, count: count)
      boundWorkers[index].isCorrect = Array(repeating: false, count: count)
    }
  }
}
