extension TrainingProtocol {
  /// What is trained. Each kind has keys of its own in the file.
  public enum ModelChoice: Hashable, Sendable {
    /// A variational autoencoder with one layer of Bernoulli latents and a Bernoulli likelihood.
    case autoencoder(AutoencoderChoice)

    public enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
      case binaryVAE = "binary-vae"
    }

    public enum EncoderInput: String, CaseIterable, Hashable, Sendable, Codable {
      /// The pixels x.
      case raw
      /// The pixels minus the training mean.
      case centred
      /// 2x - 1.
      case signed
    }

    public enum OutputBias: String, CaseIterable, Hashable, Sendable, Codable {
      case zero
      /// The logit of the training mean, clipped to 0.001...0.999.
      case trainingMean = "training-mean"
    }

    public var kind: Kind {
      switch self {
      case .autoencoder: .binaryVAE
      }
    }

    /// The choices of a `binary-vae`; nil for another kind.
    public var autoencoder: AutoencoderChoice? {
      switch self {
      case .autoencoder(let choice): choice
      }
    }

    /// Whether a step reads the classes of its images.
    var readsLabels: Bool {
      switch self {
      case .autoencoder: false
      }
    }
  }

  /// The choices of a variational autoencoder with one layer of latents.
  public struct AutoencoderChoice: Hashable, Sendable, Codable {
    /// Widths of the hidden layers from pixels to latents; empty for a linear encoder.
    public let encoderHidden: [Int]
    /// Widths of the hidden layers from latents to pixels; empty for a linear decoder.
    public let decoderHidden: [Int]
    /// Slope of the LeakyReLU for negative inputs.
    public let leakyReLUSlope: Double
    /// Bernoulli latent variables.
    public let latents: Int
    /// What the encoder sees of an image.
    public let encoderInput: ModelChoice.EncoderInput
    /// Whether the decoder sees 2z - 1 instead of z.
    public let signedLatents: Bool
    /// Where the biases of the decoder's last layer start.
    public let outputBias: ModelChoice.OutputBias
  }
}

/// As JSON: the choices, and `kind`.
extension TrainingProtocol.ModelChoice: Codable {
  private enum CodingKeys: String, CodingKey {
    case kind
  }

  public init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .kind) {
    case .binaryVAE: self = .autoencoder(try TrainingProtocol.AutoencoderChoice(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    switch self {
    case .autoencoder(let choice): try choice.encode(to: encoder)
    }
  }
}

/// Words for tables of reports.
extension TrainingProtocol.ModelChoice {
  /// From pixels to the logits of latents: `["pixels", "200", "200 logits"]`.
  public var encoderWidths: [String] {
    switch self {
    case .autoencoder(let choice):
      ["pixels"] + choice.encoderHidden.map(String.init) + ["\(choice.latents) logits"]
    }
  }

  /// From latents to pixels or classes.
  public var decoderWidths: [String] {
    switch self {
    case .autoencoder(let choice):
      ["\(choice.latents) latents"] + choice.decoderHidden.map(String.init) + ["pixels"]
    }
  }

  /// Slope of the LeakyReLU for negative inputs; nil for linear networks.
  public var activationSlope: Double? {
    switch self {
    case .autoencoder(let choice):
      choice.encoderHidden.isEmpty && choice.decoderHidden.isEmpty ? nil : choice.leakyReLUSlope
    }
  }

  public var encoderInput: EncoderInput {
    switch self {
    case .autoencoder(let choice): choice.encoderInput
    }
  }

  /// What networks see of latents: `z`, `2z - 1`.
  public var latentInput: String {
    switch self {
    case .autoencoder(let choice): choice.signedLatents ? "2z - 1" : "z"
    }
  }

  public var outputBias: OutputBias {
    switch self {
    case .autoencoder(let choice): choice.outputBias
    }
  }
}
