import GradientEstimators
import Numerics
import Testing

@testable import LatentVariableModels

@Suite("The bound with 5,000 samples")
struct ManySamplesTests {
  @Test("is the log-likelihood up to what Hoeffding's inequality allows, for any number of threads")
  func isLikelihood() throws {
    let samples = 5000
    var trainer = try SmallModels.trainer(latents: 3, batch: 1, estimator: ARM())
    var threaded = try SmallModels.trainer(latents: 3, batch: 1, estimator: ARM(), threads: 2)
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let images = SmallModels.images.flatMap { $0 }
    let bounds = try trainer.importanceWeightedBounds(
      images: images.span, firstRow: 0, samples: samples, seed: 11, step: 0)
    #expect(
      try threaded.importanceWeightedBounds(
        images: images.span, firstRow: 0, samples: samples, seed: 11, step: 0) == bounds)
    for (bound, image) in zip(bounds, SmallModels.images) {
      let weights = naive.densities(image).map { Double.exp($0.joint.value - $0.posterior.value) }
      let likelihood = Double.exp(naive.logLikelihood(image))
      let range = try #require(weights.max()) - (try #require(weights.min()))
      // The mean of the weights is beyond this of p(x) with probability below 1e-7.
      let error = range * (Double.log(2 / 1e-7) / (2 * Double(samples))).squareRoot()
      #expect((Double.exp(bound) - likelihood).magnitude < error)
      // Half of the samples, or twice, in sum or divisor would move the mean by more than this.
      #expect(error < 0.5 * likelihood, "the interval is too wide to tell anything")
    }
  }
}
