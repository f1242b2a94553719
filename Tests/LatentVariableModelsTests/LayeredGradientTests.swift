import ElementwiseKernels
import GradientEstimators
import Numerics
import Testing

@testable import LatentVariableModels

@Suite("The gradient of a training step of a layered model")
struct LayeredGradientTests {
  typealias Objective = LayeredModelConfiguration.Objective

  private func error(
    _ name: String, _ objective: Objective, _ latents: [Int], hidden: [Int] = [], rows: Int = 1,
    input: EncoderInput = .centred, latentInput: LatentInput = .signed, samples: DecoderSamples = .first
  ) throws -> Double {
    let configuration = SmallLayeredModels.configuration(
      objective, latents: latents, hidden: hidden, input: input, latentInput: latentInput)
    let (mean, exact) = try SmallLayeredModels.expectedGradient(
      try EstimatorCatalogue.makeLayered(name), configuration, rows: rows, samples: samples)
    return SmallLayeredModels.largestError(mean, exact)
  }

  @Test("has exactly the gradient of the enumerated ELBO as its expectation, with two stochastic layers")
  func generation() throws {
    #expect(try error("arm", .generation, [2, 2]) < 1e-10)
    #expect(try error("arm+skip-equal", .generation, [2, 1], hidden: [3]) < 1e-10)
    #expect(try error("disarm+shared-noise", .generation, [2, 1], latentInput: .raw) < 1e-10)
    #expect(try error("reinforce", .generation, [3, 2], hidden: [3], input: .signed) < 1e-10)
  }

  @Test("is exact with three layers, for the decoders at the trunk and at all paths")
  func threeLayers() throws {
    for samples in [DecoderSamples.first, .all] {
      #expect(
        try error(
          "disarm+shared-noise", .generation, [1, 1, 1], latentInput: .signedAtOutput, samples: samples)
          < 1e-10)
    }
    #expect(try error("reinforce", .generation, [1, 2, 2], latentInput: .signedAtOutput) < 1e-10)
  }

  @Test("is exact on a batch whose shards differ in size, and from all paths of an estimator")
  func batches() throws {
    #expect(try error("reinforce", .generation, [2, 2], rows: 3) < 1e-10)
    #expect(try error("loorf:2", .generation, [2, 1], rows: 2, samples: .all) < 1e-10)
    #expect(try error("leg", .generation, [2, 1], rows: 3, samples: .all) < 1e-10)
  }

  @Test("is that of the enumerated log-likelihood bound of a network that completes or classifies")
  func prediction() throws {
    #expect(try error("arm", .completion, [1, 2]) < 1e-10)
    #expect(try error("loorf:2", .completion, [2, 1], hidden: [3], rows: 2, samples: .all) < 1e-10)
    #expect(try error("disarm", .classification(classes: 3), [2, 1], latentInput: .raw) < 1e-10)
    #expect(try error("reinforce", .classification(classes: 3), [2, 2], hidden: [2], rows: 3) < 1e-10)
  }

  @Test("is exact for PSA where the layer above has one unit, and for one layer")
  func pathSampleAnalytic() throws {
    for samples in [DecoderSamples.first, .all] {
      #expect(try error("psa", .classification(classes: 3), [3, 1], rows: 2, samples: samples) < 1e-10)
      #expect(try error("psa", .completion, [3], samples: samples) < 1e-10)
    }
  }

  @Test(
    "subtracts the running mean of earlier steps from the objective that the estimator sees, and only there")
  func runningMean() throws {
    let configuration = SmallLayeredModels.configuration(.generation, latents: [2, 2])
    var trainer = try SmallLayeredModels.trainer(
      configuration, batch: 1, estimator: LayeredBranching(REINFORCE()), baselineDecay: 0)
    let image = SmallModels.images[0]
    let noise: [[Double]] = [[0.2, 0.7], [], [0.4, 0.6], []]
    _ = try trainer.step(index: 0, images: image.span, labels: Span(), noise: .given(noise))
    let plain = SmallLayeredModels.gradient(trainer)
    let value = -(try trainer.step(index: 0, images: image.span, labels: Span(), noise: .given(noise)))
    // The same value is subtracted from itself: nothing is left for the chain, everything for the decoders.
    let second = SmallLayeredModels.gradient(trainer)
    #expect(value.isFinite && trainer.baseline?.value == value && trainer.baseline?.count == 2)
    for (name, gradient) in second where name.hasPrefix("encoder") {
      #expect(gradient.allSatisfy { $0 == 0 }, "\(name)")
      #expect(plain[name]?.contains { $0 != 0 } == true)
    }
    #expect(second["decoder.0.0.weight"] == plain["decoder.0.0.weight"])
  }

  @Test("shows a bias when an estimator has one: ARM with a factor of 1.0001")
  func faultIsCaught() throws {
    let configuration = SmallLayeredModels.configuration(.generation, latents: [1, 1])
    let (mean, exact) = try SmallLayeredModels.expectedGradient(LayeredBranching(ScaledARM()), configuration)
    let error = SmallLayeredModels.largestError(mean, exact)
    #expect(error > 0.9e-4 && error < 1.1e-4)
    #expect(try self.error("arm", .generation, [1, 1]) < 1e-10)
    // PSA is biased where the layer above has more than one unit, and that shows.
    #expect(try self.error("psa", .completion, [2, 2]) > 1e-4)
  }

  /// What stands for a sample and its derivative, given the logit and the noise.
  typealias Relaxation = @Sendable (_ logit: Dual, _ uniform: Double) -> Dual

  private static func concrete(_ temperature: Double, isHard: Bool) -> Relaxation {
    { logit, uniform in
      let y = Double.sigmoidReference(
        (logit.value + Double.log(uniform) - Double.log(onePlus: -uniform)) / temperature)
      return Dual(
        value: isHard ? (y > 0.5 ? 1 : 0) : y,
        derivative: y * (1 - y) / temperature * logit.derivative)
    }
  }

  private static let mean: Relaxation = { logit, _ in
    let p = Double.sigmoidReference(logit.value)
    return Dual(value: p, derivative: p * (1 - p) * logit.derivative)
  }

  private static let straightThrough: Relaxation = { logit, uniform in
    let p = Double.sigmoidReference(logit.value)
    return Dual(value: uniform < p ? 1 : 0, derivative: p * (1 - p) * logit.derivative)
  }

  /// The gradient of a step at fixed noise against that of dual numbers that follow the same path.
  private func pathError(
    _ estimator: any LayeredGradientEstimator, _ relaxation: Relaxation, _ objective: Objective,
    latentInput: LatentInput
  ) throws -> Double {
    let configuration = SmallLayeredModels.configuration(
      objective, latents: [2, 3, 2], latentInput: latentInput)
    var trainer = try SmallLayeredModels.trainer(configuration, batch: 3, estimator: estimator)
    let naive = NaiveLayeredModel(configuration: configuration, tensors: trainer.tensors())
    let noise = configuration.latents.enumerated().flatMap { layer, width in
      [SmallModels.numbers(3 * width, stream: UInt64(50 + layer)).map { ($0 + 1) / 2 }, []]
    }
    let (batch, labels) = (SmallModels.images.flatMap { $0 }, SmallLayeredModels.labels)
    let loss = try trainer.step(index: 0, images: batch.span, labels: labels.span, noise: .given(noise))
    func expected(_ model: NaiveLayeredModel) -> Dual {
      var sum = Dual(value: 0)
      for (row, image) in SmallModels.images.enumerated() {
        var latents: [Dual] = []
        for (layer, width) in configuration.latents.enumerated() {
          let logits = model.chainLogits(layer, image: image, below: latents)
          latents = logits.indices.map { relaxation(logits[$0], noise[2 * layer][row * width + $0]) }
        }
        sum = sum + model.prediction(image: image, label: Int(labels[row]), top: latents)
      }
      return Dual(value: -1.0 / 3) * sum
    }
    #expect((loss - expected(naive).value).magnitude < 1e-12)
    return SmallLayeredModels.largestError(
      SmallLayeredModels.gradient(trainer), naive.gradient { expected($0) })
  }

  @Test("follows the sampled path of the relaxations exactly, whatever the networks see of the latents")
  func relaxations() throws {
    let cases: [(any LayeredGradientEstimator, Relaxation)] = [
      (DeepConcrete(temperature: 0.7), Self.concrete(0.7, isHard: false)),
      (DeepStraightThroughGumbel(temperature: 0.7), Self.concrete(0.7, isHard: true)),
      (DeepStraightThrough(), Self.straightThrough),
      (MeanField(), Self.mean),
    ]
    for (estimator, relaxation) in cases {
      for input in LatentInput.allCases {
        for objective in [Objective.completion, .classification(classes: 3)] {
          #expect(
            try pathError(estimator, relaxation, objective, latentInput: input) < 1e-10,
            "\(estimator.name), \(input)")
        }
      }
      // A temperature that is wrong by one part in ten thousand is seen.
      let wrong = try pathError(
        DeepStraightThroughGumbel(temperature: 0.7), Self.concrete(0.7 * 1.0001, isHard: true), .completion,
        latentInput: .raw)
      #expect(wrong > 1e-5)
    }
  }
}

extension Double {
  /// 1 / (1 + exp(-x)), from its definition.
  fileprivate static func sigmoidReference(_ x: Double) -> Double { 1 / (1 + Double.exp(-x)) }
}
