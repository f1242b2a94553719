import GradientEstimators
import Numerics
import RandomStreams
import Testing

@testable import LatentVariableModels

@Suite("Bounds, gradient spreads and images of models with layers of categorical latents")
struct CategoricalLayerBoundTests {
  typealias Objective = LayeredModelConfiguration.Objective
  static let objectives: [Objective] = [.completion, .classification(classes: 3), .generation]
  private let images = SmallModels.images.flatMap { $0 }
  private let labels = SmallLayeredModels.labels

  private func trainer(_ objective: Objective, latents: [Int] = [1, 2]) throws -> LayeredTrainer<Double> {
    try SmallLayeredModels.trainer(
      SmallLayeredModels.configuration(objective, latents: latents, categories: 3, hidden: [3]), batch: 3,
      estimator: LayeredBranching(REINFORCE(), categories: 3))
  }

  /// The probabilities of a variable's categories.
  private func law(_ logits: [Dual], variable: Int) -> [Double] {
    let weights = logits[3 * variable..<3 * variable + 3].map { Double.exp($0.value) }
    return weights.map { $0 / weights.reduce(0, +) }
  }

  /// The category whose interval of the distribution function has this number.
  private func category(at uniform: Double, _ law: [Double]) -> Int {
    uniform < law[0] ? 0 : uniform < law[0] + law[1] ? 1 : 2
  }

  /// A layer's unit vectors from its logits and one number for each variable.
  private func latents(_ logits: [Dual], _ uniforms: some Sequence<Double>) -> [Dual] {
    uniforms.enumerated().flatMap { variable, uniform in
      let drawn = category(at: uniform, law(logits, variable: variable))
      return (0..<3).map { Dual(value: $0 == drawn ? 1 : 0) }
    }
  }

  /// Numbers in the middle of each category's interval, which make the production code draw this path.
  private func uniforms(_ naive: NaiveLayeredModel, _ path: [[Dual]], image: [UInt8]) -> [Double] {
    path.indices.flatMap { layer -> [Double] in
      let logits = naive.chainLogits(layer, image: image, below: layer == 0 ? [] : path[layer - 1])
      return (0..<path[layer].count / 3).map { variable in
        let law = law(logits, variable: variable)
        let drawn = (0..<3).first { path[layer][3 * variable + $0].value == 1 } ?? 0
        return law[..<drawn].reduce(0, +) + law[drawn] / 2
      }
    }
  }

  @Test(
    "the bound at every pair of paths is the definition's, and its mean lies between ELBO and log-likelihood",
    arguments: objectives.indices)
  func enumeration(index: Int) throws {
    var trainer = try trainer(Self.objectives[index])
    let naive = NaiveLayeredModel(configuration: trainer.configuration, tensors: trainer.tensors())
    let (image, label) = (SmallModels.images[1], [UInt16(1)])
    let expected = naive.paths.map { path in
      let (chain, weight) = naive.densities(image: image, label: 1, path: path)
      return (chain: chain.value, weight: weight.value, noise: uniforms(naive, path, image: image))
    }
    #expect(expected.count == 27)
    func bound(_ noise: [Double], samples: Int) throws -> Double {
      try trainer.bounds(
        images: image.span, labels: label.span, firstRow: 5, samples: samples, noise: .given(noise)
      ).bounds[0]
    }
    var means = [0.0, 0.0]
    for first in expected {
      let single = try bound(first.noise, samples: 1)
      #expect((single - first.weight).magnitude < 1e-12)
      means[0] += Double.exp(first.chain) * single
      for second in expected {
        let pair = try bound(first.noise + second.noise, samples: 2)
        let mean = (Double.exp(first.weight) + Double.exp(second.weight)) / 2
        #expect((pair - Double.log(mean)).magnitude < 1e-12)
        means[1] += Double.exp(first.chain + second.chain) * pair
      }
    }
    let lower = naive.evidenceLowerBound(image, label: 1).value
    #expect((means[0] - lower).magnitude < 1e-12)
    #expect(means[1] > lower + 1e-4 && means[1] < naive.logLikelihood(image, label: 1) - 1e-4)
    // A bias moved by a thousandth is seen.
    var moved = naive
    let name = trainer.configuration.objective == .generation ? "decoder.1.1.bias" : "predictor.1.bias"
    moved.tensors[name]?[0].value += 1e-3
    let wrong = zip(naive.paths, expected).map { path, expected in
      (moved.densities(image: image, label: 1, path: path).weight.value - expected.weight).magnitude
    }
    #expect(wrong.reduce(0, max) > 1e-5)
  }

  @Test(
    "the bound draws image i from row firstRow + i of the evaluation stream, sample after sample and layer after layer",
    arguments: objectives.indices)
  func addresses(index: Int) throws {
    var trainer = try trainer(Self.objectives[index])
    let naive = NaiveLayeredModel(configuration: trainer.configuration, tensors: trainer.tensors())
    for samples in [1, 5, 150] {
      let found = try trainer.bounds(
        images: images.span, labels: labels.span, firstRow: 6, samples: samples, seed: 4, step: 2)
      for (row, image) in SmallModels.images.enumerated() {
        let numbers = stream(.evaluation, seed: 4, step: 2, row: 6 + row, 3 * samples)
        let label = Int(labels[row])
        let sum = (0..<samples).reduce(0.0) { sum, sample in
          let own = numbers[3 * sample..<3 * sample + 3]
          let first = latents(naive.chainLogits(0, image: image, below: []), own.prefix(1))
          let second = latents(naive.chainLogits(1, image: image, below: first), own.suffix(2))
          return sum
            + Double.exp(naive.densities(image: image, label: label, path: [first, second]).weight.value)
        }
        #expect((found.bounds[row] - Double.log(sum / Double(samples))).magnitude < 1e-11)
      }
    }
  }

  private func stream(
    _ purpose: StreamPurpose, seed: UInt64, step: UInt64, row: Int, _ count: Int
  ) -> [Double] {
    var numbers = [Double](repeating: 0, count: count)
    var target = numbers.mutableSpan
    RandomStream(seed: seed, purpose: purpose, step: step).fillUniforms(
      rows: row..<row + 1, perRow: count, into: &target)
    return numbers
  }

  @Test("the spread of the score function's gradient is its variance over the draws, component by component")
  func spread() throws {
    var trainer = try trainer(.completion, latents: [1, 1])
    let naive = NaiveLayeredModel(configuration: trainer.configuration, tensors: trainer.tensors())
    let nodes = [(0.1, 0.3), (0.6, 0.9), (0.95, 0.2), (0.4, 0.55)]
    let measured = try #require(
      try trainer.gradientSpread(images: images.span, labels: Span(), draws: nodes.count) { draw in
        .given([[nodes[draw].0], [], [nodes[draw].1], []].map { part in (0..<3).flatMap { _ in part } })
      })
    for (row, image) in SmallModels.images.enumerated() {
      let gradients = nodes.map { node -> [[Double]] in
        let below = naive.chainLogits(0, image: image, below: [])
        let first = latents(below, [node.0])
        let above = naive.chainLogits(1, image: image, below: first)
        let second = latents(above, [node.1])
        let objective = naive.prediction(image: image, label: 0, top: second).value
        return [(below, first), (above, second)].map { logits, drawn in
          zip(drawn, law(logits, variable: 0)).map { objective * ($0.value - $1) }
        }
      }
      for layer in 0..<2 {
        let variances = (0..<3).map { component -> Double in
          let values = gradients.map { $0[layer][component] }
          let mean = values.reduce(0, +) / Double(values.count)
          return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
        }
        let exact = variances.reduce(0, +)
        #expect(exact > 0.01 && (measured.variances[layer][row] / exact - 1).magnitude < 1e-11)
      }
    }
  }

  @Test("a completion has the given pixels and the mean prediction over samples of the chain for the others")
  func completion() throws {
    let trainer = try trainer(.completion)
    let naive = NaiveLayeredModel(configuration: trainer.configuration, tensors: trainer.tensors())
    let found = try #require(try trainer.reconstructions(images: images.span, seed: 5))
    for (row, image) in SmallModels.images.enumerated() {
      let numbers = stream(StreamPurpose(rawValue: 12), seed: 5, step: 0, row: row, 300)
      var sums = [0.0, 0, 0]
      for sample in 0..<100 {
        let own = numbers[3 * sample..<3 * sample + 3]
        let first = latents(naive.chainLogits(0, image: image, below: []), own.prefix(1))
        let second = latents(naive.chainLogits(1, image: image, below: first), own.suffix(2))
        for (pixel, logit) in naive.classLogits(second).enumerated() {
          sums[pixel] += 1 / (1 + Double.exp(-logit.value))
        }
      }
      let expected = image[..<2].map { Double($0) } + sums.map { $0 / 100 }
      for (pixel, value) in expected.enumerated() {
        #expect((Double(found[5 * row + pixel]) - value).magnitude < 1e-6)
      }
    }
  }

  @Test("samples come down from the prior through each layer's law, reconstructions from the first layer")
  func generation() throws {
    let trainer = try trainer(.generation)
    let naive = NaiveLayeredModel(configuration: trainer.configuration, tensors: trainer.tensors())
    func pixels(_ first: [Dual]) -> [Double] {
      naive.decoderLogits(0, first).map { 1 / (1 + Double.exp(-$0.value)) }
    }
    let generated = try #require(try trainer.generatedImages(count: 6, seed: 5))
    let prior = trainer.priorLogits.map { Dual(value: $0) }
    let reconstructed = try #require(try trainer.reconstructions(images: images.span, seed: 5))
    var expected = (0..<6).flatMap { row in
      let numbers = stream(.priorSamples, seed: 5, step: 0, row: row, 3)
      return pixels(latents(naive.decoderLogits(1, latents(prior, numbers[..<2])), numbers[2...]))
    }
    expected += SmallModels.images.enumerated().flatMap { row, image in
      let numbers = stream(StreamPurpose(rawValue: 12), seed: 5, step: 0, row: row, 1)
      return pixels(latents(naive.chainLogits(0, image: image, below: []), numbers))
    }
    #expect(Set(expected).count > 10 && expected.count == generated.count + reconstructed.count)
    for (value, found) in zip(expected, generated + reconstructed) {
      #expect((Double(found) - value).magnitude < 1e-6)
    }
  }

  @Test("tensors have a row of weights for each component of the latents below")
  func tensors() throws {
    let shapes = try Dictionary(
      uniqueKeysWithValues: trainer(.completion, latents: [4, 2]).tensors().map { ($0.name, $0.shape) })
    #expect(shapes["encoder.0.0.bias"] == [3] && shapes["encoder.0.1.weight"] == [3, 12])
    #expect(shapes["encoder.1.0.weight"] == [12, 3] && shapes["encoder.1.1.bias"] == [6])
    #expect(shapes["predictor.0.weight"] == [6, 3] && shapes["prior.logits"] == nil)
    let generative = try trainer(.generation, latents: [4, 2]).tensors()
    #expect(generative.contains { $0.name == "prior.logits" && $0.shape == [6] })
    #expect(generative.contains { $0.name == "decoder.1.1.weight" && $0.shape == [3, 12] })
  }
}
