import ElementwiseKernels
import GradientEstimators
import NeuralNetworks

@testable import LatentVariableModels

/// Layered models small enough for enumeration, with parameters far from their initial ones.
enum SmallLayeredModels {
  static let labels: [UInt16] = [2, 0, 1]

  static func configuration(
    _ objective: LayeredModelConfiguration.Objective, latents: [Int], categories: Int? = nil,
    hidden: [Int] = [], input: EncoderInput = .centred, latentInput: LatentInput = .signed
  ) -> LayeredModelConfiguration {
    LayeredModelConfiguration(
      objective: objective, pixels: 5, latents: latents, categories: categories, hidden: hidden,
      leakyReLUSlope: 0.3,
      encoderInput: input, latentInput: latentInput,
      outputBiasFromMean: objective == .generation)
  }

  /// A trainer whose weights, biases and prior are all spread out, so that no gradient vanishes by symmetry.
  static func trainer<Scalar: KernelScalar>(
    _ configuration: LayeredModelConfiguration, batch: Int, estimator: any LayeredGradientEstimator,
    baselineDecay: Double? = nil, rate: Double = 0, samples: DecoderSamples = .first,
    momentum: Double? = nil, threads: Int = 1, as: Scalar.Type = Double.self
  ) throws -> LayeredTrainer<Scalar> {
    var settings = SmallModels.settings(batch: batch, rate: rate, samples: samples)
    settings.momentum = momentum
    var trainer = try LayeredTrainer<Scalar>(
      configuration: configuration, settings: settings, meanImage: SmallModels.mean, estimator: estimator,
      baselineDecay: baselineDecay, seed: 3, threads: threads)
    let spread = trainer.tensors().enumerated().map { index, tensor -> NamedTensor in
      guard tensor.name.hasSuffix("weight") || tensor.name.hasSuffix("bias") || tensor.name == "prior.logits"
      else { return tensor }
      let numbers = SmallModels.numbers(tensor.values.count, stream: UInt64(index)).map { 0.9 * $0 }
      return NamedTensor(
        name: tensor.name, shape: tensor.shape,
        values: Scalar.self == Float.self ? .float(numbers.map { Float($0) }) : .double(numbers))
    }
    try trainer.restore(spread)
    return trainer
  }

  /// Nodes and weights that integrate a layered estimator's gradient over the noise of one row, from the laws that it states: for
  /// each layer its own noise and that of continuing paths.
  static func noiseNodes(
    of estimator: any LayeredGradientEstimator, model: NaiveLayeredModel, image: [UInt8]
  ) -> [(parts: [[Double]], weight: Double)] {
    let widths = model.configuration.latents
    let shape = LayeredShape(rows: 1, widths: widths, categories: model.configuration.categories)
    let tree = estimator.tree(widths: widths)
    func climb(_ layer: Int, below: [Double]) -> [(parts: [[Double]], weight: Double)] {
      guard layer < widths.count else { return [([], 1)] }
      let lower = layer == 0 ? 0 : widths[layer - 1]
      let logits = (0..<tree.paths(ofLayer: layer - 1)).flatMap { path in
        model.chainLogits(
          layer, image: image, below: model.latents(ofSample: below[path * lower..<(path + 1) * lower])
        ).map(\.value)
      }
      let counts = estimator.noise(layer: layer, widths: widths)
      var nodes = [(noise: [Double](repeating: .nan, count: counts.perRow), weight: 1.0)]
      for block in estimator.noiseLaw(layer: layer, logits: logits, widths: widths) {
        let choices = blockNodes(block)
        nodes = nodes.flatMap { node in
          choices.map { choice in
            var noise = node.noise
            for (index, value) in zip(block.indices, choice.noise) { noise[index] = value }
            return (noise, node.weight * choice.weight)
          }
        }
      }
      return nodes.flatMap { node -> [(parts: [[Double]], weight: Double)] in
        var samples = [Double](repeating: 0, count: tree.paths(ofLayer: layer) * widths[layer])
        var target = samples.mutableSpan
        let (noise, logits) = (node.noise, logits)
        estimator.draw(
          layer: layer, logits: logits.span, noise: noise.span, shape: shape, samples: &target)
        return climb(layer + 1, below: samples).map { above in
          (
            [Array(node.noise[..<counts.own]), Array(node.noise[counts.own...])] + above.parts,
            node.weight * above.weight
          )
        }
      }
    }
    return climb(0, below: [])
  }

  /// Gradient by tensor name, the prior's included, that the last step left behind.
  static func gradient(_ trainer: borrowing LayeredTrainer<Double>) -> [String: [Double]] {
    var gradient: [String: [Double]] = [:]
    if trainer.configuration.objective == .generation { gradient["prior.logits"] = trainer.priorGradient }
    for (number, plan) in trainer.configuration.networks.enumerated() {
      let network = trainer.model.networks[number]
      let all = flatGradient(of: network, number: number, shards: trainer.shards)
      for (index, layer) in network.network.layers.enumerated() {
        gradient["\(plan.name).\(index).weight"] = Array(all[layer.weight])
        gradient["\(plan.name).\(index).bias"] = Array(all[layer.bias])
      }
    }
    return gradient
  }

  static func largestError(_ mean: [String: [Double]], _ exact: [String: [Double]]) -> Double {
    var worst = mean.count == exact.count ? 0 : Double.infinity
    for (name, values) in exact {
      let scale = values.map(\.magnitude).max() ?? 0
      guard let found = mean[name], found.count == values.count, scale > 1e-5 else { return .infinity }
      worst = max(worst, zip(found, values).map { ($0 - $1).magnitude }.max().map { $0 / scale } ?? .infinity)
    }
    return worst
  }
}
