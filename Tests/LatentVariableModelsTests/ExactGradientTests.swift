import ElementwiseKernels
import GradientEstimators
import NeuralNetworks
import Testing

@testable import LatentVariableModels

@Suite("The gradient of a training step")
struct ExactGradientTests {
  private func meanAndExact(
    _ estimator: any GradientEstimator, latents: Int, images: [[UInt8]], samples: DecoderSamples,
    hidden: Bool,
    input: EncoderInput = .centred
  ) throws -> (mean: [String: [Double]], exact: [String: [Double]]) {
    var trainer = try SmallModels.trainer(
      latents: latents, batch: images.count, estimator: estimator, samples: samples, hidden: hidden,
      input: input)
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    return (try expectedGradient(&trainer, images: images), naive.negativeBoundGradient(images))
  }

  /// Estimators with the latents for which their noise has few enough outcomes for a debug build.
  static let estimators: [(any GradientEstimator, latents: Int)] = [
    (ARM(), 6), (DisARM(), 6), (REINFORCE(), 6), (LOORF(samples: 2), 5), (ARMS(samples: 3), 4),
  ]

  @Test(
    "has exactly the gradient of the enumerated ELBO as its expectation, for every parameter",
    arguments: estimators.indices)
  func isUnbiased(index: Int) throws {
    let (estimator, latents) = Self.estimators[index]
    let (mean, exact) = try meanAndExact(
      estimator, latents: latents, images: [SmallModels.images[0]], samples: .first, hidden: true)
    #expect(largestError(mean, exact) < 1e-10, "\(estimator.name)")
  }

  @Test("is exact on a batch whose shards differ in size, linear and nonlinear, from one or all samples")
  func batchesAreUnbiased() throws {
    for (samples, hidden) in [(DecoderSamples.first, false), (.all, true)] {
      let (mean, exact) = try meanAndExact(
        ARM(), latents: 3, images: SmallModels.images, samples: samples, hidden: hidden)
      #expect(largestError(mean, exact) < 1e-10)
    }
  }

  @Test(
    "is exact for each of the things that an encoder can see of an image", arguments: EncoderInput.allCases)
  func encoderInputs(input: EncoderInput) throws {
    for hidden in [false, true] {
      let (mean, exact) = try meanAndExact(
        ARM(), latents: 3, images: SmallModels.images, samples: .first, hidden: hidden, input: input)
      #expect(largestError(mean, exact) < 1e-10)
    }
  }

  @Test("lets the decoder learn only from samples that have the posterior's law, where some are flipped ones")
  func flippedSamplesAreLeftOut() throws {
    let estimators: [any GradientEstimator] = [LocalExpectationGradients(), Bitflip1(), UGC()]
    for estimator in estimators {
      let (mean, exact) = try meanAndExact(
        estimator, latents: 3, images: [SmallModels.images[0]], samples: .all, hidden: true)
      #expect(largestError(mean, exact) < 1e-10, "\(estimator.name)")
    }
  }

  @Test("shows a bias when an estimator has one: ARM with a factor of 1.0001")
  func faultIsCaught() throws {
    let (mean, exact) = try meanAndExact(
      ScaledARM(), latents: 3, images: [SmallModels.images[0]], samples: .first, hidden: true)
    let error = largestError(mean, exact)
    #expect(error > 0.9e-4 && error < 1.1e-4)
  }
}

/// ARM, wrong by one part in ten thousand.
struct ScaledARM: GradientEstimator {
  var name: String { "scaled-arm" }
  func evaluations(variables: LatentVariables) -> Int { 2 }
  func noisePerRow(variables: LatentVariables) -> Int { variables.count }
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    ARM().noiseLaw(logits: logits, variables: variables)
  }
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    ARM().gradientBounds(objective: objective, logits: logits, variables: variables, coordinate: coordinate)
  }
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    ARM().draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    ARM().combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
    for index in gradient.indices { gradient[index] *= 1.0001 }
  }
}
