import LatentVariableModels
import Numerics

/// A model with a chain of layers of latents, written from its definition with loops over dual numbers: the tests' reference.
struct NaiveLayeredModel {
  let configuration: LayeredModelConfiguration
  let mean: [Double]
  /// Layer by layer W [inputs x outputs] and b, as in checkpoints.
  var tensors: [String: [Dual]] = [:]

  init(configuration: LayeredModelConfiguration, tensors saved: [NamedTensor]) {
    self.configuration = configuration
    for tensor in saved { tensors[tensor.name] = tensor.doubles.map { Dual(value: $0) } }
    mean = tensors["mean.image"]?.map(\.value) ?? []
  }

  /// Names of the tensors that training moves.
  var parameterNames: [String] {
    tensors.keys.filter { $0.hasSuffix(".weight") || $0.hasSuffix(".bias") || $0 == "prior.logits" }.sorted()
  }

  private var isGenerative: Bool { configuration.objective == .generation }
  private var upper: Int {
    configuration.objective == .completion ? configuration.pixels / 2 : configuration.pixels
  }

  private func dense(_ network: String, input: [Dual]) -> [Dual] {
    var values = input
    for layer in 0...configuration.hidden.count {
      let weight = tensors["\(network).\(layer).weight"] ?? []
      var outputs = tensors["\(network).\(layer).bias"] ?? []
      for j in outputs.indices {
        for i in values.indices { outputs[j] = outputs[j] + values[i] * weight[i * outputs.count + j] }
        if layer < configuration.hidden.count {
          outputs[j] = outputs[j].leakyReLU(slope: configuration.leakyReLUSlope)
        }
      }
      values = outputs
    }
    return values
  }

  /// What a network sees of latents.
  private func seen(_ latents: [Dual], atOutput: Bool) -> [Dual] {
    let isSigned =
      configuration.latentInput == .signed || configuration.latentInput == .signedAtOutput && atOutput
    return isSigned ? latents.map { Dual(value: 2 * $0.value - 1, derivative: 2 * $0.derivative) } : latents
  }

  /// Logits of a layer of the chain, given the latents below.
  func chainLogits(_ layer: Int, image: [UInt8], below: [Dual]) -> [Dual] {
    guard layer == 0 else { return dense("encoder.\(layer)", input: seen(below, atOutput: false)) }
    let input = (0..<upper).map { pixel in
      let x = Double(image[pixel])
      return switch configuration.encoderInput {
      case .raw: Dual(value: x)
      case .centred: Dual(value: x - mean[pixel])
      case .signed: Dual(value: 2 * x - 1)
      }
    }
    return dense("encoder.0", input: input)
  }

  /// sum_d z_d log p_d + (1 - z_d) log(1 - p_d), also between 0 and 1.
  static func logLikelihood(_ logits: [Dual], _ z: [Dual]) -> Dual {
    zip(logits, z).reduce(Dual(value: 0)) { sum, pair in
      let (logit, z) = pair
      let other = Dual(value: -logit.value, derivative: -logit.derivative)
      return sum + z * Dual.logSigmoid(logit) + (Dual(value: 1) - z) * Dual.logSigmoid(other)
    }
  }

  private func bits(_ image: some Sequence<UInt8>) -> [Dual] { image.map { Dual(value: Double($0)) } }

  /// The logits of the classes.
  func classLogits(_ top: [Dual]) -> [Dual] { dense("predictor", input: seen(top, atOutput: true)) }

  /// The logits of what a layer's decoder gives.
  func decoderLogits(_ layer: Int, _ latents: [Dual]) -> [Dual] {
    dense("decoder.\(layer)", input: seen(latents, atOutput: layer == 0))
  }

  /// log p(y | z_T).
  func prediction(image: [UInt8], label: Int, top: [Dual]) -> Dual {
    let logits = classLogits(top)
    guard case .classification = configuration.objective else {
      return Self.logLikelihood(logits, bits(image[upper...]))
    }
    // log p(c) = -log sum_d exp(l_d - l_c), differentiated by hand.
    let ratios = logits.map { Dual.exp($0 - logits[label]) }.reduce(Dual(value: 0)) { $0 + $1 }
    return Dual(value: -Double.log(ratios.value), derivative: -ratios.derivative / ratios.value)
  }

  /// log q of a layer's latents: Bernoulli variables, or categorical ones as unit vectors.
  private func logLaw(_ logits: [Dual], _ latents: [Dual]) -> Dual {
    guard let categories = configuration.categories else { return Self.logLikelihood(logits, latents) }
    return stride(from: 0, to: logits.count, by: categories).reduce(Dual(value: 0)) { sum, start in
      let places = start..<start + categories
      let total = places.reduce(Dual(value: 0)) { $0 + Dual.exp(logits[$1]) }
      return places.reduce(sum - Dual.log(total)) { $0 + latents[$1] * logits[$1] }
    }
  }

  /// An estimator's sample, bits or category indices, as networks read it.
  func latents(ofSample sample: some Sequence<Double>) -> [Dual] {
    guard let categories = configuration.categories else { return sample.map { Dual(value: $0) } }
    return sample.flatMap { value in (0..<categories).map { Dual(value: Double($0) == value ? 1 : 0) } }
  }

  /// log q of a path of latents, and its log weight: log p(x, z) - log q(z), or log p(y | z_T).
  func densities(
    image: [UInt8], label: Int, path: [[Dual]]
  ) -> (chain: Dual, weight: Dual) {
    var chain = Dual(value: 0)
    for layer in path.indices {
      let logits = chainLogits(layer, image: image, below: layer == 0 ? [] : path[layer - 1])
      chain = chain + logLaw(logits, path[layer])
    }
    let top = path[path.count - 1]
    guard isGenerative else { return (chain, prediction(image: image, label: label, top: top)) }
    var joint = logLaw(tensors["prior.logits"] ?? [], top)
    for layer in path.indices {
      let logits = decoderLogits(layer, path[layer])
      joint = joint + (layer == 0 ? Self.logLikelihood(logits, bits(image)) : logLaw(logits, path[layer - 1]))
    }
    return (chain, joint - chain)
  }

  /// Every path of latents.
  var paths: [[[Dual]]] {
    configuration.latents.reduce([[]]) { paths, width in
      let states = (0..<width).reduce([[Double]()]) { states, _ in
        (0..<(configuration.categories ?? 2)).flatMap { value in states.map { $0 + [Double(value)] } }
      }
      return paths.flatMap { path in states.map { path + [latents(ofSample: $0)] } }
    }
  }

  /// E[log weight] by enumeration.
  func evidenceLowerBound(_ image: [UInt8], label: Int) -> Dual {
    paths.reduce(Dual(value: 0)) { sum, path in
      let (chain, weight) = densities(image: image, label: label, path: path)
      return sum + Dual.exp(chain) * weight
    }
  }

  /// log p(x), or log p(y | x), by enumeration.
  func logLikelihood(_ image: [UInt8], label: Int) -> Double {
    Double.log(
      paths.reduce(0) { sum, path in
        let (chain, weight) = densities(image: image, label: label, path: path)
        return sum + Double.exp(chain.value + weight.value)
      })
  }

  /// The derivative of `loss` with respect to every parameter, by tensor.
  func gradient(_ loss: (NaiveLayeredModel) -> Dual) -> [String: [Double]] {
    var gradient: [String: [Double]] = [:]
    for name in parameterNames {
      gradient[name] = (tensors[name] ?? []).indices.map { index in
        var moved = self
        moved.tensors[name]?[index].derivative = 1
        return loss(moved).derivative
      }
    }
    return gradient
  }

  /// The derivative of the mean negative ELBO with respect to every parameter, by tensor.
  func negativeBoundGradient(_ images: [[UInt8]], labels: [Int]) -> [String: [Double]] {
    gradient { model in
      let sum = zip(images, labels).reduce(Dual(value: 0)) {
        $0 + model.evidenceLowerBound($1.0, label: $1.1)
      }
      return Dual(value: -1 / Double(images.count)) * sum
    }
  }
}
