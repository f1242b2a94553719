import LatentVariableModels
import Numerics

/// An autoencoder with Bernoulli or categorical latents, written from its definition with loops over dual numbers: the tests' reference.
struct NaiveAutoencoder {
  let configuration: VariationalAutoencoderConfiguration
  let mean: [Double]
  /// Layer by layer W [inputs x outputs] and b, as in checkpoints.
  var tensors: [String: [Dual]]

  init(configuration: VariationalAutoencoderConfiguration, tensors saved: [NamedTensor]) {
    self.configuration = configuration
    tensors = [:]
    for tensor in saved { tensors[tensor.name] = tensor.doubles.map { Dual(value: $0) } }
    mean = tensors["mean.image"]?.map(\.value) ?? []
  }

  /// Names of the tensors that training moves.
  var parameterNames: [String] {
    tensors.keys.filter {
      $0.hasSuffix(".weight") || $0.hasSuffix(".bias") || $0 == "prior.logits" || $0 == "variances.base"
    }.sorted()
  }

  func dense(_ network: String, layers: Int, input: [Dual]) -> [Dual] {
    var values = input
    for layer in 0..<layers {
      let weight = tensors["\(network).\(layer).weight"] ?? []
      var outputs = tensors["\(network).\(layer).bias"] ?? []
      for j in outputs.indices {
        for i in values.indices { outputs[j] = outputs[j] + values[i] * weight[i * outputs.count + j] }
        if layer < layers - 1 { outputs[j] = outputs[j].leakyReLU(slope: configuration.leakyReLUSlope) }
      }
      values = outputs
    }
    return values
  }

  func encoderLogits(_ image: [UInt8]) -> [Dual] {
    let input = image.indices.map { pixel in
      let x = Double(image[pixel])
      return switch configuration.encoderInput {
      case .raw: Dual(value: x)
      case .centred: Dual(value: x - mean[pixel])
      case .signed: Dual(value: x == 1 ? 1 : -1)
      }
    }
    return dense("encoder", layers: configuration.encoderHidden.count + 1, input: input)
  }

  /// A latent state, bits or category indices, as the numbers that stand for it: z, or unit vectors.
  func point(_ latents: [Int]) -> [Dual] {
    guard let categories = configuration.categories else { return latents.map { Dual(value: Double($0)) } }
    return latents.flatMap { value in (0..<categories).map { Dual(value: $0 == value ? 1 : 0) } }
  }

  func decoderLogits(_ latents: [Int]) -> [Dual] { decoderLogits(at: point(latents)) }

  func decoderLogits(at point: [Dual]) -> [Dual] {
    let one = Dual(value: 1)
    let input = point.map { configuration.signedLatents ? $0 + $0 - one : $0 }
    return dense("decoder", layers: configuration.decoderHidden.count + 1, input: input)
  }

  static func logLikelihood(logits: [Dual], _ bits: [Int]) -> Dual {
    zip(logits, bits).reduce(Dual(value: 0)) { sum, pair in
      let logit = pair.1 == 1 ? pair.0 : Dual(value: -pair.0.value, derivative: -pair.0.derivative)
      return sum + Dual.logSigmoid(logit)
    }
  }

  /// How many values a latent has.
  var base: Int { configuration.categories ?? 2 }

  var stateCount: Int { (0..<configuration.latents).reduce(1) { count, _ in count * base } }

  /// The values of the latents in a state, variable 0 the fastest.
  func bits(_ state: Int) -> [Int] {
    var rest = state
    return (0..<configuration.latents).map { _ in
      defer { rest /= base }
      return rest % base
    }
  }

  /// log of the probability of latent values under logits.
  func logProbability(_ values: [Int], logits: [Dual]) -> Dual {
    guard let categories = configuration.categories else {
      return Self.logLikelihood(logits: logits, values)
    }
    return values.enumerated().reduce(Dual(value: 0)) { sum, variable in
      let own = Array(logits[variable.offset * categories..<(variable.offset + 1) * categories])
      let total = own.reduce(Dual(value: 0)) { $0 + Dual.exp($1) }
      return sum + own[variable.element] - Dual.log(total)
    }
  }

  /// log p(x, z) and log q(z | x) of every latent state.
  func densities(_ image: [UInt8]) -> [(joint: Dual, posterior: Dual)] {
    let logits = encoderLogits(image)
    let prior = tensors["prior.logits"] ?? []
    return (0..<stateCount).map { state in
      let z = bits(state)
      let likelihood = Self.logLikelihood(logits: decoderLogits(z), image.map { Int($0) })
      return (likelihood + logProbability(z, logits: prior), logProbability(z, logits: logits))
    }
  }

  /// log p(x | y) + y . (prior - logits) and what does not depend on y: the objective continued between the states.
  func objective(at point: [Dual], _ image: [UInt8]) -> Dual {
    let (logits, prior) = (encoderLogits(image), tensors["prior.logits"] ?? [])
    let likelihood = Self.logLikelihood(logits: decoderLogits(at: point), image.map { Int($0) })
    let linear = point.indices.reduce(Dual(value: 0)) { $0 + point[$1] * (prior[$1] - logits[$1]) }
    return likelihood + linear + (normaliser(logits) - normaliser(prior))
  }

  /// The sum over variables of log sum_c exp(logit_c), or of log (1 + exp(logit)).
  private func normaliser(_ logits: [Dual]) -> Dual {
    let width = configuration.categories ?? 1
    return stride(from: 0, to: logits.count, by: width).reduce(Dual(value: 0)) { sum, start in
      let own = logits[start..<start + width].reduce(Dual(value: width == 1 ? 1 : 0)) { $0 + Dual.exp($1) }
      return sum + Dual.log(own)
    }
  }

  /// E_q[log p(x, z) - log q(z | x)] by enumeration.
  func evidenceLowerBound(_ image: [UInt8]) -> Dual {
    densities(image).reduce(Dual(value: 0)) { $0 + Dual.exp($1.posterior) * ($1.joint - $1.posterior) }
  }

  /// log p(x) by enumeration.
  func logLikelihood(_ image: [UInt8]) -> Double {
    Double.log(densities(image).reduce(0) { $0 + Double.exp($1.joint.value) })
  }

  /// E[log (1/K) sum_k p(x, z_k) / q(z_k | x)] over K independent z_k from q, by enumeration of all K-tuples of states.
  func importanceWeightedBound(_ image: [UInt8], samples: Int) -> Dual {
    let states = densities(image)
    let probabilities = states.map { Dual.exp($0.posterior) }
    let weights = states.map { Dual.exp($0.joint - $0.posterior) }
    var tuples = [(probability: Dual(value: 1), sum: Dual(value: 0))]
    for _ in 0..<samples {
      tuples = tuples.flatMap { tuple in
        states.indices.map { (tuple.probability * probabilities[$0], tuple.sum + weights[$0]) }
      }
    }
    let divisor = Dual(value: Double.log(Double(samples)))
    return tuples.reduce(Dual(value: 0)) { $0 + $1.probability * (Dual.log($1.sum) - divisor) }
  }

  /// The derivative of the mean negative ELBO of `images` with respect to every parameter, by tensor.
  func negativeBoundGradient(_ images: [[UInt8]]) -> [String: [Double]] {
    negativeGradient(images) { $0.evidenceLowerBound($1) }
  }

  /// The derivative of the mean over `images` of minus an objective with respect to every parameter, by tensor.
  func negativeGradient(
    _ images: [[UInt8]], of objective: (NaiveAutoencoder, [UInt8]) -> Dual
  ) -> [String: [Double]] {
    var gradient: [String: [Double]] = [:]
    for name in parameterNames {
      let count = tensors[name]?.count ?? 0
      gradient[name] = (0..<count).map { index in
        var moved = self
        moved.tensors[name]?[index].derivative = 1
        return images.reduce(0) { $0 - objective(moved, $1).derivative } / Double(images.count)
      }
    }
    return gradient
  }
}

extension NamedTensor {
  var doubles: [Double] {
    switch values {
    case .float(let values): values.map { Double($0) }
    case .double(let values): values
    }
  }
}
