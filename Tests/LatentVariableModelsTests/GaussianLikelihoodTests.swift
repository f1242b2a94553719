import ElementwiseKernels
import GradientEstimators
import NeuralNetworks
import Numerics
import Testing

@testable import LatentVariableModels

/// A Gaussian likelihood from its definition, by the reference autoencoder's networks.
private enum NaiveGaussian {
  static func numbers(_ image: [UInt8]) -> [Double] { image.map { Double($0) * 2 / 255 - 1 } }

  static func encoderLogits(_ networks: NaiveAutoencoder, _ image: [UInt8]) -> [Dual] {
    networks.dense(
      "encoder", layers: networks.configuration.encoderHidden.count + 1,
      input: numbers(image).map { Dual(value: $0) })
  }

  static func variances(_ networks: NaiveAutoencoder) -> [Dual] {
    (networks.tensors["variances.base"] ?? []).map { base in
      let variance = Dual.log(Dual(value: 1) + Dual.exp(base))
      return variance.value > 0.001 ? variance : Dual(value: 0.001)
    }
  }

  /// log of the product of the densities exp(-(x - m)^2 / 2s) / sqrt(2 pi s), root taken as a power.
  static func logDensity(_ networks: NaiveAutoencoder, means: [Dual], _ image: [UInt8]) -> Dual {
    zip(zip(numbers(image), means), variances(networks)).reduce(Dual(value: 0)) { sum, pixel in
      let ((x, mean), variance) = pixel
      let deviation = Dual(value: x) - mean
      let exponent = deviation * deviation / (variance + variance)
      let root = Dual.exp(Dual(value: 0.5) * Dual.log(Dual(value: 2 * .pi) * variance))
      return sum - exponent - Dual.log(root)
    }
  }

  /// log p(x, z) and log q(z | x) of every latent state.
  static func densities(_ networks: NaiveAutoencoder, _ image: [UInt8]) -> [(joint: Dual, posterior: Dual)] {
    let logits = encoderLogits(networks, image)
    let prior = networks.tensors["prior.logits"] ?? []
    return (0..<networks.stateCount).map { state in
      let z = networks.bits(state)
      let likelihood = logDensity(networks, means: networks.decoderLogits(z), image)
      return (
        likelihood + networks.logProbability(z, logits: prior), networks.logProbability(z, logits: logits)
      )
    }
  }

  /// E_q[log p(x, z) - log q(z | x)].
  static func bound(_ networks: NaiveAutoencoder, _ image: [UInt8]) -> Dual {
    densities(networks, image).reduce(Dual(value: 0)) {
      $0 + Dual.exp($1.posterior) * ($1.joint - $1.posterior)
    }
  }

  /// E[log of the mean of two samples' p(x, z) / q(z | x)].
  static func boundOfTwo(_ networks: NaiveAutoencoder, _ image: [UInt8]) -> Dual {
    let states = densities(networks, image)
    return states.reduce(Dual(value: 0)) { sum, first in
      states.reduce(sum) { sum, second in
        let weights =
          Dual.exp(first.joint - first.posterior) + Dual.exp(second.joint - second.posterior)
        return sum + Dual.exp(first.posterior + second.posterior)
          * (Dual.log(weights) - Dual(value: Double.log(2)))
      }
    }
  }
}

@Suite("An autoencoder of intensities")
struct GaussianLikelihoodTests {
  private static let images: [[UInt8]] = [
    [0, 255, 17, 200, 128], [90, 3, 255, 255, 0], [1, 77, 150, 30, 254],
  ]
  private let batch = images.flatMap { $0 }

  private static func configuration(
    latents: Int, categories: Int? = nil, hidden: Bool = true
  ) -> VariationalAutoencoderConfiguration {
    VariationalAutoencoderConfiguration(
      pixels: 5, latents: latents, categories: categories, encoderHidden: hidden ? [4] : [],
      decoderHidden: hidden ? [3] : [], leakyReLUSlope: 0.3, encoderInput: .raw, signedLatents: true,
      outputBiasFromMean: false, likelihood: .gaussian)
  }

  /// The third pixel's variance is held at its least.
  private func trainer(
    _ estimator: any GradientEstimator, latents: Int, categories: Int? = nil, batch: Int = 1,
    samples: DecoderSamples = .all, hidden: Bool = true
  ) throws -> VariationalAutoencoderTrainer<Double> {
    var trainer = try VariationalAutoencoderTrainer<Double>(
      configuration: Self.configuration(latents: latents, categories: categories, hidden: hidden),
      settings: SmallModels.settings(batch: batch, rate: 0, samples: samples), meanImage: SmallModels.mean,
      estimator: estimator, seed: 3, threads: 1)
    let spread = SmallModels.spread(trainer.tensors()).map { tensor in
      guard tensor.name == "variances.base" else { return tensor }
      var values = tensor.doubles
      values[2] = -7
      return NamedTensor(name: tensor.name, shape: tensor.shape, values: .double(values))
    }
    try trainer.restore(spread)
    return trainer
  }

  private func reference(_ trainer: borrowing VariationalAutoencoderTrainer<Double>) -> NaiveAutoencoder {
    NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
  }

  /// Estimators with what they have learnt, and sizes for which their noise has few enough outcomes for a debug build.
  static let estimators: [(any GradientEstimator, latents: Int, categories: Int?, state: [Double])] = [
    (REINFORCE(), 4, nil, []), (DisARM(), 4, nil, []), (LOORF(samples: 2), 3, nil, []),
    (LOORF(samples: 2), 2, 3, []), (MuProp(), 3, nil, []),
    (DoubleControlVariates(samples: 2), 2, nil, [-0.6, 2]),
    (RODEO(samples: 2), 2, nil, [0.5, 2, -0.3, 2, -0.7, 2, 0.4, 2, 0.6]),
  ]

  @Test(
    "has exactly the gradient of the enumerated ELBO as its step's expectation, that of the variances included",
    arguments: estimators.indices, [DecoderSamples.first, .all])
  func isUnbiased(index: Int, samples: DecoderSamples) throws {
    let (estimator, latents, categories, state) = Self.estimators[index]
    var trainer = try trainer(estimator, latents: latents, categories: categories, samples: samples)
    if !state.isEmpty { trainer.estimator.state = state }
    let exact = reference(trainer).negativeGradient([Self.images[0]], of: NaiveGaussian.bound)
    let mean = try expectedGradient(
      &trainer, images: [Self.images[0]], encoderLogits: NaiveGaussian.encoderLogits)
    #expect(exact["variances.base"]?[2] == 0 && exact.count == 10)
    #expect(largestError(mean, exact) < 1e-9, "\(estimator.name)")
  }

  @Test("is exact on a batch whose shards differ in size, linear and nonlinear")
  func batchesAreUnbiased() throws {
    for (samples, hidden) in [(DecoderSamples.first, false), (.all, true)] {
      var trainer = try trainer(
        LOORF(samples: 2), latents: 2, batch: 3, samples: samples, hidden: hidden)
      let exact = reference(trainer).negativeGradient(Self.images, of: NaiveGaussian.bound)
      let mean = try expectedGradient(
        &trainer, images: Self.images, encoderLogits: NaiveGaussian.encoderLogits)
      #expect(largestError(mean, exact) < 1e-9)
    }
  }

  @Test("has exactly the gradient of the enumerated bound of two samples where that is trained")
  func multiSampleBound() throws {
    var trainer = try trainer(VIMCO(samples: 2), latents: 2, samples: .first)
    let exact = reference(trainer).negativeGradient([Self.images[1]], of: NaiveGaussian.boundOfTwo)
    let mean = try expectedGradient(
      &trainer, images: [Self.images[1]], encoderLogits: NaiveGaussian.encoderLogits)
    #expect(largestError(mean, exact) < 1e-9)
  }

  @Test("shows the fault of a precision in the place of the variance, and of a gradient with respect to it")
  func faultsAreCaught() throws {
    var trainer = try trainer(LOORF(samples: 2), latents: 2)
    let networks = reference(trainer)
    let image = Self.images[0]
    let mean = try expectedGradient(&trainer, images: [image], encoderLogits: NaiveGaussian.encoderLogits)
    let exact = networks.negativeGradient([image], of: NaiveGaussian.bound)["variances.base"] ?? []
    // With respect to s in the place of v: without the factor sigmoid(v).
    let base = networks.tensors["variances.base"] ?? []
    let wrong = zip(exact, base).map { $0 / Double.exp(Dual.logSigmoid($1).value) }
    let found = ["variances.base": mean["variances.base"] ?? []]
    #expect(largestError(found, ["variances.base": exact]) < 1e-9)
    #expect(largestError(found, ["variances.base": wrong]) > 0.1)
    #expect(largestError(found, ["variances.base": exact.map { -$0 }]) > 1)
  }

  @Test("gives the estimator the objective, and its derivatives where it uses them")
  func valuesAndDerivatives() throws {
    var trainer = try trainer(MuProp(), latents: 2, batch: 3)
    let networks = reference(trainer)
    let loss = try trainer.step(index: 4, images: batch.span)
    var sum = 0.0
    for shard in trainer.shards {
      for sample in 0..<shard.evaluations * shard.shape.rows {
        let row = sample % shard.shape.rows
        let image = Self.images[shard.rows.lowerBound + row]
        let point = shard.samples[sample * 2..<sample * 2 + 2].map { Dual(value: $0) }
        let logits = NaiveGaussian.encoderLogits(networks, image)
        let prior = networks.tensors["prior.logits"] ?? []
        func softplus(_ x: Dual) -> Dual { Dual.log(Dual(value: 1) + Dual.exp(x)) }
        func objective(_ point: [Dual]) -> Dual {
          let likelihood = NaiveGaussian.logDensity(
            networks, means: networks.decoderLogits(at: point), image)
          return point.indices.reduce(likelihood) {
            $0 + point[$1] * (prior[$1] - logits[$1]) + softplus(logits[$1]) - softplus(prior[$1])
          }
        }
        let value = objective(point).value
        #expect((shard.values[sample] - value).magnitude < 1e-9 * max(1, value.magnitude))
        if sample < shard.shape.rows { sum += value }
        for latent in 0..<2 {
          var moved = point
          moved[latent].derivative = 1
          let derivative = objective(moved).derivative
          let error = (shard.derivatives[sample * 2 + latent] - derivative).magnitude
          #expect(error < 1e-9 * max(1, derivative.magnitude))
        }
      }
    }
    #expect((loss + sum / 3).magnitude < 1e-9 * sum.magnitude)
  }

  @Test("enumeration gives the likelihood, the ELBO and the posterior that their definitions give")
  func exactLikelihood() throws {
    let trainer = try trainer(REINFORCE(), latents: 3)
    let networks = reference(trainer)
    for (image, exact) in zip(Self.images, try trainer.exactLikelihoods(images: batch.span)) {
      let densities = NaiveGaussian.densities(networks, image)
      let largest = densities.map(\.joint.value).max() ?? 0
      let total = largest + .log(densities.reduce(0) { $0 + .exp($1.joint.value - largest) })
      let bound = NaiveGaussian.bound(networks, image).value
      #expect((exact.logLikelihood - total).magnitude < 1e-11 * total.magnitude)
      #expect((exact.evidenceLowerBound - bound).magnitude < 1e-11 * bound.magnitude)
      for (state, density) in densities.enumerated() {
        #expect((exact.posterior[state] - Double.exp(density.joint.value - total)).magnitude < 1e-9)
        #expect((exact.approximatePosterior[state] - Double.exp(density.posterior.value)).magnitude < 1e-13)
      }
    }
  }

  @Test("the bound at every pair of latent states is the definition's, and its mean is the enumerated one's")
  func boundByEnumeration() throws {
    var trainer = try trainer(REINFORCE(), latents: 2)
    let networks = reference(trainer)
    let image = Self.images[1]
    let densities = NaiveGaussian.densities(networks, image)
    func uniforms(_ state: Int) -> [Double] { networks.bits(state).map { $0 == 1 ? 0x1p-60 : 1 - 0x1p-53 } }
    var mean = 0.0
    for first in densities.indices {
      for second in densities.indices {
        let bound = try trainer.importanceWeightedBounds(
          images: image.span, firstRow: 5, samples: 2, noise: .given(uniforms(first) + uniforms(second)))[0]
        let weights = [first, second].map { densities[$0].joint.value - densities[$0].posterior.value }
        let largest = max(weights[0], weights[1])
        let expected = largest + .log((.exp(weights[0] - largest) + .exp(weights[1] - largest)) / 2)
        #expect((bound - expected).magnitude < 1e-11 * expected.magnitude)
        mean += Double.exp(densities[first].posterior.value + densities[second].posterior.value) * bound
      }
    }
    let exact = NaiveGaussian.boundOfTwo(networks, image).value
    #expect((mean - exact).magnitude < 1e-10 * exact.magnitude)
    let likelihoods = try trainer.exactLikelihoods(images: image.span)[0]
    #expect(exact > likelihoods.evidenceLowerBound + 1e-3 && exact < likelihoods.logLikelihood - 1e-3)
  }

  private func floatTrainer(
    threads: Int, estimator: any GradientEstimator = RODEO(samples: 2), rate: Double = 2e-2
  ) throws -> VariationalAutoencoderTrainer<Float> {
    try VariationalAutoencoderTrainer<Float>(
      configuration: Self.configuration(latents: 6),
      settings: SmallModels.settings(batch: 3, rate: rate, samples: .all), meanImage: SmallModels.mean,
      estimator: estimator, seed: 3, threads: threads)
  }

  @Test("a bound does not depend on threads, nor on the images that it is evaluated with")
  func boundsDoNotDependOnBatches() throws {
    let all = (0..<21).flatMap { Self.images[$0 % 3] }
    var results: [[Double]] = []
    for threads in 1...3 {
      var trainer = try floatTrainer(threads: threads)
      results.append(
        try trainer.importanceWeightedBounds(images: all.span, firstRow: 3, samples: 5, seed: 1, step: 0))
      results.append(
        try [0..<2, 2..<21].flatMap { part in
          try trainer.importanceWeightedBounds(
            images: all.span.extracting(part.lowerBound * 5..<part.upperBound * 5),
            firstRow: 3 + part.lowerBound, samples: 5, seed: 1, step: 0)
        })
    }
    #expect(Set(results[0]).count > 3)
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test(
    "has the same bits on one thread and on two, continues from its tensors, and learns the variances too")
  func bits() throws {
    for estimator: any GradientEstimator in [RODEO(samples: 2), LOORF(samples: 3)] {
      var one = try floatTrainer(threads: 1, estimator: estimator)
      var two = try floatTrainer(threads: 2, estimator: estimator)
      var resumed = try floatTrainer(threads: 2, estimator: estimator)
      let start = one.tensors().first { $0.name == "variances.base" }
      #expect(start?.doubles == Array(repeating: -0.5, count: 5))
      var losses: [Double] = []
      for step in 0..<600 {
        losses.append(try one.step(index: UInt64(step), images: batch.span))
        #expect(try two.step(index: UInt64(step), images: batch.span) == losses[step])
        if step == 100 { try resumed.restore(one.tensors()) }
        if step > 100 { #expect(try resumed.step(index: UInt64(step), images: batch.span) == losses[step]) }
      }
      #expect(one.tensors() == two.tensors() && one.tensors() == resumed.tensors(), "\(estimator.name)")
      // Densities are above 1 where variances are small: the objective leaves the range of probabilities.
      #expect(losses.suffix(20).reduce(0, +) / 20 < min(losses[0] - 3, 0), "\(estimator.name)")
      let learnt = one.tensors().first { $0.name == "variances.base" }?.doubles ?? []
      #expect(learnt.allSatisfy { $0 < -1 })
    }
  }

  @Test("keeps every array where it is from step to step: nothing is copied", arguments: [1, 2])
  func stepsDoNotCopy(threads: Int) throws {
    func address<Element>(_ array: [Element]) -> Int {
      unsafe array.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
    }
    func addresses(_ trainer: borrowing VariationalAutoencoderTrainer<Float>) throws -> [Int] {
      let variances = try #require(trainer.model.variances)
      return [variances.base, variances.gradient, variances.variances, variances.precisions].map(address)
        + trainer.shards.flatMap { shard in
          [address(shard.images), address(shard.varianceGradient), address(shard.values)]
            + shard.passes.map { address($0.numbers(seenBy: 0)) }
        }
    }
    var trainer = try floatTrainer(threads: threads)
    _ = try trainer.step(index: 0, images: batch.span)
    let before = try addresses(trainer)
    for step in 1..<4 { _ = try trainer.step(index: UInt64(step), images: batch.span) }
    #expect(try addresses(trainer) == before && Set(before).count == before.count)
  }

  @Test("with momentum, moves the variances by the velocity of their gradient")
  func momentum() throws {
    var settings = SmallModels.settings(batch: 1, rate: 1e-3, samples: .all)
    settings.momentum = 0.9
    var trainer = try VariationalAutoencoderTrainer<Double>(
      configuration: Self.configuration(latents: 3), settings: settings, meanImage: SmallModels.mean,
      estimator: LOORF(samples: 2), seed: 3, threads: 1)
    var (expected, velocity) = ([Double](repeating: -0.5, count: 5), [Double](repeating: 0, count: 5))
    let image = Self.images[2]
    for step in 0..<3 {
      _ = try trainer.step(index: UInt64(step), images: image.span)
      let gradient = try #require(trainer.model.variances).gradient
      for pixel in 0..<5 {
        velocity[pixel] = 0.9 * velocity[pixel] + gradient[pixel]
        expected[pixel] -= 1e-3 * velocity[pixel]
      }
    }
    let base = try #require(trainer.model.variances).base
    for (found, value) in zip(base, expected) { #expect((found - value).magnitude < 1e-15) }
  }

  @Test("shows mean intensities, clipped to those that there are")
  func brightness() throws {
    let trainer = try trainer(REINFORCE(), latents: 2)
    let networks = reference(trainer)
    let latents = [0.0, 0, 0, 1, 1, 0, 1, 1]
    let found = try trainer.decodeMeans(latents: latents.span)
    let expected = stride(from: 0, to: 8, by: 2).flatMap { first in
      networks.decoderLogits([Int(latents[first]), Int(latents[first + 1])]).map {
        min(max(($0.value + 1) / 2, 0), 1)
      }
    }
    for (one, other) in zip(found, expected) { #expect((one - other).magnitude < 1e-14) }
    #expect(
      PixelLikelihood.gaussian.brightness(-1.5) == 0.0 && PixelLikelihood.gaussian.brightness(1.5) == 1.0)
    let pictures = try #require(try trainer.reconstructions(images: batch.span, seed: 1))
    #expect(pictures.count == 15 && pictures.allSatisfy { (0...1).contains($0) })
    #expect(try trainer.generatedImages(count: 4, seed: 1)?.count == 20)
  }

  @Test("refuses what there is for bits only, and a checkpoint that has no count of steps")
  func errors() throws {
    func message(_ change: (inout VariationalAutoencoderConfiguration) -> Void) -> String {
      var configuration = Self.configuration(latents: 2)
      change(&configuration)
      let error = #expect(throws: ModelError.self) {
        try VariationalAutoencoderTrainer<Double>(
          configuration: configuration, settings: SmallModels.settings(batch: 1, rate: 0),
          meanImage: Array(repeating: 0.5, count: configuration.pixels), estimator: ARM(), seed: 1, threads: 1
        ).seed
      }
      return error?.description ?? ""
    }
    #expect(message { $0.encoderInput = .signed }.contains("raw for a Gaussian likelihood"))
    #expect(message { $0.outputBiasFromMean = true }.contains("outputs are no logits"))
    let halves = message {
      $0.objective = .completion
      $0.pixels = 6
    }
    #expect(halves.contains("generation for a Gaussian likelihood"))

    var trainer = try floatTrainer(threads: 1)
    let before = trainer.tensors()
    let wrong = before.map { tensor in
      tensor.name == "variances.adam.steps"
        ? NamedTensor(name: tensor.name, shape: [1], values: .double([0.5])) : tensor
    }
    let error = #expect(throws: ModelError.self) { try trainer.restore(wrong) }
    #expect(error?.description.contains("variances.adam.steps") == true)
    #expect(trainer.tensors() == before)
    let missing = before.filter { $0.name != "variances.base" }
    #expect(throws: ModelError.self) { try trainer.restore(missing) }
  }
}
