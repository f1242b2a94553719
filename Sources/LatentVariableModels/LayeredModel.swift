internal import ElementwiseKernels
internal import NeuralNetworks
internal import Numerics

/// The parameters of a layered model: what all workers read in a step.
struct LayeredModel<Scalar: KernelScalar>: Sendable {
  let configuration: LayeredModelConfiguration
  /// In the order of `LayeredModelConfiguration.networks`.
  var networks: [OptimisedNetwork<Scalar>]
  /// Logits of p(z_T); empty where the model generates nothing.
  var priorLogits: [Scalar]
  /// Mean of each pixel over the training images.
  var meanImage: [Float] { didSet { encodeInputs() } }

  init(
    configuration: LayeredModelConfiguration, settings: OptimisationSettings, meanImage: [Float], seed: UInt64
  ) {
    self.configuration = configuration
    self.meanImage = meanImage
    priorLogits = Array(
      repeating: 0,
      count: configuration.objective == .generation ? configuration.latentWidths[configuration.layers - 1] : 0
    )
    networks = configuration.networks.enumerated().map { number, plan in
      var network = MultilayerPerceptron<Scalar>(
        widths: plan.widths, slope: Scalar(configuration.leakyReLUSlope))
      network.initialiseGlorotUniform(seed: seed, network: UInt64(number))
      return OptimisedNetwork(
        network: network, ones: Self.ones(network: number, configuration),
        learningRate: settings.learningRate,
        adam: settings.adam(of: plan.role), momentum: settings.momentum)
    }
    encodeInputs()
    encodeLatents()
    if configuration.outputBiasFromMean { startOutputBiasFromMean() }
  }

  private mutating func startOutputBiasFromMean() {
    let number = configuration.outputNetwork
    let layers = networks[number].network.layers
    let bias = layers[layers.count - 1].bias
    for (index, mean) in zip(bias, meanImage.suffix(bias.count)) {
      let clipped = min(max(Scalar(mean), 0.001), 0.999)
      networks[number].network.parameters[index] = Scalar.log(clipped / (1 - clipped))
    }
  }

  private mutating func encodeInputs() {
    let inputs = configuration.inputs
    networks[0].network.encoding =
      switch configuration.encoderInput {
      case .raw: BinaryEncoding(centres: [])
      case .centred: BinaryEncoding(centres: meanImage.prefix(inputs).map { Scalar($0) })
      case .signed: BinaryEncoding(scale: 2, centres: Array(repeating: 0.5, count: inputs))
      }
  }

  private mutating func encodeLatents() {
    for number in networks.indices where configuration.seesSignedLatents(network: number) {
      networks[number].network.encoding = BinaryEncoding(
        scale: 2, centres: Array(repeating: 0.5, count: networks[number].network.inputWidth))
    }
  }

  /// Few of an image's pixels are ones and one in C of the components of categorical latents, but about half of the
  /// Bernoulli latents.
  private static func ones(
    network number: Int, _ configuration: LayeredModelConfiguration
  ) -> BinaryInput<Scalar>.Ones {
    number == 0 || configuration.categories != nil ? .few : .half
  }

  /// A pass of a network over bits, or unit vectors.
  func pass(network number: Int, rows: Int, gradientRows: Int) -> RecordedPass<Scalar> {
    RecordedPass(
      network: networks[number].network, rows: rows, gradientRows: gradientRows,
      ones: Self.ones(network: number, configuration))
  }

  /// A pass of a network over latents between 0 and 1.
  func relaxedPass(network number: Int, rows: Int, gradientRows: Int) -> RecordedPass<Scalar> {
    RecordedPass(network: networks[number].network, rows: rows, gradientRows: gradientRows)
  }
}
