import ElementwiseKernels
import GradientEstimators
import Numerics
import RandomStreams
import Testing

@testable import LatentVariableModels

@Suite("Likelihoods and bounds")
struct BoundTests {
  private let images = SmallModels.images.flatMap { $0 }

  @Test("enumeration gives the likelihood, the ELBO and the posterior that their definitions give")
  func exactLikelihood() throws {
    for hidden in [false, true] {
      let trainer = try SmallModels.trainer(latents: 4, batch: 1, estimator: ARM(), hidden: hidden)
      let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
      for (image, exact) in zip(SmallModels.images, try trainer.exactLikelihoods(images: images.span)) {
        let densities = naive.densities(image)
        let logLikelihood = naive.logLikelihood(image)
        #expect((exact.logLikelihood - logLikelihood).magnitude < 1e-12)
        #expect((exact.evidenceLowerBound - naive.evidenceLowerBound(image).value).magnitude < 1e-12)
        #expect(exact.evidenceLowerBound < exact.logLikelihood)
        for (state, density) in densities.enumerated() {
          #expect(
            (exact.posterior[state] - Double.exp(density.joint.value - logLikelihood)).magnitude < 1e-13)
          #expect((exact.approximatePosterior[state] - Double.exp(density.posterior.value)).magnitude < 1e-13)
        }
      }
    }
  }

  /// Uniform numbers that make the production code draw this state.
  private func uniforms(_ naive: NaiveAutoencoder, state: Int) -> [Double] {
    naive.bits(state).map { $0 == 1 ? 0x1p-60 : 1 - 0x1p-53 }
  }

  @Test(
    "the bound at every pair of latent states is the definition's, and its mean lies between ELBO and log p(x)"
  )
  func boundByEnumeration() throws {
    var trainer = try SmallModels.trainer(latents: 3, batch: 1, estimator: ARM())
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let image = SmallModels.images[1]
    let densities = naive.densities(image)
    let weights = densities.map { $0.joint.value - $0.posterior.value }
    var means = [0.0, 0.0]
    for first in weights.indices {
      let single = try trainer.importanceWeightedBounds(
        images: image.span, firstRow: 5, samples: 1, noise: .given(uniforms(naive, state: first)))
      #expect((single[0] - weights[first]).magnitude < 1e-12)
      means[0] += Double.exp(densities[first].posterior.value) * single[0]
      for second in weights.indices {
        let noise = uniforms(naive, state: first) + uniforms(naive, state: second)
        let bound = try trainer.importanceWeightedBounds(
          images: image.span, firstRow: 5, samples: 2, noise: .given(noise))[0]
        let expected = Double.log((Double.exp(weights[first]) + Double.exp(weights[second])) / 2)
        #expect((bound - expected).magnitude < 1e-12)
        means[1] += Double.exp(densities[first].posterior.value + densities[second].posterior.value) * bound
      }
    }
    let exact = try trainer.exactLikelihoods(images: image.span)[0]
    #expect((means[0] - exact.evidenceLowerBound).magnitude < 1e-12)
    #expect(means[1] > exact.evidenceLowerBound + 1e-3 && means[1] < exact.logLikelihood - 1e-3)
  }

  @Test("the bound is log p(x) for every number of samples when q is the posterior")
  func boundWithExactPosterior() throws {
    var trainer = try SmallModels.trainer(latents: 4, batch: 1, estimator: ARM(), hidden: false)
    // A decoder that ignores its latents makes the prior the posterior; the encoder then says just that.
    let prior = trainer.priorLogits
    try trainer.restore(
      trainer.tensors().map { tensor in
        let values: [Double] =
          switch tensor.name {
          case "encoder.0.weight", "decoder.0.weight": tensor.doubles.map { _ in 0 }
          case "encoder.0.bias": prior
          default: tensor.doubles
          }
        guard case .double = tensor.values else { return tensor }
        return NamedTensor(name: tensor.name, shape: tensor.shape, values: .double(values))
      })
    let exact = try trainer.exactLikelihoods(images: images.span)
    for samples in [1, 2, 9, 200] {
      let bounds = try trainer.importanceWeightedBounds(
        images: images.span, firstRow: 0, samples: samples, seed: 1, step: 0)
      for (bound, likelihood) in zip(bounds, exact) {
        #expect((bound - likelihood.logLikelihood).magnitude < 1e-12)
        #expect((likelihood.evidenceLowerBound - likelihood.logLikelihood).magnitude < 1e-12)
      }
    }
  }

  @Test("the bound draws sample s of image i from row firstRow + i of the evaluation stream")
  func boundAddressesItsNoise() throws {
    var trainer = try SmallModels.trainer(latents: 3, batch: 1, estimator: ARM())
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    for samples in [1, 5, 20, 150] {
      let bounds = try trainer.importanceWeightedBounds(
        images: images.span, firstRow: 6, samples: samples, seed: 4, step: 2)
      for (index, image) in SmallModels.images.enumerated() {
        var uniforms = [Double](repeating: 0, count: samples * 3)
        var target = uniforms.mutableSpan
        RandomStream(seed: 4, purpose: .evaluation, step: 2).fillUniforms(
          rows: 6 + index..<7 + index, perRow: samples * 3, into: &target)
        let probabilities = naive.encoderLogits(image).map { Double.exp(Dual.logSigmoid($0).value) }
        let densities = naive.densities(image)
        let sum = (0..<samples).reduce(0.0) { sum, sample in
          let state = (0..<3).reduce(0) { state, latent in
            state + (uniforms[sample * 3 + latent] < probabilities[latent] ? 1 << latent : 0)
          }
          return sum + Double.exp(densities[state].joint.value - densities[state].posterior.value)
        }
        #expect((bounds[index] - Double.log(sum / Double(samples))).magnitude < 1e-11)
      }
    }
  }

  @Test("a bound has the same bits for any threads and with any neighbours", arguments: [1, 3, 30, 130])
  func boundsDoNotDependOnBatches(samples: Int) throws {
    var all: [UInt8] = []
    for row in 0..<21 { all += SmallModels.images[row % 3] }
    var results: [[Double]] = []
    for threads in [1, 2, 3] {
      var trainer = try VariationalAutoencoderTrainer<Float>(
        configuration: SmallModels.configuration(latents: 3),
        settings: SmallModels.settings(batch: 1, rate: 0),
        meanImage: SmallModels.mean, estimator: ARM(), seed: 8, threads: threads)
      results.append(
        try trainer.importanceWeightedBounds(
          images: all.span, firstRow: 3, samples: samples, seed: 1, step: 0))
      let parts = try [0..<2, 2..<13, 13..<21].flatMap { part in
        try trainer.importanceWeightedBounds(
          images: all.span.extracting(part.lowerBound * 5..<part.upperBound * 5),
          firstRow: 3 + part.lowerBound,
          samples: samples, seed: 1, step: 0)
      }
      results.append(parts)
    }
    #expect(Set(results[0]).count > 1)
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test("reconstructions and decoded means are the decoder's probabilities")
  func imageProbabilities() throws {
    let trainer = try SmallModels.trainer(latents: 3, batch: 1, estimator: ARM())
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let means = try trainer.reconstruct(images: images.span)
    for (index, image) in SmallModels.images.enumerated() {
      let latents = naive.encoderLogits(image).map { $0.value > 0 ? 1 : 0 }
      let expected = naive.decoderLogits(latents).map { Double.exp(Dual.logSigmoid($0).value) }
      for (pixel, value) in expected.enumerated() {
        #expect((means[index * 5 + pixel] - value).magnitude < 1e-14)
      }
    }
  }
}
