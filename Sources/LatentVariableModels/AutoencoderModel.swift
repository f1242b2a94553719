internal import ElementwiseKernels
internal import NeuralNetworks
internal import Numerics

/// The parameters of a variational autoencoder: what all workers read in a step.
struct AutoencoderModel<Scalar: KernelScalar>: Sendable {
  let configuration: VariationalAutoencoderConfiguration
  /// Encoder and decoder, in the order of `NetworkRole`.
  var networks: [OptimisedNetwork<Scalar>]
  var priorLogits: [Scalar]
  /// Mean of each pixel over the training images.
  var meanImage: [Float]

  init(
    configuration: VariationalAutoencoderConfiguration, settings: OptimisationSettings, meanImage: [Float],
    seed: UInt64
  ) {
    self.configuration = configuration
    self.meanImage = meanImage
    priorLogits = Array(repeating: 0, count: configuration.latents)
    networks = NetworkRole.allCases.map { role in
      var network = MultilayerPerceptron<Scalar>(
        widths: role == .encoder ? configuration.encoderWidths : configuration.decoderWidths,
        slope: Scalar(configuration.leakyReLUSlope))
      network.initialiseGlorotUniform(seed: seed, network: UInt64(role.rawValue))
      return OptimisedNetwork(network: network, settings: settings)
    }
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

  /// What the encoder sees of 0/1 images, [rows x pixels].
  func fillEncoderInput(_ input: inout [Scalar], images: [UInt8]) {
    precondition(input.count == images.count && images.count % configuration.pixels == 0)
    var target = input.mutableSpan
    let source = images.span
    let mean = meanImage.span
    for start in stride(from: 0, to: source.count, by: configuration.pixels) {
      if configuration.centredInput {
        for pixel in 0..<configuration.pixels {
          target[start + pixel] = Scalar(source[start + pixel]) - Scalar(mean[pixel])
        }
      } else {
        for pixel in 0..<configuration.pixels { target[start + pixel] = Scalar(source[start + pixel]) }
      }
    }
  }

  /// What the decoder sees of 0/1 latents; `input` may be longer than `latents`.
  func fillDecoderInput(_ input: inout [Scalar], latents: Span<Scalar>) {
    var target = input.mutableSpan
    if configuration.signedLatents {
      for index in latents.indices { target[index] = 2 * latents[index] - 1 }
    } else {
      for index in latents.indices { target[index] = latents[index] }
    }
  }
}
