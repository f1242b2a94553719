import ElementwiseKernels
import GradientEstimators
import Numerics
import RandomStreams
import Testing

@testable import LatentVariableModels

@Suite("The gradient of a training step with layers of categorical latents")
struct CategoricalLayerGradientTests {
  typealias Objective = LayeredModelConfiguration.Objective

  /// One case: an estimator, what is modelled, the latents of each layer and their categories.
  struct Case: Sendable, CustomStringConvertible {
    let name: String
    var objective = Objective.completion
    var latents = [2, 1]
    var categories = 3
    var hidden: [Int] = []
    var rows = 1
    var latentInput = LatentInput.signed
    var samples = DecoderSamples.first

    var description: String { "\(name), \(latents) of \(categories), \(objective)" }

    var configuration: LayeredModelConfiguration {
      SmallLayeredModels.configuration(
        objective, latents: latents, categories: categories, hidden: hidden, latentInput: latentInput)
    }
  }

  private func error(_ example: Case) throws -> Double {
    let estimator = try EstimatorCatalogue.makeLayered(example.name, categories: example.categories)
    let (mean, exact) = try SmallLayeredModels.expectedGradient(
      estimator, example.configuration, rows: example.rows, samples: example.samples)
    return SmallLayeredModels.largestError(mean, exact)
  }

  static let cases: [Case] = [
    Case(name: "reinforce", latents: [2, 2], rows: 3),
    Case(
      name: "reinforce", objective: .classification(classes: 3), latents: [1, 2, 1], hidden: [3],
      latentInput: .raw),
    Case(name: "loorf:2", samples: .all),
    Case(
      name: "loorf:2+shared-noise", objective: .classification(classes: 3), latents: [1, 2],
      latentInput: .signedAtOutput, samples: .all),
    Case(name: "loorf:2", latents: [1, 1], hidden: [2], rows: 3),
    Case(name: "carms-i:2+skip-equal", latents: [2, 1], samples: .all),
    Case(name: "carms-i:2", objective: .classification(classes: 3), latents: [1, 2], latentInput: .raw),
    Case(name: "unord:2", latents: [1, 1], samples: .all),
    Case(name: "unord:2+shared-noise", latents: [2, 1], categories: 2),
    Case(name: "arsm", latents: [1, 1], categories: 2, samples: .all),
    Case(name: "ars", latents: [1, 1], categories: 2), Case(name: "arsm+shared-noise", latents: [1, 1]),
    Case(name: "disarm-iw", latents: [1, 1], samples: .all),
    Case(name: "disarm-sb", latents: [1, 1]),
    Case(name: "disarm-tree", latents: [1, 1]),
    Case(name: "reinforce", objective: .generation, latents: [2, 1], hidden: [3], rows: 3),
    Case(name: "reinforce", objective: .generation, latents: [1, 2, 1], latentInput: .signedAtOutput),
    Case(name: "loorf:2+shared-noise", objective: .generation, latents: [1, 2], samples: .all),
    Case(
      name: "carms-i:2+skip-equal", objective: .generation, latents: [1, 1], latentInput: .raw, samples: .all),
    Case(name: "unord:2", objective: .generation, latents: [1, 1], hidden: [2], samples: .all),
  ]

  @Test(
    "has exactly the gradient of the enumerated bound as its expectation, for every parameter",
    arguments: cases)
  func isUnbiased(example: Case) throws {
    #expect(try error(example) < 1e-10)
  }

  @Test("is exact for pair probabilities by quadrature as far as these are")
  func quadratureIsUnbiased() throws {
    #expect(try error(Case(name: "carms-g:2", latents: [1, 1])) < 1e-9)
    #expect(try error(Case(name: "carms-sb:2", latents: [1, 1])) < 1e-9)
  }

  @Test("shows faults: a factor of 1.0001, and continuing paths whose categories are wrong")
  func faultsAreCaught() throws {
    let configuration = Case(name: "").configuration
    let scaled = LayeredBranching(ScaledEstimator(base: LOORF(samples: 2)), categories: 3)
    let (mean, exact) = try SmallLayeredModels.expectedGradient(scaled, configuration)
    let error = SmallLayeredModels.largestError(mean, exact)
    #expect(error > 0.9e-4 && error < 1.1e-4)
    let shifted = try SmallLayeredModels.expectedGradient(ShiftedContinuations(), configuration)
    #expect(SmallLayeredModels.largestError(shifted.mean, shifted.exact) > 1e-2)
  }

  @Test("refuses to backpropagate through the layers of a generative model, with an estimator that it has")
  func refusals() throws {
    let configuration = Case(name: "", objective: .generation).configuration
    let error = #expect(throws: ModelError.self) {
      let trainer: LayeredTrainer<Double> = try SmallLayeredModels.trainer(
        configuration, batch: 1, estimator: try EstimatorCatalogue.makeLayered("gumbel:1", categories: 3))
      _ = trainer.threads
    }
    #expect(error?.description.contains("such as loorf:2, because") == true)
  }

  @Test("subtracts a running mean only from what the estimator sees")
  func runningMean() throws {
    var trainer = try SmallLayeredModels.trainer(
      Case(name: "").configuration, batch: 1, estimator: LayeredBranching(REINFORCE(), categories: 3),
      baselineDecay: 0)
    let image = SmallModels.images[0]
    let noise: [[Double]] = [[0.2, 0.7], [], [0.4], []]
    _ = try trainer.step(index: 0, images: image.span, labels: Span(), noise: .given(noise))
    let plain = SmallLayeredModels.gradient(trainer)
    _ = try trainer.step(index: 0, images: image.span, labels: Span(), noise: .given(noise))
    let second = SmallLayeredModels.gradient(trainer)
    #expect(second["encoder.0.0.weight"]?.allSatisfy { $0 == 0 } == true)
    #expect(plain["encoder.0.0.weight"]?.contains { $0 != 0 } == true)
    #expect(second["predictor.0.weight"] == plain["predictor.0.weight"])
  }

  // MARK: - Backpropagation

  /// What stands for a layer's sample and its derivative, given its logits and noise: for each variable a point of C numbers.
  typealias Relaxation = @Sendable (_ logits: [Dual], _ uniforms: [Double]) -> [Dual]

  private static func softmax(_ logits: [Dual]) -> [Dual] {
    let weights = logits.map { Dual.exp($0) }
    let total = weights.reduce(Dual(value: 0)) { $0 + $1 }
    return weights.map { $0 / total }
  }

  /// The points that an estimator for one layer draws.
  private static func points(
    _ estimator: some GradientEstimator, _ logits: [Dual], _ uniforms: [Double]
  ) -> [Double] {
    let values = logits.map(\.value)
    var points = values
    var target = points.mutableSpan
    estimator.draw(
      logits: values.span, noise: uniforms.span,
      shape: LatentShape(rows: 1, variables: logits.count / 3, logitsPerVariable: 3), samples: &target)
    return points
  }

  /// y = softmax((logits + G) / tau), with the Gumbel numbers G, up to a constant, that make y the point drawn at these logits.
  private static func concrete(_ temperature: Double, isHard: Bool) -> Relaxation {
    { logits, uniforms in
      let drawn = points(GumbelSoftmax(temperature: temperature), logits, uniforms)
      return stride(from: 0, to: logits.count, by: 3).flatMap { start -> [Dual] in
        let own = logits[start..<start + 3]
        let exponents = zip(own, drawn[start...]).map { logit, y in
          Dual(value: Double.log(y), derivative: logit.derivative / temperature)
        }
        let soft = softmax(exponents)
        let largest = soft.indices.max { soft[$0].value < soft[$1].value }
        return soft.indices.map { place in
          isHard
            ? Dual(value: place == largest ? 1 : 0, derivative: soft[place].derivative) : soft[place]
        }
      }
    }
  }

  private static let straightThrough: Relaxation = { logits, uniforms in
    stride(from: 0, to: logits.count, by: 3).flatMap { start -> [Dual] in
      let mean = softmax(Array(logits[start..<start + 3]))
      var below = 0.0
      return mean.map { p in
        let isDrawn = uniforms[start / 3] >= below && uniforms[start / 3] < below + p.value
        below += p.value
        return Dual(value: isDrawn ? 1 : 0, derivative: p.derivative)
      }
    }
  }

  /// The gradient of a step at fixed noise against that of dual numbers that follow the same path.
  private func pathError(
    _ name: String, _ relaxation: Relaxation, _ objective: Objective, latentInput: LatentInput
  ) throws -> Double {
    let configuration = SmallLayeredModels.configuration(
      objective, latents: [2, 3, 1], categories: 3, latentInput: latentInput)
    let estimator = try EstimatorCatalogue.makeLayered(name, categories: 3)
    var trainer = try SmallLayeredModels.trainer(configuration, batch: 3, estimator: estimator)
    let naive = NaiveLayeredModel(configuration: configuration, tensors: trainer.tensors())
    let counts = configuration.latents.indices.map {
      estimator.noise(layer: $0, widths: configuration.latents).own
    }
    let noise = counts.enumerated().flatMap { layer, perRow in
      [SmallModels.numbers(3 * perRow, stream: UInt64(50 + layer)).map { ($0 + 1) / 2 }, []]
    }
    let (batch, labels) = (SmallModels.images.flatMap { $0 }, SmallLayeredModels.labels)
    let loss = try trainer.step(index: 0, images: batch.span, labels: labels.span, noise: .given(noise))
    func expected(_ model: NaiveLayeredModel) -> Dual {
      var sum = Dual(value: 0)
      for (row, image) in SmallModels.images.enumerated() {
        var latents: [Dual] = []
        for (layer, perRow) in counts.enumerated() {
          let logits = model.chainLogits(layer, image: image, below: latents)
          latents = relaxation(logits, Array(noise[2 * layer][row * perRow..<(row + 1) * perRow]))
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
    let cases: [(String, Relaxation)] = [
      ("gumbel:0.7", Self.concrete(0.7, isHard: false)), ("st-gumbel:0.7", Self.concrete(0.7, isHard: true)),
      ("deep-st", Self.straightThrough),
    ]
    for (name, relaxation) in cases {
      for input in LatentInput.allCases {
        for objective in [Objective.completion, .classification(classes: 3)] {
          #expect(
            try pathError(name, relaxation, objective, latentInput: input) < 1e-10, "\(name), \(input)")
        }
      }
    }
    // A temperature that is wrong by one part in ten thousand is seen.
    let wrong = try pathError(
      "st-gumbel:0.7", Self.concrete(0.7 * 1.0001, isHard: true), .completion, latentInput: .raw)
    #expect(wrong > 1e-5)
  }
}

/// LOORF whose continuing paths have the category after the one that was drawn.
private struct ShiftedContinuations: LayeredGradientEstimator {
  private let base = LayeredBranching(LOORF(samples: 2), categories: 3)

  var name: String { "shifted" }
  var categories: Int? { 3 }
  func tree(widths: [Int]) -> PathTree { base.tree(widths: widths) }
  func noise(layer: Int, widths: [Int]) -> LayerNoise { base.noise(layer: layer, widths: widths) }
  func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] {
    base.noiseLaw(layer: layer, logits: logits, widths: widths)
  }
  func gradientBounds(
    objective: ClosedRange<Double>, signal: Double, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double> {
    base.gradientBounds(objective: objective, signal: signal, logits: logits, coordinate: coordinate)
  }
  func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    base.draw(layer: layer, logits: logits, noise: noise, shape: shape, samples: &samples)
    // The first two paths of the second layer continue the first layer's.
    guard layer == 1 else { return }
    for place in 0..<2 * shape.rows * shape.widths[1] {
      samples[place] = samples[place] == 2 ? 0 : samples[place] + 1
    }
  }
  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: values, signal: signal,
      shape: shape, gradient: &gradient)
  }
  func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>
  ) {
    base.evaluationWeights(logits: logits, samples: samples, shape: shape, into: &weights)
  }
}
