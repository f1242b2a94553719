import ElementwiseKernels
import GradientEstimators
import Numerics
import Testing

@testable import LatentVariableModels

@Suite("Training of a multi-sample bound")
struct MultiSampleBoundTests {
  private func meanAndExact(
    _ estimator: any GradientEstimator, bound samples: Int, latents: Int, categories: Int? = nil,
    images: [[UInt8]] = [SmallModels.images[0]], decoder: DecoderSamples = .first
  ) throws -> (mean: [String: [Double]], exact: [String: [Double]]) {
    var trainer = try SmallModels.trainer(
      latents: latents, categories: categories, batch: images.count, estimator: estimator, samples: decoder)
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let exact = naive.negativeGradient(images) { $0.importanceWeightedBound($1, samples: samples) }
    return (try expectedGradient(&trainer, images: images), exact)
  }

  static let estimators: [(any GradientEstimator, bound: Int, latents: Int, categories: Int?)] = [
    (VIMCO(samples: 2), 2, 3, nil), (VIMCO(samples: 3), 3, 2, nil), (VIMCO(samples: 2), 2, 2, 3),
    (LocalDisARM(samples: 2), 2, 2, nil), (LocalARMS(samples: 2, antitheticSamples: 2), 2, 2, nil),
  ]

  @Test(
    "has exactly the gradient of the enumerated bound as its expectation, for every parameter",
    arguments: estimators.indices, [DecoderSamples.first, .all])
  func isUnbiased(index: Int, decoder: DecoderSamples) throws {
    let (estimator, bound, latents, categories) = Self.estimators[index]
    let (mean, exact) = try meanAndExact(
      estimator, bound: bound, latents: latents, categories: categories, decoder: decoder)
    #expect(largestError(mean, exact) < 1e-10, "\(estimator.name)")
  }

  @Test("is exact on a batch whose shards differ in size")
  func batchesAreUnbiased() throws {
    let (mean, exact) = try meanAndExact(
      VIMCO(samples: 2), bound: 2, latents: 2, images: SmallModels.images)
    #expect(largestError(mean, exact) < 1e-10)
  }

  @Test(
    "shows the fault of an encoder's gradient without the direct term, and of the one-sample bound's decoder")
  func faultsAreCaught() throws {
    let (mean, exact) = try meanAndExact(ForgetfulVIMCO(samples: 2), bound: 2, latents: 3)
    for (name, values) in exact {
      let error = largestError([name: mean[name] ?? []], [name: values])
      let isAsExpected: Bool = name.hasPrefix("encoder") ? error > 1e-2 : error < 1e-10
      #expect(isAsExpected, "\(name)")
    }
    let (single, _) = try meanAndExact(LOORF(samples: 2), bound: 2, latents: 3, decoder: .all)
    #expect(largestError(single, exact) > 1e-2)
  }

  @Test("returns the first bound's mean, and not that of another set of samples")
  func loss() throws {
    var trainer = try SmallModels.trainer(latents: 3, batch: 3, estimator: LocalDisARM(samples: 2))
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let images = SmallModels.images.flatMap { $0 }
    let noise = SmallModels.numbers(3 * 6, stream: 31).map { ($0 + 1) / 2 }
    let loss = try trainer.step(index: 0, images: images.span, noise: .given(noise))
    var (expected, other) = (0.0, 0.0)
    for (row, image) in SmallModels.images.enumerated() {
      let logits = naive.encoderLogits(image).map(\.value)
      let densities = naive.densities(image)
      func logWeight(_ sample: Int, mirrored: Bool) -> Double {
        let state = (0..<3).reduce(0) { state, latent in
          let u = noise[row * 6 + sample * 3 + latent]
          let one = mirrored ? u < .sigmoid(logits[latent]) : u > .sigmoid(-logits[latent])
          return state + (one ? 1 << latent : 0)
        }
        return densities[state].joint.value - densities[state].posterior.value
      }
      func bound(mirrored: Bool) -> Double {
        .log((0..<2).reduce(0.0) { $0 + .exp(logWeight($1, mirrored: mirrored)) } / 2)
      }
      expected -= bound(mirrored: false) / 3
      other -= bound(mirrored: true) / 3
    }
    let errors = [(loss - expected).magnitude, (loss - other).magnitude]
    #expect(errors[0] < 1e-12 && errors[1] > 1e-6)
  }

  @Test("has the same bits on one thread and on two")
  func bits() throws {
    for estimator: any GradientEstimator in [
      VIMCO(samples: 4), LocalDisARM(samples: 2), LocalARMS(samples: 2, antitheticSamples: 3),
    ] {
      let trainers = try [1, 2].map { threads in
        var trainer = try VariationalAutoencoderTrainer<Float>(
          configuration: SmallModels.configuration(latents: 6),
          settings: SmallModels.settings(batch: 5, rate: 1e-2), meanImage: SmallModels.mean,
          estimator: estimator, seed: 3, threads: threads)
        for step in 0..<10 {
          let images = SmallModels.numbers(25, stream: 500 + UInt64(step)).map { $0 > 0 ? 1 : 0 } as [UInt8]
          _ = try trainer.step(index: UInt64(step), images: images.span)
        }
        return trainer.tensors()
      }
      #expect(trainers[0] == trainers[1], "\(estimator.name)")
    }
  }
}

/// VIMCO without the direct term: the score function's part of the gradient alone.
private struct ForgetfulVIMCO: GradientEstimator {
  let samples: Int
  private var base: VIMCO { VIMCO(samples: samples) }
  init(samples: Int) { self.samples = samples }
  var name: String { "forgetful-vimco" }
  var target: GradientTarget { base.target }
  func evaluations(variables: LatentVariables) -> Int { samples }
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
    for place in 0..<shape.sampleCount {
      let row = place / shape.variables
      var total: Scalar = 0
      for k in 0..<self.samples { total += .exp(values[k * shape.rows + row]) }
      for k in 0..<self.samples {
        let share = Scalar.exp(values[k * shape.rows + row]) / total
        gradient[place] += share * (samples[k * shape.sampleCount + place] - .sigmoid(logits[place]))
      }
    }
  }
}
