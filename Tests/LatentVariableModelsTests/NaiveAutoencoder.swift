import LatentVariableModels
import Numerics

/// A Bernoulli autoencoder written from its definition with loops over dual numbers: the tests' reference.
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
    tensors.keys.filter { $0.hasSuffix(".weight") || $0.hasSuffix(".bias") || $0 == "prior.logits" }.sorted()
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

  func decoderLogits(_ latents: [Int]) -> [Dual] {
    let input = latents.map { Dual(value: Double(configuration.signedLatents ? 2 * $0 - 1 : $0)) }
    return dense("decoder", layers: configuration.decoderHidden.count + 1, input: input)
  }

  static func logLikelihood(logits: [Dual], _ bits: [Int]) -> Dual {
    zip(logits, bits).reduce(Dual(value: 0)) { sum, pair in
      let logit = pair.1 == 1 ? pair.0 : Dual(value: -pair.0.value, derivative: -pair.0.derivative)
      return sum + Dual.logSigmoid(logit)
    }
  }

  func bits(_ state: Int) -> [Int] { (0..<configuration.latents).map { state >> $0 & 1 } }

  /// log p(x, z) and log q(z | x) of every latent state.
  func densities(_ image: [UInt8]) -> [(joint: Dual, posterior: Dual)] {
    let logits = encoderLogits(image)
    let prior = tensors["prior.logits"] ?? []
    return (0..<1 << configuration.latents).map { state in
      let z = bits(state)
      let likelihood = Self.logLikelihood(logits: decoderLogits(z), image.map { Int($0) })
      return (likelihood + Self.logLikelihood(logits: prior, z), Self.logLikelihood(logits: logits, z))
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

  /// The derivative of the mean negative ELBO of `images` with respect to every parameter, by tensor.
  func negativeBoundGradient(_ images: [[UInt8]]) -> [String: [Double]] {
    var gradient: [String: [Double]] = [:]
    for name in parameterNames {
      let count = tensors[name]?.count ?? 0
      gradient[name] = (0..<count).map { index in
        var moved = self
        moved.tensors[name]?[index].derivative = 1
        return images.reduce(0) { $0 - moved.evidenceLowerBound($1).derivative } / Double(images.count)
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
