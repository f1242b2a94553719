internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks
internal import RandomStreams

extension StreamPurpose {
  /// Latents drawn given an image, to show what the model makes of it.
  static let reconstructions = StreamPurpose(rawValue: 12)
}

/// Samples of the latents over which the prediction of the pixels that are not given is averaged.
private let completionSamples = 100

extension VariationalAutoencoderTrainer {
  /// The upper half of the pixels where the lower is to be completed; 0 where every pixel is modelled.
  public var givenPixels: Int { configuration.objective == .completion ? configuration.pixels / 2 : 0 }

  /// p(x = 1 | z) or mean intensities, [count x pixels], with z from the prior: image r draws from row r of the stream (seed,
  /// priorSamples, 0). Nil for a completion, which has no prior.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func generatedImages(count: Int, seed: UInt64) throws(ModelError) -> [Float]? {
    guard configuration.objective == .generation else { return nil }
    let latents = try priorSamples(rows: count, seed: seed)
    return try decodeMeans(latents: latents.span).map { Float($0) }
  }

  /// For generation p(x = 1 | z) or mean intensities, [count x pixels], with one z from q(z | x) for each image x. For a completion the
  /// upper pixels as they are, and for each lower one the mean of p(x = 1 | z) over both copies and 100 samples z.
  ///
  /// Image r draws from row r of the stream (seed, reconstructions, 0), sample after sample.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reconstructions(images: Span<UInt8>, seed: UInt64) throws(ModelError) -> [Float]? {
    let images = try copy(images, what: "images to reconstruct")
    guard configuration.objective == .completion else {
      return try decodedSamples(images, samples: 1, seed: seed).map { Float($0) }
    }
    let (pixels, half) = (configuration.pixels, configuration.pixels / 2)
    let predictions = try decodedSamples(images, samples: completionSamples, seed: seed)
    return images.indices.map { place in
      guard place % pixels >= half else { return Float(images[place]) }
      let first = place / pixels * completionSamples * pixels + place % half
      let copies = stride(from: first, to: first + completionSamples * pixels, by: half)
      return Float(copies.reduce(0.0) { $0 + Double(predictions[$1]) } / Double(2 * completionSamples))
    }
  }

  /// The decoder's probabilities, [images x samples x pixels], at latents drawn given each image.
  private func decodedSamples(
    _ images: [UInt8], samples: Int, seed: UInt64
  ) throws(ModelError) -> [Scalar] {
    let logits = encoderLogits(images: images)
    let variables = configuration.latentVariables
    let count = logits.count / variables.logitCount
    let shape = LatentShape(
      rows: count * samples, variables: variables.count, logitsPerVariable: variables.logitsPerVariable)
    let repeated = (0..<shape.rows).flatMap { row in
      logits[row / samples * variables.logitCount..<(row / samples + 1) * variables.logitCount]
    }
    let noise: [Scalar] = uniforms(
      seed: seed, purpose: .reconstructions, rows: count, perRow: samples * variables.count)
    var latents = noise
    var target = latents.mutableSpan
    REINFORCE().draw(logits: repeated.span, noise: noise.span, shape: shape, samples: &target)
    return try decodeMeans(latents: latents.span)
  }
}

extension LayeredTrainer {
  /// The pixels that the chain starts from where the others are to be completed; 0 otherwise.
  public var givenPixels: Int { configuration.objective == .completion ? configuration.inputs : 0 }

  /// p(x = 1 | z_1), [count x pixels], with z_T from the prior and the layers below down the decoders: image r draws from row r of the
  /// stream (seed, priorSamples, 0), layer after layer from the last.
  ///
  /// Nil for a model that predicts.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func generatedImages(count: Int, seed: UInt64) throws(ModelError) -> [Float]? {
    guard configuration.objective == .generation else { return nil }
    guard count > 0 else { throw .invalidSetting(name: "count", value: "\(count)", expected: "at least 1") }
    let all = configuration.latents.reduce(0, +)
    let noise: [Scalar] = uniforms(seed: seed, purpose: .priorSamples, rows: count, perRow: all)
    var logits = (0..<count).flatMap { _ in model.priorLogits }
    var first = 0
    for layer in configuration.latents.indices.reversed() {
      let width = configuration.latents[layer]
      let bits = bits(layer: layer, logits: logits, uniforms: part(first, width, of: noise, perRow: all))
      logits = outputs(ofNetwork: configuration.layers + layer, bits: bits)
      first += width
    }
    return probabilities(logits).map { Float($0) }
  }

  /// For generation p(x = 1 | z_1), [count x pixels], with one z_1 from q(z_1 | x) for each image x. For completion the given pixels, and
  /// for each other the mean of p(x = 1 | z_T) over 100 samples of the chain. Nil for a classifier.
  ///
  /// Image r draws from row r of the stream (seed, reconstructions, 0), sample after sample and in each layer after layer.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reconstructions(images: Span<UInt8>, seed: UInt64) throws(ModelError) -> [Float]? {
    guard configuration.classes == 0 else { return nil }
    guard images.count > 0, images.count % configuration.pixels == 0 else {
      throw .wrongCount(
        what: "images to reconstruct", found: images.count,
        expected: "a positive multiple of \(configuration.pixels) pixels")
    }
    try requireBinary(images)
    let pixels = images.indices.map { images[$0] }
    return configuration.objective == .generation
      ? decoded(pixels, seed: seed) : completed(pixels, seed: seed)
  }

  private func decoded(_ images: [UInt8], seed: UInt64) -> [Float] {
    let logits = outputs(ofNetwork: 0, bits: images)
    let noise: [Scalar] = uniforms(
      seed: seed, purpose: .reconstructions, rows: images.count / configuration.pixels,
      perRow: configuration.latents[0])
    let reconstructed = outputs(
      ofNetwork: configuration.layers, bits: bits(layer: 0, logits: logits, uniforms: noise))
    return probabilities(reconstructed).map { Float($0) }
  }

  private func completed(_ images: [UInt8], seed: UInt64) -> [Float] {
    let (pixels, inputs, samples) = (configuration.pixels, configuration.inputs, completionSamples)
    let all = configuration.latents.reduce(0, +)
    let noise: [Scalar] = uniforms(
      seed: seed, purpose: .reconstructions, rows: images.count / pixels, perRow: samples * all)
    return stride(from: 0, to: images.count, by: pixels).flatMap { start in
      let given = images[start..<start + inputs]
      var first = start / pixels * samples * all
      let own = Array(noise[first..<first + samples * all])
      var layerBits = (0..<samples).flatMap { _ in given }
      first = 0
      for (layer, width) in configuration.latents.enumerated() {
        let logits = outputs(ofNetwork: layer, bits: layerBits)
        layerBits = bits(layer: layer, logits: logits, uniforms: part(first, width, of: own, perRow: all))
        first += width
      }
      let predictions = probabilities(outputs(ofNetwork: configuration.outputNetwork, bits: layerBits))
      return given.map { Float($0) }
        + (0..<pixels - inputs).map { pixel in
          let values = stride(from: pixel, to: predictions.count, by: pixels - inputs)
          return Float(values.reduce(0.0) { $0 + Double(predictions[$1]) } / Double(samples))
        }
    }
  }

  /// The outputs of a network, [rows x outputs], given bits [rows x inputs].
  private func outputs(ofNetwork number: Int, bits: [UInt8]) -> [Scalar] {
    let network = model.networks[number].network
    var pass = model.pass(network: number, rows: bits.count / network.inputWidth, gradientRows: 0)
    pass.loadBits { bytes in copyBytes(bits.span, to: &bytes) }
    pass.forward(network)
    return pass.outputs
  }

  /// A layer's latents as networks see them, [rows x inputs], from logits and one uniform number for each variable.
  private func bits(layer: Int, logits: [Scalar], uniforms: [Scalar]) -> [UInt8] {
    let variables = configuration.variables(ofLayer: layer)
    var (distributions, bits) = (logits, [UInt8](repeating: 0, count: logits.count))
    var laws = distributions.mutableSpan
    latentDistributions(logits: logits.span, variables: variables, into: &laws)
    var target = bits.mutableSpan
    drawLatents(
      distributions: distributions.span, uniforms: uniforms.span, variables: variables, into: &target)
    return bits
  }
}

/// Numbers `first`..<`first + width` of each row.
private func part<Scalar>(_ first: Int, _ width: Int, of numbers: [Scalar], perRow: Int) -> [Scalar] {
  stride(from: first, to: numbers.count, by: perRow).flatMap { numbers[$0..<$0 + width] }
}

private func uniforms<Scalar: KernelScalar>(
  seed: UInt64, purpose: StreamPurpose, rows: Int, perRow: Int
) -> [Scalar] {
  var numbers = [Scalar](repeating: 0, count: rows * perRow)
  var target = numbers.mutableSpan
  RandomStream(seed: seed, purpose: purpose, step: 0).fillUniforms(
    rows: 0..<rows, perRow: perRow, into: &target)
  return numbers
}

private func probabilities<Scalar: KernelScalar>(_ logits: [Scalar]) -> [Scalar] {
  var probabilities = logits
  var target = probabilities.mutableSpan
  Scalar.sigmoid(logits.span, into: &target)
  return probabilities
}
