extension TrainingProtocol {
  /// What is trained. Each kind has keys of its own in the file.
  public enum ModelChoice: Hashable, Sendable {
    /// An autoencoder with one layer of Bernoulli or categorical latents.
    case autoencoder(AutoencoderChoice)
    /// A model with a chain of layers of latents.
    case layered(LayeredChoice)

    public enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
      case binaryVAE = "binary-vae"
      case categoricalVAE = "categorical-vae"
      /// A variational autoencoder with several layers of latents.
      case layeredVAE = "layered-vae"
      /// A stochastic binary network from the first half of the pixels to the other.
      case structuredPrediction = "structured-prediction"
      /// A stochastic binary network from the pixels to the class.
      case classification
      /// The lower half of the pixels from the upper through one layer of categorical latents.
      case categoricalCompletion = "categorical-completion"
      /// A variational autoencoder with Bernoulli latents, of intensities in the place of bits.
      case gaussianVAE = "gaussian-vae"
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
      case .autoencoder(let choice):
        switch (choice.task, choice.pixels) {
        case (.completion, _): .categoricalCompletion
        case (.generation, .intensities): .gaussianVAE
        case (.generation, .bits): choice.categories == nil ? .binaryVAE : .categoricalVAE
        }
      case .layered(let choice):
        switch choice.task {
        case .generation: .layeredVAE
        case .completion: .structuredPrediction
        case .classification: .classification
        }
      }
    }

    /// The choices of a model with one layer of latents; nil for another kind.
    public var autoencoder: AutoencoderChoice? {
      switch self {
      case .autoencoder(let choice): choice
      case .layered: nil
      }
    }

    /// The choices of a model with a chain of layers; nil for another kind.
    public var layered: LayeredChoice? {
      switch self {
      case .autoencoder: nil
      case .layered(let choice): choice
      }
    }

    /// Whether the upper half of an image is given and the lower one modelled.
    public var completesImages: Bool {
      switch self {
      case .autoencoder(let choice): choice.task == .completion
      case .layered(let choice): choice.task == .completion
      }
    }

    /// Whether the pixels are intensities, which are not binarised.
    public var readsIntensities: Bool { autoencoder?.pixels == .intensities }

    /// Whether a step reads the classes of its images.
    var readsLabels: Bool {
      switch self {
      case .autoencoder: false
      case .layered(let choice): choice.task == .classification
      }
    }
  }

  /// The choices of an autoencoder with one layer of latents: what it is for follows from the kind.
  public struct AutoencoderChoice: Hashable, Sendable, Codable {
    public enum Task: Hashable, Sendable {
      case generation
      case completion
    }

    /// What the pixels of an image are.
    public enum Pixels: Hashable, Sendable {
      case bits
      case intensities
    }

    /// All but what the kind says.
    private enum CodingKeys: String, CodingKey {
      case encoderHidden, decoderHidden, leakyReLUSlope, latents, categories, encoderInput, signedLatents
      case outputBias
    }

    /// Widths of the hidden layers from pixels to latents; empty for a linear encoder.
    public let encoderHidden: [Int]
    /// Widths of the hidden layers from latents to pixels; empty for a linear decoder.
    public let decoderHidden: [Int]
    /// Slope of the LeakyReLU for negative inputs.
    public let leakyReLUSlope: Double
    /// Latent variables: Bernoulli ones, unless there are categories.
    public let latents: Int
    /// Categories of each latent variable; nil for Bernoulli latents.
    public let categories: Int?
    /// What the encoder sees of an image.
    public let encoderInput: ModelChoice.EncoderInput
    /// Whether the decoder sees 2z - 1 instead of z.
    public let signedLatents: Bool
    /// Where the biases of the decoder's last layer start.
    public let outputBias: ModelChoice.OutputBias
    public internal(set) var task = Task.generation
    public internal(set) var pixels = Pixels.bits

    /// Takes over what the kind says beside the other choices.
    mutating func take(_ kind: ModelChoice.Kind) {
      task = kind == .categoricalCompletion ? .completion : .generation
      pixels = kind == .gaussianVAE ? .intensities : .bits
    }
  }

  /// The choices of a model with a chain of layers of latents: what the layers are for follows from the kind.
  public struct LayeredChoice: Hashable, Sendable, Codable {
    public enum Task: String, Hashable, Sendable, Codable {
      case generation
      case completion
      case classification
    }

    public enum LatentInput: String, CaseIterable, Hashable, Sendable, Codable {
      /// z.
      case raw
      /// 2z - 1.
      case signed
      /// 2z - 1 for the network that gives pixels or classes, z for the others.
      case signedAtOutput = "signed-at-output"
    }

    public let task: Task
    /// Latent variables of each layer, from the pixels on: Bernoulli ones, unless there are categories.
    public let latents: [Int]
    /// Categories of each latent variable; nil for Bernoulli latents.
    public var categories: Int?
    /// Widths of the hidden layers of each network of the chain; empty for linear ones.
    public let hidden: [Int]
    /// Slope of the LeakyReLU for negative inputs.
    public let leakyReLUSlope: Double
    /// What the first network sees of an image.
    public let encoderInput: ModelChoice.EncoderInput
    /// What networks see of latents.
    public let latentInput: LatentInput
    /// Classes of images; nil where they are not predicted.
    public var classes: Int?
    /// Where the biases of pixels start; nil where no pixels are modelled.
    public var outputBias: ModelChoice.OutputBias?
  }
}

/// As JSON: the choices, and `kind`.
extension TrainingProtocol.ModelChoice: Codable {
  private enum CodingKeys: String, CodingKey {
    case kind
  }

  public init(from decoder: any Decoder) throws {
    let kind = try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .kind)
    switch kind {
    case .binaryVAE, .categoricalVAE, .categoricalCompletion, .gaussianVAE:
      var choice = try TrainingProtocol.AutoencoderChoice(from: decoder)
      choice.take(kind)
      self = .autoencoder(choice)
    case .layeredVAE, .structuredPrediction, .classification:
      self = .layered(try TrainingProtocol.LayeredChoice(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    switch self {
    case .autoencoder(let choice): try choice.encode(to: encoder)
    case .layered(let choice): try choice.encode(to: encoder)
    }
  }
}

extension TrainingProtocol.AutoencoderChoice {
  /// The latents in words: `200`, `20 x 10` for 20 variables of 10 categories.
  fileprivate var latentWidth: String { categories.map { "\(latents) x \($0)" } ?? "\(latents)" }

  /// The pixels that the encoder is given, in words.
  fileprivate var given: String { task == .completion ? "upper pixels, twice" : "pixels" }

  /// The pixels that the decoder models, in words.
  fileprivate var modelled: String {
    task == .completion ? "lower pixels, twice" : pixels == .intensities ? "means of pixels" : "pixels"
  }
}

/// Words for tables of reports.
extension TrainingProtocol.ModelChoice {
  /// From pixels to the logits of latents: `["pixels", "200", "200 logits"]`.
  public var encoderWidths: [String] {
    switch self {
    case .autoencoder(let choice):
      [choice.given] + choice.encoderHidden.map(String.init) + ["\(choice.latentWidth) logits"]
    case .layered(let choice):
      [choice.task == .completion ? "upper pixels" : "pixels"]
        + choice.latents.flatMap { choice.hidden.map(String.init) + [choice.words(ofLatents: $0)] }
    }
  }

  /// From latents to pixels or classes.
  public var decoderWidths: [String] {
    switch self {
    case .autoencoder(let choice):
      ["\(choice.latentWidth) latents"] + choice.decoderHidden.map(String.init) + [choice.modelled]
    case .layered(let choice):
      choice.decoderWidths
    }
  }

  /// Slope of the LeakyReLU for negative inputs; nil for linear networks.
  public var activationSlope: Double? {
    switch self {
    case .autoencoder(let choice):
      choice.encoderHidden.isEmpty && choice.decoderHidden.isEmpty ? nil : choice.leakyReLUSlope
    case .layered(let choice): choice.hidden.isEmpty ? nil : choice.leakyReLUSlope
    }
  }

  public var encoderInput: EncoderInput {
    switch self {
    case .autoencoder(let choice): choice.encoderInput
    case .layered(let choice): choice.encoderInput
    }
  }

  /// What networks see of latents: `z`, `2z - 1`.
  public var latentInput: String {
    switch self {
    case .autoencoder(let choice): choice.signedLatents ? "2z - 1" : "z"
    case .layered(let choice):
      switch choice.latentInput {
      case .raw: "z"
      case .signed: "2z - 1"
      case .signedAtOutput: "z; 2z - 1 for the output"
      }
    }
  }

  public var outputBias: OutputBias {
    switch self {
    case .autoencoder(let choice): choice.outputBias
    case .layered(let choice): choice.outputBias ?? .zero
    }
  }
}

extension TrainingProtocol.LayeredChoice {
  /// A layer in words: `200 latents`, `20 x 10 latents` for 20 variables of 10 categories.
  fileprivate func words(ofLatents count: Int) -> String {
    (categories.map { "\(count) x \($0)" } ?? "\(count)") + " latents"
  }

  fileprivate var decoderWidths: [String] {
    let back = hidden.reversed().map(String.init)
    let last = words(ofLatents: latents[latents.count - 1])
    return switch task {
    case .generation:
      [last] + latents.dropLast().reversed().flatMap { back + [words(ofLatents: $0)] } + back + ["pixels"]
    case .completion: [last] + back + ["lower pixels"]
    case .classification: [last] + back + ["\(classes ?? 0) classes"]
    }
  }
}
