import ElementwiseKernels
import GradientEstimators
import NeuralNetworks
import Testing

@testable import LatentVariableModels

@Suite("The gradient of a training step")
struct ExactGradientTests {
  /// Gradient by tensor name, the prior's included, that the last step left behind.
  private func gradient(_ trainer: borrowing VariationalAutoencoderTrainer<Double>) -> [String: [Double]] {
    var gradient = ["prior.logits": trainer.priorGradient]
    for role in NetworkRole.allCases {
      let network = trainer.model.networks[role.rawValue]
      for (index, layer) in network.network.layers.enumerated() {
        gradient["\(role.name).\(index).weight"] = Array(network.gradient[layer.weight])
        gradient["\(role.name).\(index).bias"] = Array(network.gradient[layer.bias])
      }
    }
    return gradient
  }

  private func add(_ gradient: [String: [Double]], times weight: Double, to sum: inout [String: [Double]]) {
    for (name, values) in gradient {
      let old = sum[name] ?? values.map { _ in 0 }
      sum[name] = zip(old, values).map { $0 + weight * $1 }
    }
  }

  /// The expectation of the gradient over the noise of all rows, through the production step.
  ///
  /// Rows draw their noise independently and the gradient is a sum over rows, so one row is integrated at a time, with
  /// the others held at fixed noise c: E[G] = sum over rows of E_row[G(c, row)] - (rows - 1) G(c).
  private func expectedGradient(
    _ estimator: any GradientEstimator, latents: Int, images: [[UInt8]], samples: DecoderSamples,
    hidden: Bool,
    input: EncoderInput = .centred
  ) throws -> (mean: [String: [Double]], exact: [String: [Double]]) {
    var trainer = try SmallModels.trainer(
      latents: latents, batch: images.count, estimator: estimator, samples: samples, hidden: hidden,
      input: input)
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let batch = images.flatMap { $0 }
    let perRow = estimator.noisePerRow(variables: .binary(latents))
    let rest = SmallModels.numbers(images.count * perRow, stream: 99).map { ($0 + 1) / 2 }
    var sum: [String: [Double]] = [:]
    for row in images.indices {
      for node in noiseNodes(of: estimator, logits: naive.encoderLogits(images[row]).map(\.value)) {
        var noise = rest
        noise.replaceSubrange(row * perRow..<(row + 1) * perRow, with: node.noise)
        _ = try trainer.step(index: 0, images: batch.span, noise: .given(noise))
        add(gradient(trainer), times: node.weight, to: &sum)
      }
    }
    _ = try trainer.step(index: 0, images: batch.span, noise: .given(rest))
    add(gradient(trainer), times: -Double(images.count - 1), to: &sum)
    return (sum, naive.negativeBoundGradient(images))
  }

  private func largestError(_ mean: [String: [Double]], _ exact: [String: [Double]]) -> Double {
    var worst = 0.0
    for (name, values) in exact {
      let scale = values.map(\.magnitude).max() ?? 0
      guard let found = mean[name], found.count == values.count, scale > 1e-4 else { return .infinity }
      worst = max(worst, zip(found, values).map { ($0 - $1).magnitude }.max().map { $0 / scale } ?? .infinity)
    }
    return worst
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
    let (mean, exact) = try expectedGradient(
      estimator, latents: latents, images: [SmallModels.images[0]], samples: .first, hidden: true)
    #expect(largestError(mean, exact) < 1e-10, "\(estimator.name)")
  }

  @Test("is exact on a batch whose shards differ in size, linear and nonlinear, from one or all samples")
  func batchesAreUnbiased() throws {
    for (samples, hidden) in [(DecoderSamples.first, false), (.all, true)] {
      let (mean, exact) = try expectedGradient(
        ARM(), latents: 3, images: SmallModels.images, samples: samples, hidden: hidden)
      #expect(largestError(mean, exact) < 1e-10)
    }
  }

  @Test(
    "is exact for each of the things that an encoder can see of an image", arguments: EncoderInput.allCases)
  func encoderInputs(input: EncoderInput) throws {
    for hidden in [false, true] {
      let (mean, exact) = try expectedGradient(
        ARM(), latents: 3, images: SmallModels.images, samples: .first, hidden: hidden, input: input)
      #expect(largestError(mean, exact) < 1e-10)
    }
  }

  @Test("lets the decoder learn only from samples that have the posterior's law, where some are flipped ones")
  func flippedSamplesAreLeftOut() throws {
    let estimators: [any GradientEstimator] = [LocalExpectationGradients(), Bitflip1(), UGC()]
    for estimator in estimators {
      let (mean, exact) = try expectedGradient(
        estimator, latents: 3, images: [SmallModels.images[0]], samples: .all, hidden: true)
      #expect(largestError(mean, exact) < 1e-10, "\(estimator.name)")
    }
  }

  @Test("shows a bias when an estimator has one: ARM with a factor of 1.0001")
  func faultIsCaught() throws {
    let (mean, exact) = try expectedGradient(
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
