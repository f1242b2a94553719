internal import GradientEstimators

/// How networks see latents z: bits, or each component of the unit vectors of categorical ones.
public enum LatentInput: String, CaseIterable, Hashable, Sendable, Codable {
  /// z.
  case raw
  /// 2z - 1.
  case signed
  /// 2z - 1 for the network that gives pixels or classes, z for those between layers of latents.
  case signedAtOutput = "signed-at-output"
}

/// The shape of a model with a chain of layers of latents z_1 ... z_T, each layer's logits given by the layer before.
///
/// Latents are Bernoulli variables, or categorical ones: then each has C logits, and networks see it as its unit vector of C numbers.
///
/// z_1 follows from the image, z_2 from z_1, and so on, each by a multilayer perceptron. What is modelled decides what the
/// latents are for:
///
/// - generation: the chain is q(z_1 | x) ... q(z_T | z_T-1); decoders give p(x | z_1) ... p(z_T-1 | z_T), the prior p(z_T) has a
///   logit for each latent, or for each of its categories.
/// - completion: the chain p(z | upper) starts from the first half of the pixels; a network gives p(lower | z_T), the other half's law.
/// - classification: the chain p(z | x) starts from the image; a network gives the logits of p(class | z_T).
///
/// In the last two the latents have their own law for posterior, so that the one-sample ELBO is log p(y | z_T).
public struct LayeredModelConfiguration: Hashable, Sendable {
  public enum Objective: Hashable, Sendable {
    case generation
    case completion
    case classification(classes: Int)
  }

  public var objective: Objective
  /// Pixels of an image, each 0 or 1.
  public var pixels: Int
  /// Latent variables of each layer, from the image on.
  public var latents: [Int]
  /// Categories of each latent variable; nil for Bernoulli latents.
  public var categories: Int?
  /// Widths of the hidden layers of each network of the chain, from its input on; the networks that lead back have them in reverse.
  /// Empty for linear networks.
  public var hidden: [Int]
  /// Slope of the leaky rectifier between layers for negative inputs.
  public var leakyReLUSlope: Double
  public var encoderInput: EncoderInput
  public var latentInput: LatentInput
  /// Whether the biases of pixels start at logit(clip(mean image, 0.001, 0.999)) rather than at 0.
  public var outputBiasFromMean: Bool

  public init(
    objective: Objective, pixels: Int, latents: [Int], categories: Int? = nil, hidden: [Int],
    leakyReLUSlope: Double, encoderInput: EncoderInput, latentInput: LatentInput, outputBiasFromMean: Bool
  ) {
    self.objective = objective
    self.pixels = pixels
    self.latents = latents
    self.categories = categories
    self.hidden = hidden
    self.leakyReLUSlope = leakyReLUSlope
    self.encoderInput = encoderInput
    self.latentInput = latentInput
    self.outputBiasFromMean = outputBiasFromMean
  }

  /// Layers of latents.
  var layers: Int { latents.count }
  /// Numbers that networks see of a row's latents, layer by layer, and logits of their laws.
  var latentWidths: [Int] { latents.map { $0 * (categories ?? 1) } }

  /// The latent variables of a layer.
  func variables(ofLayer layer: Int) -> LatentVariables {
    LatentVariables(count: latents[layer], logitsPerVariable: categories ?? 1)
  }

  /// Pixels that the chain starts from: the first ones of an image.
  var inputs: Int { objective == .completion ? pixels / 2 : pixels }
  /// Classes, or 0 where there are none.
  var classes: Int { if case .classification(let classes) = objective { classes } else { 0 } }

  /// All networks: those of the chain, then those that lead back or out.
  var networks: [LayeredNetworkPlan] {
    let seen = latentWidths
    let chain = latents.indices.map { layer in
      LayeredNetworkPlan(
        name: "encoder.\(layer)", role: .encoder,
        widths: [layer == 0 ? inputs : seen[layer - 1]] + hidden + [seen[layer]])
    }
    let last = seen[layers - 1]
    switch objective {
    case .generation:
      return chain
        + latents.indices.map { layer in
          LayeredNetworkPlan(
            name: "decoder.\(layer)", role: .decoder,
            widths: [seen[layer]] + hidden.reversed() + [layer == 0 ? pixels : seen[layer - 1]])
        }
    case .completion:
      let widths = [last] + hidden.reversed() + [pixels - inputs]
      return chain + [LayeredNetworkPlan(name: "predictor", role: .decoder, widths: widths)]
    case .classification(let classes):
      let widths = [last] + hidden.reversed() + [classes]
      return chain + [LayeredNetworkPlan(name: "predictor", role: .decoder, widths: widths)]
    }
  }

  /// The layer whose latents a network reads; nil for the one that reads pixels.
  func layerRead(byNetwork number: Int) -> Int? {
    if number < layers { return number == 0 ? nil : number - 1 }
    return objective == .generation ? number - layers : layers - 1
  }

  /// The network that gives pixels or classes.
  var outputNetwork: Int { layers }

  /// Whether a network sees latents as -1 and 1.
  func seesSignedLatents(network number: Int) -> Bool {
    switch latentInput {
    case .raw: false
    case .signed: number > 0
    case .signedAtOutput: number == outputNetwork
    }
  }

  /// More layers have no place in the addresses of noise.
  private static let mostLayers = 100

  func validate() throws(ModelError) {
    try requirePositive(pixels, "pixels")
    guard (1...Self.mostLayers).contains(latents.count) else {
      throw .invalidSetting(
        name: "layers of latents", value: "\(latents.count)", expected: "1...\(Self.mostLayers)")
    }
    for width in latents { try requirePositive(width, "latents") }
    try validateCategories()
    for width in hidden { try requirePositive(width, "hidden") }
    guard leakyReLUSlope.isFinite, leakyReLUSlope >= 0 else {
      throw .invalidSetting(
        name: "leakyReLUSlope", value: "\(leakyReLUSlope)", expected: "a finite number that is not negative")
    }
    switch objective {
    case .generation: break
    case .completion:
      guard pixels > 1 else {
        throw .invalidSetting(name: "pixels", value: "\(pixels)", expected: "at least 2, for two halves")
      }
    case .classification(let classes):
      guard classes > 1 else {
        throw .invalidSetting(name: "classes", value: "\(classes)", expected: "at least 2")
      }
      guard !outputBiasFromMean else {
        throw .invalidSetting(
          name: "outputBiasFromMean", value: "true", expected: "false where the outputs are no pixels")
      }
    }
  }
}

extension LayeredModelConfiguration {
  private func validateCategories() throws(ModelError) {
    guard let categories else { return }
    guard (2...LatentVariables.largestCategoryCount).contains(categories) else {
      throw .invalidSetting(
        name: "categories", value: "\(categories)",
        expected: "from 2 to \(LatentVariables.largestCategoryCount)")
    }
  }
}

/// A network of a layered model.
struct LayeredNetworkPlan: Hashable, Sendable {
  /// As in the names of tensors.
  let name: String
  /// Whose constants its optimiser has.
  let role: NetworkRole
  let widths: [Int]
}
