internal import ElementwiseKernels
internal import NeuralNetworks
internal import Numerics

/// The parameters of a variational autoencoder: what all workers read in a step.
struct AutoencoderModel<Scalar: KernelScalar>: Sendable {
  let configuration: VariationalAutoencoderConfiguration
  /// Encoder and decoder, in the order of `NetworkRole`.
  var networks: [OptimisedNetwork<Scalar>]
  /// Empty for a completion, which has no prior.
  var priorLogits: [Scalar]
  /// Mean of each pixel over the training images.
  var meanImage: [Float] { didSet { encodeImages() } }
  /// Nil for a likelihood that has none.
  var variances: PixelVariances<Scalar>?

  init(
    configuration: VariationalAutoencoderConfiguration, settings: OptimisationSettings, meanImage: [Float],
    seed: UInt64
  ) {
    self.configuration = configuration
    self.meanImage = meanImage
    priorLogits = Array(
      repeating: 0, count: configuration.objective == .generation ? configuration.latentWidth : 0)
    variances =
      configuration.likelihood == .gaussian
      ? PixelVariances(pixels: configuration.pixels, settings: settings) : nil
    networks = NetworkRole.allCases.map { role in
      var network = MultilayerPerceptron<Scalar>(
        widths: role == .encoder ? configuration.encoderWidths : configuration.decoderWidths,
        slope: Scalar(configuration.leakyReLUSlope))
      network.initialiseGlorotUniform(seed: seed, network: UInt64(role.rawValue))
      return OptimisedNetwork(
        network: network, ones: Self.ones(of: role, configuration), learningRate: settings.learningRate,
        adam: settings.adam(of: role), momentum: settings.momentum)
    }
    encodeImages()
    encodeLatents()
    if configuration.outputBiasFromMean { startOutputBiasFromMean() }
  }

  private mutating func startOutputBiasFromMean() {
    let layers = networks[NetworkRole.decoder.rawValue].network.layers
    for (index, mean) in zip(layers[layers.count - 1].bias, meanImage) {
      let clipped = min(max(Scalar(mean), 0.001), 0.999)
      networks[NetworkRole.decoder.rawValue].network.parameters[index] = Scalar.log(clipped / (1 - clipped))
    }
  }

  var encoder: MultilayerPerceptron<Scalar> { networks[NetworkRole.encoder.rawValue].network }
  var decoder: MultilayerPerceptron<Scalar> { networks[NetworkRole.decoder.rawValue].network }

  /// The encoder sees images: as they are, less the training mean, or as -1 and 1.
  private mutating func encodeImages() {
    let encoding: BinaryEncoding<Scalar> =
      switch configuration.encoderInput {
      case .raw: BinaryEncoding(centres: [])
      case .centred: BinaryEncoding(centres: meanImage.map { Scalar($0) })
      case .signed: BinaryEncoding(scale: 2, centres: Array(repeating: 0.5, count: configuration.pixels))
      }
    networks[NetworkRole.encoder.rawValue].network.encoding = encoding
  }

  /// The decoder sees latents, as -1 and 1 if the configuration says so.
  private mutating func encodeLatents() {
    guard configuration.signedLatents else { return }
    networks[NetworkRole.decoder.rawValue].network.encoding = BinaryEncoding(
      scale: 2, centres: Array(repeating: 0.5, count: configuration.latentWidth))
  }

  /// Few of an image's pixels are ones and one in C of the components of categorical latents, but about half of the
  /// Bernoulli latents. Nil for a network that is given numbers.
  private static func ones(
    of role: NetworkRole, _ configuration: VariationalAutoencoderConfiguration
  ) -> BinaryInput<Scalar>.Ones? {
    if role == .encoder { return configuration.likelihood == .bernoulli ? .few : nil }
    return configuration.categories != nil ? .few : .half
  }

  /// A pass of the encoder over images: bits, or numbers.
  func encoderPass(rows: Int, gradientRows: Int, byParts: Bool = false) -> RecordedPass<Scalar> {
    pass(of: .encoder, rows: rows, gradientRows: gradientRows, byParts: byParts)
  }

  /// A pass of the decoder over latents: bits, or unit vectors.
  func decoderPass(rows: Int, gradientRows: Int, byParts: Bool = false) -> RecordedPass<Scalar> {
    pass(of: .decoder, rows: rows, gradientRows: gradientRows, byParts: byParts)
  }

  private func pass(
    of role: NetworkRole, rows: Int, gradientRows: Int, byParts: Bool
  ) -> RecordedPass<Scalar> {
    let network = networks[role.rawValue].network
    guard let ones = Self.ones(of: role, configuration) else {
      return RecordedPass(network: network, rows: rows, gradientRows: gradientRows, byParts: byParts)
    }
    return RecordedPass(
      network: network, rows: rows, gradientRows: gradientRows, ones: ones, byParts: byParts)
  }

  /// A pass of the decoder over points between the states, encoded by `encode`; the first `backwardRows` of its rows are
  /// carried back to their points.
  func pointPass(rows: Int, gradientRows: Int, backwardRows: Int) -> RecordedPass<Scalar> {
    RecordedPass(
      network: decoder, rows: rows, gradientRows: gradientRows, backwardRows: backwardRows, byParts: true)
  }
}
