import ElementwiseKernels
import GradientEstimators
import NeuralNetworks
import Numerics
import RandomStreams
import Testing

@testable import LatentVariableModels

@Suite("A categorical autoencoder")
struct CategoricalAutoencoderTests {
  private let images = SmallModels.images.flatMap { $0 }

  private func meanAndExact(
    _ estimator: any GradientEstimator, latents: Int, categories: Int, images: [[UInt8]],
    samples: DecoderSamples, hidden: Bool = true
  ) throws -> (mean: [String: [Double]], exact: [String: [Double]]) {
    var trainer = try SmallModels.trainer(
      latents: latents, categories: categories, batch: images.count, estimator: estimator, samples: samples,
      hidden: hidden)
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    return (try expectedGradient(&trainer, images: images), naive.negativeBoundGradient(images))
  }

  /// Every categorical estimator that uses values only, with the latents and categories for which its noise has few enough
  /// outcomes for a debug build.
  static let estimators: [(any GradientEstimator, latents: Int, categories: Int)] = [
    (REINFORCE(), 3, 3), (LOORF(samples: 2), 2, 3), (CARMSI(samples: 2), 2, 3), (CARMSI(samples: 3), 2, 2),
    (CARMSG(samples: 2), 2, 3), (CARMSSB(samples: 2), 2, 3), (ARS(), 1, 3), (ARSM(), 1, 3),
    (UnorderedSet(states: 2), 2, 3), (DisARMIW(), 2, 3), (DisARMSB(), 2, 3), (DisARMTree(), 2, 3),
    (NVIL(), 2, 3),
  ]

  @Test(
    "has exactly the gradient of the enumerated ELBO as its step's expectation, for every parameter",
    arguments: estimators.indices)
  func isUnbiased(index: Int) throws {
    let (estimator, latents, categories) = Self.estimators[index]
    let (mean, exact) = try meanAndExact(
      estimator, latents: latents, categories: categories, images: [SmallModels.images[0]], samples: .all)
    // CARMS-G has its pair probabilities by quadrature, to 1e-11.
    #expect(largestError(mean, exact) < 1e-9, "\(estimator.name)")
  }

  @Test("is exact on a batch whose shards differ in size, linear and nonlinear, from one or all samples")
  func batchesAreUnbiased() throws {
    for (samples, hidden) in [(DecoderSamples.first, false), (.all, true)] {
      let (mean, exact) = try meanAndExact(
        LOORF(samples: 2), latents: 2, categories: 2, images: SmallModels.images, samples: samples,
        hidden: hidden)
      #expect(largestError(mean, exact) < 1e-10)
    }
  }

  @Test("shows a bias when an estimator has one: a factor of 1.0001")
  func faultIsCaught() throws {
    let (mean, exact) = try meanAndExact(
      ScaledEstimator(base: CARMSI(samples: 2)), latents: 2, categories: 3, images: [SmallModels.images[0]],
      samples: .all)
    let error = largestError(mean, exact)
    #expect(error > 0.9e-4 && error < 1.1e-4)
  }

  @Test("enumeration gives the likelihood, the ELBO and the posterior that their definitions give")
  func exactLikelihood() throws {
    for hidden in [false, true] {
      let trainer = try SmallModels.trainer(
        latents: 2, categories: 3, batch: 1, estimator: REINFORCE(), hidden: hidden)
      let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
      for (image, exact) in zip(SmallModels.images, try trainer.exactLikelihoods(images: images.span)) {
        let densities = naive.densities(image)
        let logLikelihood = naive.logLikelihood(image)
        #expect((exact.logLikelihood - logLikelihood).magnitude < 1e-12)
        #expect((exact.evidenceLowerBound - naive.evidenceLowerBound(image).value).magnitude < 1e-12)
        #expect(exact.posterior.count == 9)
        for (state, density) in densities.enumerated() {
          #expect(
            (exact.posterior[state] - Double.exp(density.joint.value - logLikelihood)).magnitude < 1e-13)
          #expect((exact.approximatePosterior[state] - Double.exp(density.posterior.value)).magnitude < 1e-13)
        }
      }
    }
  }

  /// Uniform numbers that make the production code draw this state: in the middle of each category's interval.
  private func uniforms(_ naive: NaiveAutoencoder, state: Int, image: [UInt8]) -> [Double] {
    let logits = naive.encoderLogits(image).map(\.value)
    return naive.bits(state).enumerated().map { variable, value in
      let weights = (0..<naive.base).map { Double.exp(logits[variable * naive.base + $0]) }
      let total = weights.reduce(0, +)
      return (weights[..<value].reduce(0, +) + weights[value] / 2) / total
    }
  }

  @Test(
    "the bound at every pair of latent states is the definition's, and its mean is the enumerated one's")
  func boundByEnumeration() throws {
    var trainer = try SmallModels.trainer(latents: 2, categories: 3, batch: 1, estimator: REINFORCE())
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let image = SmallModels.images[1]
    let densities = naive.densities(image)
    let weights = densities.map { $0.joint.value - $0.posterior.value }
    var mean = 0.0
    for first in weights.indices {
      let single = try trainer.importanceWeightedBounds(
        images: image.span, firstRow: 5, samples: 1,
        noise: .given(uniforms(naive, state: first, image: image)))
      #expect((single[0] - weights[first]).magnitude < 1e-12)
      for second in weights.indices {
        let noise =
          uniforms(naive, state: first, image: image) + uniforms(naive, state: second, image: image)
        let bound = try trainer.importanceWeightedBounds(
          images: image.span, firstRow: 5, samples: 2, noise: .given(noise))[0]
        let expected = Double.log((Double.exp(weights[first]) + Double.exp(weights[second])) / 2)
        #expect((bound - expected).magnitude < 1e-12)
        mean += Double.exp(densities[first].posterior.value + densities[second].posterior.value) * bound
      }
    }
    let exact = naive.importanceWeightedBound(image, samples: 2).value
    #expect((mean - exact).magnitude < 1e-12)
    let likelihoods = try trainer.exactLikelihoods(images: image.span)[0]
    #expect(exact > likelihoods.evidenceLowerBound + 1e-3 && exact < likelihoods.logLikelihood - 1e-3)
  }

  @Test("the bound draws sample s of image i from row firstRow + i of the evaluation stream, by inversion")
  func boundAddressesItsNoise() throws {
    var trainer = try SmallModels.trainer(latents: 2, categories: 3, batch: 1, estimator: REINFORCE())
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    for samples in [1, 20, 150] {
      let bounds = try trainer.importanceWeightedBounds(
        images: images.span, firstRow: 6, samples: samples, seed: 4, step: 2)
      for (index, image) in SmallModels.images.enumerated() {
        var uniforms = [Double](repeating: 0, count: samples * 2)
        var target = uniforms.mutableSpan
        RandomStream(seed: 4, purpose: .evaluation, step: 2).fillUniforms(
          rows: 6 + index..<7 + index, perRow: samples * 2, into: &target)
        let densities = naive.densities(image)
        let logits = naive.encoderLogits(image).map { Double.exp($0.value) }
        let sum = (0..<samples).reduce(0.0) { sum, sample in
          let values = (0..<2).map { latent -> Int in
            let weights = Array(logits[latent * 3..<latent * 3 + 3])
            let level = uniforms[sample * 2 + latent] * weights.reduce(0, +)
            return level < weights[0]
              ? 0 : level < weights[0] + weights[1] ? 1 : 2
          }
          let density = densities[values[0] + 3 * values[1]]
          return sum + Double.exp(density.joint.value - density.posterior.value)
        }
        #expect((bounds[index] - Double.log(sum / Double(samples))).magnitude < 1e-11)
      }
    }
  }

  private func floatTrainer(
    threads: Int, batch: Int, estimator: any GradientEstimator
  ) throws -> VariationalAutoencoderTrainer<Float> {
    try VariationalAutoencoderTrainer<Float>(
      configuration: SmallModels.configuration(latents: 4, categories: 5),
      settings: SmallModels.settings(batch: batch, rate: 1e-2, samples: .all), meanImage: SmallModels.mean,
      estimator: estimator, seed: 3, threads: threads)
  }

  private func batch(_ step: Int, rows: Int) -> [UInt8] {
    SmallModels.numbers(rows * 5, stream: 1000 + UInt64(step)).map { $0 > 0 ? 1 : 0 }
  }

  @Test("has the same bits on one thread and on two, and continues bit for bit from its tensors")
  func bits() throws {
    for estimator: any GradientEstimator in [CARMSI(samples: 3), ARSM(), NVIL(), VIMCO(samples: 3)] {
      var one = try floatTrainer(threads: 1, batch: 5, estimator: estimator)
      var two = try floatTrainer(threads: 2, batch: 5, estimator: estimator)
      var resumed = try floatTrainer(threads: 2, batch: 5, estimator: estimator)
      for step in 0..<8 {
        let images = batch(step, rows: 5)
        let first = try one.step(index: UInt64(step), images: images.span)
        let second = try two.step(index: UInt64(step), images: images.span)
        #expect(first == second, "\(estimator.name)")
        if step == 3 { try resumed.restore(one.tensors()) }
        if step > 3 { #expect(try resumed.step(index: UInt64(step), images: images.span) == first) }
      }
      #expect(one.tensors() == two.tensors() && one.tensors() == resumed.tensors(), "\(estimator.name)")
    }
  }

  @Test("lowers the loss of a batch that it sees again and again")
  func learns() throws {
    var trainer = try floatTrainer(threads: 2, batch: 5, estimator: CARMSI(samples: 3))
    let images = batch(0, rows: 5)
    let before = try trainer.exactLikelihoods(images: images.span).reduce(0.0) { $0 + $1.evidenceLowerBound }
    for step in 0..<150 { _ = try trainer.step(index: UInt64(step), images: images.span) }
    let after = try trainer.exactLikelihoods(images: images.span).reduce(0.0) { $0 + $1.evidenceLowerBound }
    #expect(after > before + 2.5)
  }

  @Test("reconstructions and decoded latents are the decoder's probabilities at unit vectors")
  func imageProbabilities() throws {
    let trainer = try SmallModels.trainer(latents: 2, categories: 3, batch: 1, estimator: REINFORCE())
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let means = try trainer.reconstruct(images: images.span)
    for (index, image) in SmallModels.images.enumerated() {
      let logits = naive.encoderLogits(image).map(\.value)
      let latents = (0..<2).map { latent in
        (0..<3).max { logits[latent * 3 + $0] < logits[latent * 3 + $1] } ?? 0
      }
      let expected = naive.decoderLogits(latents).map { Double.exp(Dual.logSigmoid($0).value) }
      for (pixel, value) in expected.enumerated() {
        #expect((means[index * 5 + pixel] - value).magnitude < 1e-14)
      }
    }
    let wrong = [0.0, 3]
    #expect(throws: ModelError.self) { try trainer.decodeMeans(latents: wrong.span) }
    let missing = [0.0, .nan]
    #expect(throws: ModelError.self) { try trainer.decodeMeans(latents: missing.span) }
  }

  @Test("samples of the prior have its law, up to what Hoeffding's inequality allows with probability 1e-7")
  func priorSamples() throws {
    let trainer = try SmallModels.trainer(latents: 2, categories: 3, batch: 1, estimator: REINFORCE())
    let rows = 20_000
    let samples = try trainer.priorSamples(rows: rows, seed: 5)
    #expect(samples.count == 2 * rows)
    let error = (Double.log(2 * 6 / 1e-7) / (2 * Double(rows))).squareRoot()
    for latent in 0..<2 {
      let weights = (0..<3).map { Double.exp(trainer.priorLogits[latent * 3 + $0]) }
      let total = weights.reduce(0, +)
      for category in 0..<3 {
        let count = (0..<rows).count { samples[$0 * 2 + latent] == Double(category) }
        let found = Double(count) / Double(rows)
        let (share, neighbour) = (weights[category] / total, weights[(category + 1) % 3] / total)
        #expect((found - share).magnitude < error)
        // The neighbour's share would be taken for this one's otherwise.
        #expect((neighbour - share).magnitude > error)
      }
    }
  }

  @Test("refuses a number of categories that no estimator knows, and estimators of bits")
  func errors() {
    for categories in [1, 257] {
      let error = #expect(throws: ModelError.self) {
        try SmallModels.trainer(latents: 2, categories: categories, batch: 1, estimator: REINFORCE()).seed
      }
      #expect(error?.description.contains("categories") == true)
    }
    let error = #expect(throws: ModelError.self) {
      try SmallModels.trainer(latents: 2, categories: 3, batch: 1, estimator: ARM()).seed
    }
    #expect(error?.description.contains("3 categories") == true)
  }
}

/// An estimator that is wrong by one part in ten thousand.
struct ScaledEstimator<Base: GradientEstimator>: GradientEstimator {
  let base: Base
  var name: String { "scaled-\(base.name)" }
  var target: GradientTarget { base.target }
  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }
  func evaluations(variables: LatentVariables) -> Int { base.evaluations(variables: variables) }
  func noisePerRow(variables: LatentVariables) -> Int { base.noisePerRow(variables: variables) }
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    base.noiseLaw(logits: logits, variables: variables)
  }
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    base.gradientBounds(objective: objective, logits: logits, variables: variables, coordinate: coordinate)
  }
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
    for index in gradient.indices { gradient[index] *= 1.0001 }
  }
}
