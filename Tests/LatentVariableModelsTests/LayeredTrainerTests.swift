import ElementwiseKernels
import GradientEstimators
import NeuralNetworks
import RandomStreams
import Testing

@testable import LatentVariableModels

@Suite("The trainer of layered models")
struct LayeredTrainerTests {
  typealias Objective = LayeredModelConfiguration.Objective

  private func batch(_ step: Int, rows: Int) -> [UInt8] {
    SmallModels.numbers(rows * 5, stream: 1000 + UInt64(step)).map { $0 > 0 ? 1 : 0 }
  }

  private func labels(_ step: Int, rows: Int) -> [UInt16] { (0..<rows).map { UInt16(($0 + step) % 3) } }

  private func trainer<Scalar: KernelScalar>(
    _ name: String, _ objective: Objective, batch: Int = 5, baselineDecay: Double? = nil, threads: Int = 1,
    samples: DecoderSamples = .first, categories: Int? = nil, as type: Scalar.Type = Float.self
  ) throws -> LayeredTrainer<Scalar> {
    try SmallLayeredModels.trainer(
      SmallLayeredModels.configuration(objective, latents: [6, 4], categories: categories), batch: batch,
      estimator: name == "gumbel"
        ? DeepConcrete(temperature: 1) : try EstimatorCatalogue.makeLayered(name, categories: categories),
      baselineDecay: baselineDecay, rate: 1e-2, samples: samples, threads: threads, as: type)
  }

  /// Names of estimators, what is modelled, and categories of latents.
  static let runs: [(String, Objective, Int?)] = [
    ("arm", .generation, nil), ("loorf:2", .generation, nil), ("gumbel", .completion, nil),
    ("psa", .classification(classes: 3), nil),
    ("deep-st", .classification(classes: 3), nil),
    ("loorf:2+shared-noise", .completion, 3), ("carms-i:2+skip-equal", .classification(classes: 3), 3),
    ("unord:2", .completion, 3), ("arsm", .completion, 3), ("gumbel:1", .completion, 3),
    ("st-gumbel:1", .classification(classes: 3), 3), ("deep-st", .completion, 3),
    ("loorf:2", .generation, 3), ("carms-i:2", .generation, 4),
  ]

  @Test("gives the same bits on one thread and on two", arguments: [1, 2, 5])
  func threadsDoNotMatter(rows: Int) throws {
    for (name, objective, categories) in Self.runs {
      var one = try trainer(name, objective, batch: rows, samples: .all, categories: categories)
      var two = try trainer(name, objective, batch: rows, threads: 2, samples: .all, categories: categories)
      for step in 0..<10 {
        let (images, labels) = (batch(step, rows: rows), labels(step, rows: rows))
        let first = try one.step(index: UInt64(step), images: images.span, labels: labels.span)
        let second = try two.step(index: UInt64(step), images: images.span, labels: labels.span)
        #expect(first == second, "\(name)")
      }
      #expect(one.tensors() == two.tensors(), "\(name)")
    }
  }

  @Test("continues bit for bit from its tensors, in both precisions and with a running mean")
  func restoreContinues() throws {
    try restoreContinues(Float.self)
    try restoreContinues(Double.self)
  }

  private func restoreContinues<Scalar: KernelScalar>(_ type: Scalar.Type) throws {
    let runs: [(String, Objective, Int?)] = [
      ("reinforce", .generation, nil), ("psa", .classification(classes: 3), nil),
      ("reinforce", .completion, 3), ("gumbel:0.5", .classification(classes: 3), 3),
      ("loorf:2", .generation, 3),
    ]
    for (name, objective, categories) in runs {
      let decay = name == "reinforce" ? 0.9 : nil
      func make() throws -> LayeredTrainer<Scalar> {
        try trainer(name, objective, batch: 3, baselineDecay: decay, categories: categories, as: type)
      }
      var uninterrupted = try make()
      func steps(_ range: Range<Int>, _ trainer: inout LayeredTrainer<Scalar>) throws -> [Double] {
        try range.map { step in
          let (images, labels) = (batch(step, rows: 3), labels(step, rows: 3))
          return try trainer.step(index: UInt64(step), images: images.span, labels: labels.span)
        }
      }
      _ = try steps(0..<10, &uninterrupted)
      let saved = uninterrupted.tensors()
      #expect(saved.contains { $0.name == "baseline" } == (decay != nil))
      var resumed = try make()
      try resumed.restore(saved)
      #expect(resumed.tensors() == saved)
      #expect(try steps(10..<20, &uninterrupted) == steps(10..<20, &resumed))
      #expect(resumed.tensors() == uninterrupted.tensors())
    }
  }

  @Test("draws the noise of each layer and part from rows of its own of the estimator's stream")
  func stepAddressesItsNoise() throws {
    var streamed = try trainer("arm", .generation, batch: 3, as: Double.self)
    var given = try trainer("arm", .generation, batch: 3, as: Double.self)
    let images = SmallModels.images.flatMap { $0 }
    // Own noise of the first layer, none that continues; own noise of the second, two paths that continue.
    let noise = [(0, 6), (1, 0), (2, 4), (3, 8)].map { part, perRow in
      var numbers = [Double](repeating: 0, count: 3 * perRow)
      var target = numbers.mutableSpan
      RandomStream(seed: 3, purpose: .estimatorNoise, step: 17).fillUniforms(
        rows: part << 24..<(part << 24) + 3, perRow: perRow, into: &target)
      return numbers
    }
    let loss = try streamed.step(index: 17, images: images.span, labels: Span())
    #expect(try given.step(index: 17, images: images.span, labels: Span(), noise: .given(noise)) == loss)
    #expect(streamed.tensors() == given.tensors())
  }

  @Test("descends with momentum in the place of Adam where it is asked to")
  func momentum() throws {
    let configuration = SmallLayeredModels.configuration(.completion, latents: [3, 2])
    var trainer = try SmallLayeredModels.trainer(
      configuration, batch: 3, estimator: LayeredBranching(ARM()), rate: 1e-2, momentum: 0.9)
    var parameters = trainer.model.networks.map(\.network.parameters)
    var velocities = parameters.map { $0.map { _ in 0.0 } }
    for step in 0..<3 {
      let images = batch(step, rows: 3)
      _ = try trainer.step(index: UInt64(step), images: images.span, labels: Span())
      for (number, network) in trainer.model.networks.enumerated() {
        let gradients = flatGradient(of: network, number: number, shards: trainer.shards)
        for (index, gradient) in gradients.enumerated() {
          velocities[number][index] = 0.9 * velocities[number][index] + gradient
          parameters[number][index] -= 1e-2 * velocities[number][index]
          #expect((network.network.parameters[index] - parameters[number][index]).magnitude < 1e-14)
        }
      }
    }
    #expect(velocities[0].contains { $0 != 0 })
  }

  @Test(
    "keeps every array where it is from step to step, for one thread and two: nothing is copied",
    arguments: [1, 2])
  func stepsDoNotCopy(threads: Int) throws {
    for (name, objective, categories) in Self.runs {
      for samples in [DecoderSamples.first, .all] {
        var trainer = try trainer(
          name, objective, threads: threads, samples: samples, categories: categories)
        let (images, labels) = (batch(0, rows: 5), labels(0, rows: 5))
        _ = try trainer.step(index: 0, images: images.span, labels: labels.span)
        let before = addresses(trainer)
        for step in 1..<4 {
          _ = try trainer.step(index: UInt64(step), images: images.span, labels: labels.span)
        }
        #expect(addresses(trainer) == before, "\(name)")
        #expect(before.count > 40)
      }
    }
  }

  /// Where the storage of the arrays of a step lies.
  private func addresses(_ trainer: borrowing LayeredTrainer<Float>) -> [Int] {
    var places = trainer.update.gradients.map(address)
    for network in trainer.model.networks {
      places.append(address(network.network.parameters))
      places += [network.optimiser.firstMoment, network.optimiser.secondMoment].map(address)
    }
    places += [trainer.model.priorLogits, trainer.priorGradient].map(address)
    for shard in trainer.shards {
      places += [address(shard.inputs), address(shard.latentSums)]
      for layer in shard.layers {
        places += [
          layer.logits, layer.noise, layer.samples, layer.values, layer.gradient, layer.signal,
          layer.pathWeights, layer.rowWeights,
        ].map(address)
      }
      for pass in shard.passes {
        places += (pass.workspace.outputs + pass.workspace.outputGradients + pass.workspace.biasGradients)
          .map(address)
      }
    }
    return places
  }

  private func address<Element>(_ array: [Element]) -> Int {
    unsafe array.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
  }

  @Test("lowers the loss of a batch that it sees again and again, whatever it models")
  func learns() throws {
    for (name, objective, categories) in Self.runs {
      var trainer = try trainer(name, objective, threads: 2, categories: categories)
      let (images, labels) = (batch(0, rows: 5), labels(0, rows: 5))
      func bound() throws -> Double {
        try trainer.bounds(
          images: images.span, labels: labels.span, firstRow: 0, samples: 50, seed: 1, step: 0
        ).bounds.reduce(0, +) / 5
      }
      let before = try bound()
      for step in 0..<150 {
        _ = try trainer.step(index: UInt64(step), images: images.span, labels: labels.span)
      }
      #expect(try bound() > before + 0.1, "\(name)")
    }
  }
}

@Suite("Errors of the trainer of layered models")
struct LayeredTrainerErrorTests {
  private let images = SmallModels.images.flatMap { $0 }

  private func message(
    estimator: any LayeredGradientEstimator = LayeredBranching(ARM()), mean: [Float] = SmallModels.mean,
    threads: Int = 1, _ change: (inout LayeredModelConfiguration) -> Void
  ) -> String {
    var configuration = SmallLayeredModels.configuration(.generation, latents: [2, 2])
    change(&configuration)
    let error = #expect(throws: ModelError.self) {
      let trainer = try LayeredTrainer<Float>(
        configuration: configuration, settings: SmallModels.settings(batch: 3, rate: 1e-3),
        meanImage: mean, estimator: estimator, seed: 1, threads: threads)
      _ = trainer.threads
    }
    return error?.description ?? ""
  }

  @Test("each setting outside its range is named")
  func settings() {
    #expect(message { $0.pixels = 0 }.contains("pixels"))
    #expect(message { $0.latents = [] }.contains("layers of latents"))
    #expect(message { $0.latents = [2, 0] }.contains("latents"))
    #expect(message { $0.hidden = [0] }.contains("hidden"))
    #expect(message { $0.categories = 1 }.contains("categories"))
    #expect(message { $0.leakyReLUSlope = .nan }.contains("leakyReLUSlope"))
    #expect(message { $0.objective = .classification(classes: 3) }.contains("outputBiasFromMean"))
    #expect(
      message {
        $0.objective = .classification(classes: 1)
        $0.outputBiasFromMean = false
      }.contains("classes"))
    #expect(message(mean: [0.5]) { _ in }.contains("mean image"))
    #expect(message(threads: 0) { _ in }.contains("threads"))
  }

  @Test("an estimator that cannot follow the objective is refused with what can")
  func estimators() {
    #expect(message(estimator: PSA()) { _ in }.contains("arm"))
    #expect(
      message(estimator: DeepConcrete(temperature: 1)) {
        $0.objective = .completion
        $0.hidden = [3]
      }.contains("hidden layers"))
    let categorical = LayeredBranching(REINFORCE(), categories: 4)
    #expect(message(estimator: categorical) { _ in }.contains("Bernoulli"))
    for categories in [3, 5] {
      #expect(
        message(estimator: categorical) {
          $0.objective = .completion
          $0.categories = categories
        }.contains("made for latents of \(categories) categories"))
    }
  }

  @Test("batches of the wrong count and classes that there are not are refused")
  func batches() throws {
    var trainer = try SmallLayeredModels.trainer(
      SmallLayeredModels.configuration(.classification(classes: 3), latents: [2]), batch: 3,
      estimator: PSA())
    let (short, few, high): ([UInt8], [UInt16], [UInt16]) = (Array(images.dropLast()), [0, 1], [0, 3, 1])
    let labels = SmallLayeredModels.labels
    for (images, labels) in [(short, labels), (images, few), (images, high), (images.map { $0 * 9 }, labels)]
    {
      #expect(throws: ModelError.self) {
        try trainer.step(index: 0, images: images.span, labels: labels.span)
      }
      #expect(throws: ModelError.self) {
        try trainer.bounds(
          images: images.span, labels: labels.span, firstRow: 0, samples: 2, seed: 0, step: 0)
      }
    }
    for (samples, row) in [(0, 0), (1, -1)] {
      #expect(throws: ModelError.self) {
        try trainer.bounds(
          images: images.span, labels: labels.span, firstRow: row, samples: samples, seed: 0, step: 0)
      }
    }
  }

  @Test("a loss that is not finite ends the step with its number and leaves the parameters")
  func notFinite() throws {
    var trainer = try SmallLayeredModels.trainer(
      SmallLayeredModels.configuration(.generation, latents: [2, 2]), batch: 3,
      estimator: LayeredBranching(ARM()))
    try trainer.restore(
      trainer.tensors().map { tensor in
        guard tensor.name == "decoder.1.0.bias" else { return tensor }
        return NamedTensor(name: tensor.name, shape: tensor.shape, values: .double([0, .nan]))
      })
    let before = trainer.model.networks[0].network.parameters
    let error = #expect(throws: ModelError.self) {
      try trainer.step(index: 41, images: images.span, labels: Span())
    }
    #expect(error?.description.contains("step 41") == true)
    #expect(trainer.model.networks[0].network.parameters == before)
  }

  @Test("a tensor that is missing, unknown, doubled or misshapen is named; nothing changes")
  func badTensors() throws {
    var trainer = try SmallLayeredModels.trainer(
      SmallLayeredModels.configuration(.generation, latents: [2, 3]), batch: 3,
      estimator: LayeredBranching(REINFORCE()), baselineDecay: 0.9)
    let good = trainer.tensors()
    let rest = Array(good.dropFirst())
    let extra = NamedTensor(name: "decoder.9.0.bias", shape: [1], values: .double([0]))
    let misshapen = NamedTensor(name: good[0].name, shape: good[0].shape.reversed(), values: good[0].values)
    func replacing(_ name: String, _ values: [Double]) -> [NamedTensor] {
      good.map { $0.name == name ? NamedTensor(name: name, shape: $0.shape, values: .double(values)) : $0 }
    }
    let cases: [([NamedTensor], String)] = [
      (rest, "encoder.0.0.weight"), (good + [extra], "decoder.9.0.bias"),
      (good + [good[0]], "encoder.0.0.weight"), ([misshapen] + rest, "encoder.0.0.weight"),
      (replacing("encoder.1.adam.steps", [.nan]), "encoder.1.adam.steps"),
      (replacing("baseline", [.infinity, 1]), "baseline"),
    ]
    for (tensors, name) in cases {
      let error = #expect(throws: ModelError.self) { try trainer.restore(tensors) }
      #expect(error?.description.contains(name) == true)
      #expect(trainer.tensors() == good)
    }
  }
}
