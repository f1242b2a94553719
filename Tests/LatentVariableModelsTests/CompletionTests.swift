import ElementwiseKernels
import GradientEstimators
import NeuralNetworks
import Numerics
import RandomStreams
import Testing

@testable import LatentVariableModels

/// Completion from its definition: log p(lower, lower | z) with z from q(z | upper, upper), by the reference autoencoder's networks.
private struct NaiveCompletion {
  let networks: NaiveAutoencoder

  /// The upper half of an image in the places of both.
  static func given(_ image: [UInt8]) -> [UInt8] { Array(image.prefix(3)) + Array(image.prefix(3)) }

  static func encoderLogits(_ networks: NaiveAutoencoder, _ image: [UInt8]) -> [Dual] {
    networks.encoderLogits(given(image))
  }

  /// log p(lower | z) of both copies, and log q(z | upper), of every latent state.
  static func densities(_ networks: NaiveAutoencoder, _ image: [UInt8]) -> [(likelihood: Dual, latents: Dual)]
  {
    let logits = encoderLogits(networks, image)
    let lower = image.suffix(3).map { Int($0) }
    return (0..<networks.stateCount).map { state in
      let z = networks.bits(state)
      return (
        NaiveAutoencoder.logLikelihood(logits: networks.decoderLogits(z), lower + lower),
        networks.logProbability(z, logits: logits)
      )
    }
  }

  /// E_q[log p(lower, lower | z)].
  static func objective(_ networks: NaiveAutoencoder, _ image: [UInt8]) -> Dual {
    densities(networks, image).reduce(Dual(value: 0)) { $0 + Dual.exp($1.latents) * $1.likelihood }
  }

  func densities(_ image: [UInt8]) -> [(likelihood: Double, latents: Double)] {
    Self.densities(networks, image).map { ($0.likelihood.value, $0.latents.value) }
  }

  func gradient(_ images: [[UInt8]]) -> [String: [Double]] {
    networks.negativeGradient(images, of: Self.objective)
  }
}

@Suite("The completion of an image's lower half")
struct CompletionTests {
  private static let images: [[UInt8]] = [[0, 1, 0, 1, 0, 0], [1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 1, 0]]
  private static let mean: [Float] = [0.1, 0.5, 0.0, 0.9, 0.3, 0.7]
  private let batch = images.flatMap { $0 }

  private static func configuration(
    latents: Int, categories: Int?, hidden: Bool, input: EncoderInput
  ) -> VariationalAutoencoderConfiguration {
    VariationalAutoencoderConfiguration(
      pixels: 6, latents: latents, categories: categories, encoderHidden: hidden ? [4] : [],
      decoderHidden: hidden ? [3] : [], leakyReLUSlope: 0.3, encoderInput: input, signedLatents: true,
      outputBiasFromMean: true, objective: .completion)
  }

  private func trainer(
    _ estimator: any GradientEstimator, latents: Int, categories: Int? = 3, batch: Int = 1,
    samples: DecoderSamples = .all, hidden: Bool = true, input: EncoderInput = .centred
  ) throws -> VariationalAutoencoderTrainer<Double> {
    var trainer = try VariationalAutoencoderTrainer<Double>(
      configuration: Self.configuration(
        latents: latents, categories: categories, hidden: hidden, input: input),
      settings: SmallModels.settings(batch: batch, rate: 0, samples: samples), meanImage: Self.mean,
      estimator: estimator, seed: 3, threads: 1)
    try trainer.restore(SmallModels.spread(trainer.tensors()))
    return trainer
  }

  private func reference(_ trainer: borrowing VariationalAutoencoderTrainer<Double>) -> NaiveCompletion {
    NaiveCompletion(
      networks: NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors()))
  }

  /// Estimators of both kinds of latents, with sizes for which their noise has few enough outcomes for a debug build.
  static let estimators: [(any GradientEstimator, latents: Int, categories: Int?)] = [
    (REINFORCE(), 3, 3), (LOORF(samples: 2), 2, 3), (CARMSI(samples: 2), 2, 3), (ARSM(), 1, 3),
    (UnorderedSet(states: 2), 2, 3), (ARM(), 4, nil), (MuProp(), 3, nil),
  ]

  @Test(
    "has exactly the gradient of the enumerated E[log p(lower | z)] as its step's expectation, for every parameter",
    arguments: estimators.indices)
  func isUnbiased(index: Int) throws {
    let (estimator, latents, categories) = Self.estimators[index]
    var trainer = try trainer(estimator, latents: latents, categories: categories)
    let exact = reference(trainer).gradient([Self.images[1]])
    #expect(exact.keys.count == 8 && exact["prior.logits"] == nil)
    let mean = try expectedGradient(
      &trainer, images: [Self.images[1]], encoderLogits: NaiveCompletion.encoderLogits)
    #expect(largestError(mean, exact) < 1e-10, "\(estimator.name)")
  }

  @Test("is exact on a batch whose shards differ in size, for each thing that an encoder can see of an image")
  func batchesAreUnbiased() throws {
    for (input, hidden) in [(EncoderInput.raw, false), (.centred, true), (.signed, false)] {
      var trainer = try trainer(
        LOORF(samples: 2), latents: 2, categories: 2, batch: 3, samples: .first, hidden: hidden, input: input)
      let exact = reference(trainer).gradient(Self.images)
      let mean = try expectedGradient(
        &trainer, images: Self.images, encoderLogits: NaiveCompletion.encoderLogits)
      #expect(largestError(mean, exact) < 1e-10)
    }
  }

  @Test("shows the fault of halves that are exchanged, and of a gradient of one copy")
  func faultsAreCaught() throws {
    var trainer = try trainer(LOORF(samples: 2), latents: 2)
    let reference = reference(trainer)
    let image = Self.images[1]
    let mean = try expectedGradient(&trainer, images: [image], encoderLogits: NaiveCompletion.encoderLogits)
    let exchanged = reference.gradient([Array(image.suffix(3)) + Array(image.prefix(3))])
    let halved = reference.gradient([image]).mapValues { $0.map { $0 / 2 } }
    #expect(largestError(mean, exchanged) > 0.1 && largestError(mean, halved) > 0.9)
  }

  @Test("Gumbel-softmax trains log p(lower | y) at relaxed y, without a term of the latents' density")
  func relaxed() throws {
    let temperature = 0.7
    var trainer = try trainer(GumbelSoftmax(temperature: temperature), latents: 2)
    let networks = reference(trainer).networks
    let image = Self.images[2]
    let lower = image.suffix(3).map { Int($0) }
    let loss = try trainer.step(index: 1, images: image.span)
    let points = trainer.shards[0].samples
    let noise = zip(points, NaiveCompletion.encoderLogits(networks, image)).map {
      temperature * Double.log($0) - $1.value
    }
    func objective(_ networks: NaiveAutoencoder, _ image: [UInt8]) -> Dual {
      let logits = NaiveCompletion.encoderLogits(networks, image)
      let weights = zip(logits, noise).map { Dual.exp(($0 + Dual(value: $1)) * Dual(value: 1 / temperature)) }
      let point = weights.indices.map { place in
        let first = place / 3 * 3
        return weights[place] / (weights[first] + weights[first + 1] + weights[first + 2])
      }
      return NaiveAutoencoder.logLikelihood(logits: networks.decoderLogits(at: point), lower + lower)
    }
    #expect((loss + objective(networks, image).value / 2).magnitude < 1e-11)
    #expect(largestError(gradient(trainer), networks.negativeGradient([image], of: objective)) < 1e-8)
  }

  @Test("A step returns half of -log p(lower, lower | z) of the first samples, on average over the batch")
  func loss() throws {
    var trainer = try trainer(LOORF(samples: 2), latents: 2, batch: 3)
    let networks = reference(trainer).networks
    let loss = try trainer.step(index: 3, images: batch.span)
    var sum = 0.0
    for shard in trainer.shards {
      for row in 0..<shard.rows.count {
        let lower = Self.images[shard.rows.lowerBound + row].suffix(3).map { Int($0) }
        let z = (0..<2).map { Int(shard.samples[row * 2 + $0]) }
        sum += NaiveAutoencoder.logLikelihood(logits: networks.decoderLogits(z), lower + lower).value
      }
    }
    #expect((loss + sum / 6).magnitude < 1e-13)
  }

  @Test("enumeration gives half of the tiled likelihood and objective, and the posterior given both halves")
  func exactLikelihood() throws {
    let trainer = try trainer(REINFORCE(), latents: 2)
    let reference = reference(trainer)
    for (image, exact) in zip(Self.images, try trainer.exactLikelihoods(images: batch.span)) {
      let densities = reference.densities(image)
      let total = densities.reduce(0) { $0 + Double.exp($1.likelihood + $1.latents) }
      let mean = densities.reduce(0) { $0 + Double.exp($1.latents) * $1.likelihood }
      #expect((exact.logLikelihood - Double.log(total) / 2).magnitude < 1e-12)
      #expect((exact.evidenceLowerBound - mean / 2).magnitude < 1e-12)
      for (state, density) in densities.enumerated() {
        let posterior = Double.exp(density.likelihood + density.latents) / total
        #expect((exact.posterior[state] - posterior).magnitude < 1e-13)
        #expect((exact.approximatePosterior[state] - Double.exp(density.latents)).magnitude < 1e-13)
      }
    }
  }

  /// Uniform numbers that make the production code draw this state: in the middle of each category's interval.
  private func uniforms(_ naive: NaiveAutoencoder, state: Int, image: [UInt8]) -> [Double] {
    let logits = NaiveCompletion.encoderLogits(naive, image).map(\.value)
    return naive.bits(state).enumerated().map { variable, value in
      let weights = (0..<3).map { Double.exp(logits[variable * 3 + $0]) }
      return (weights[..<value].reduce(0, +) + weights[value] / 2) / weights.reduce(0, +)
    }
  }

  @Test("the bound at every pair of latent states is half of the log of their mean p(lower, lower | z)")
  func boundByEnumeration() throws {
    var trainer = try trainer(REINFORCE(), latents: 2)
    let reference = reference(trainer)
    let image = Self.images[1]
    let densities = reference.densities(image)
    var mean = 0.0
    for first in densities.indices {
      for second in densities.indices {
        let noise =
          uniforms(reference.networks, state: first, image: image)
          + uniforms(reference.networks, state: second, image: image)
        let bound = try trainer.importanceWeightedBounds(
          images: image.span, firstRow: 5, samples: 2, noise: .given(noise))[0]
        let (one, other) = (densities[first].likelihood, densities[second].likelihood)
        #expect((bound - Double.log((Double.exp(one) + Double.exp(other)) / 2) / 2).magnitude < 1e-12)
        mean += Double.exp(densities[first].latents + densities[second].latents) * bound
      }
    }
    let exact = try trainer.exactLikelihoods(images: image.span)[0]
    #expect(mean > exact.evidenceLowerBound + 1e-4 && mean < exact.logLikelihood - 1e-4)
  }

  @Test("a bound does not depend on threads, nor on the images that it is evaluated with")
  func boundsDoNotDependOnBatches() throws {
    let all = (0..<21).flatMap { Self.images[$0 % 3] }
    var results: [[Double]] = []
    for threads in 1...3 {
      var trainer = try VariationalAutoencoderTrainer<Float>(
        configuration: Self.configuration(latents: 3, categories: 4, hidden: true, input: .centred),
        settings: SmallModels.settings(batch: 1, rate: 0), meanImage: Self.mean, estimator: REINFORCE(),
        seed: 8, threads: threads)
      results.append(
        try trainer.importanceWeightedBounds(images: all.span, firstRow: 3, samples: 5, seed: 1, step: 0))
      results.append(
        try [0..<2, 2..<21].flatMap { part in
          try trainer.importanceWeightedBounds(
            images: all.span.extracting(part.lowerBound * 6..<part.upperBound * 6),
            firstRow: 3 + part.lowerBound, samples: 5, seed: 1, step: 0)
        })
    }
    #expect(Set(results[0]).count > 3)
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test("shows the given pixels, and the mean prediction of both copies over 100 samples of the latents")
  func pictures() throws {
    let trainer = try trainer(REINFORCE(), latents: 2, categories: nil)
    let networks = reference(trainer).networks
    func sigmoid(_ logit: Dual) -> Double { Double.exp(Dual.logSigmoid(logit).value) }
    let found = try #require(try trainer.reconstructions(images: batch.span, seed: 5))
    #expect(trainer.givenPixels == 3)
    #expect(try trainer.generatedImages(count: 2, seed: 5) == nil)
    #expect(throws: ModelError.self) { try trainer.priorSamples(rows: 2, seed: 5) }
    for (row, image) in Self.images.enumerated() {
      var uniforms = [Double](repeating: 0, count: 200)
      var target = uniforms.mutableSpan
      RandomStream(seed: 5, purpose: StreamPurpose(rawValue: 12), step: 0).fillUniforms(
        rows: row..<row + 1, perRow: 200, into: &target)
      let probabilities = NaiveCompletion.encoderLogits(networks, image).map(sigmoid)
      var means = [0.0, 0, 0]
      for sample in 0..<100 {
        let z = (0..<2).map { uniforms[sample * 2 + $0] < probabilities[$0] ? 1 : 0 }
        for (output, logit) in networks.decoderLogits(z).enumerated() {
          means[output % 3] += sigmoid(logit) / 200
        }
      }
      #expect(Array(found[row * 6..<row * 6 + 3]) == image.prefix(3).map { Float($0) })
      for pixel in 0..<3 { #expect((Double(found[row * 6 + 3 + pixel]) - means[pixel]).magnitude < 1e-6) }
    }
  }

  @Test("has the same bits on one thread and on two, continues from its tensors, learns, and has no prior")
  func bits() throws {
    func trainer(threads: Int) throws -> VariationalAutoencoderTrainer<Float> {
      try VariationalAutoencoderTrainer<Float>(
        configuration: Self.configuration(latents: 4, categories: 5, hidden: true, input: .centred),
        settings: SmallModels.settings(batch: 3, rate: 1e-2, samples: .all), meanImage: Self.mean,
        estimator: CARMSI(samples: 3), seed: 3, threads: threads)
    }
    var one = try trainer(threads: 1)
    var two = try trainer(threads: 2)
    var resumed = try trainer(threads: 2)
    #expect(!one.tensors().contains { $0.name == "prior.logits" } && one.priorLogits.isEmpty)
    var losses: [Double] = []
    for step in 0..<150 {
      losses.append(try one.step(index: UInt64(step), images: batch.span))
      #expect(try two.step(index: UInt64(step), images: batch.span) == losses[step])
      if step == 70 { try resumed.restore(one.tensors()) }
      if step > 70 { #expect(try resumed.step(index: UInt64(step), images: batch.span) == losses[step]) }
    }
    #expect(one.tensors() == two.tensors() && one.tensors() == resumed.tensors())
    #expect(losses.suffix(20).reduce(0, +) / 20 < losses[0] - 1)
  }

  @Test("refuses images without halves, and estimators of multi-sample bounds")
  func errors() throws {
    var odd = Self.configuration(latents: 2, categories: 3, hidden: false, input: .raw)
    odd.pixels = 5
    let settings = SmallModels.settings(batch: 1, rate: 0)
    let first = #expect(throws: ModelError.self) {
      try VariationalAutoencoderTrainer<Double>(
        configuration: odd, settings: settings, meanImage: SmallModels.mean, estimator: REINFORCE(), seed: 1,
        threads: 1
      ).seed
    }
    #expect(first?.description.contains("an even number") == true)
    let second = #expect(throws: ModelError.self) {
      try trainer(VIMCO(samples: 2), latents: 2).seed
    }
    #expect(second?.description.contains("vimco:2, expected an estimator of an expectation") == true)
  }
}
