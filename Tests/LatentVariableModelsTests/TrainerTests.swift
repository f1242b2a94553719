import ElementwiseKernels
import GradientEstimators
import NeuralNetworks
import Numerics
import RandomStreams
import Testing

@testable import LatentVariableModels

@Suite("The trainer")
struct TrainerTests {
  private func batch(_ step: Int, rows: Int) -> [UInt8] {
    SmallModels.numbers(rows * 5, stream: 1000 + UInt64(step)).map { $0 > 0 ? 1 : 0 }
  }

  private func floatTrainer(
    threads: Int, batch: Int = 5, estimator: any GradientEstimator = ARM()
  ) throws -> VariationalAutoencoderTrainer<Float> {
    try VariationalAutoencoderTrainer<Float>(
      configuration: SmallModels.configuration(latents: 6),
      settings: SmallModels.settings(batch: batch, rate: 1e-2),
      meanImage: SmallModels.mean, estimator: estimator, seed: 3, threads: threads)
  }

  @Test("gives the same bits on one thread and on two", arguments: [1, 2, 5, 8])
  func threadsDoNotMatter(rows: Int) throws {
    var one = try floatTrainer(threads: 1, batch: rows)
    var two = try floatTrainer(threads: 2, batch: rows)
    for step in 0..<20 {
      let images = batch(step, rows: rows)
      let first = try one.step(index: UInt64(step), images: images.span)
      let second = try two.step(index: UInt64(step), images: images.span)
      #expect(first == second)
    }
    #expect(one.tensors() == two.tensors())
  }

  @Test("continues bit for bit from its tensors, in both precisions and with an estimator that remembers")
  func restoreContinues() throws {
    try restoreContinues(Float.self)
    try restoreContinues(Double.self)
  }

  private func restoreContinues<Scalar: KernelScalar>(_ type: Scalar.Type) throws {
    func trainer() throws -> VariationalAutoencoderTrainer<Scalar> {
      try VariationalAutoencoderTrainer<Scalar>(
        configuration: SmallModels.configuration(latents: 4),
        settings: SmallModels.settings(batch: 3, rate: 1e-2),
        meanImage: SmallModels.mean, estimator: CountingARM(), seed: 3, threads: 1)
    }
    var uninterrupted = try trainer()
    for step in 0..<10 {
      let images = batch(step, rows: 3)
      _ = try uninterrupted.step(index: UInt64(step), images: images.span)
    }
    let saved = uninterrupted.tensors()
    #expect(saved.contains { $0.name == "estimator.state" && $0.values == .double([10, 60]) })
    var resumed = try trainer()
    try resumed.restore(saved)
    #expect(resumed.tensors() == saved)
    for step in 10..<20 {
      let images = batch(step, rows: 3)
      let first = try uninterrupted.step(index: UInt64(step), images: images.span)
      let second = try resumed.step(index: UInt64(step), images: images.span)
      #expect(first == second)
    }
    #expect(resumed.tensors() == uninterrupted.tensors())
  }

  @Test("draws row r of the batch from row r of the estimator's stream, and returns the first sample's loss")
  func stepAddressesItsNoise() throws {
    var streamed = try SmallModels.trainer(latents: 3, batch: 3, estimator: ARM(), rate: 1e-3)
    var given = try SmallModels.trainer(latents: 3, batch: 3, estimator: ARM(), rate: 1e-3)
    let naive = NaiveAutoencoder(configuration: given.configuration, tensors: given.tensors())
    let images = SmallModels.images.flatMap { $0 }
    var noise = [Double](repeating: 0, count: 9)
    var target = noise.mutableSpan
    RandomStream(seed: 3, purpose: .estimatorNoise, step: 17).fillUniforms(
      rows: 0..<3, perRow: 3, into: &target)
    let loss = try streamed.step(index: 17, images: images.span)
    #expect(try given.step(index: 17, images: images.span, noise: .given(noise)) == loss)
    #expect(streamed.tensors() == given.tensors())
    var expected = 0.0
    for (row, image) in SmallModels.images.enumerated() {
      let logits = naive.encoderLogits(image).map(\.value)
      let state = (0..<3).reduce(0) { $0 + (noise[row * 3 + $1] > .sigmoid(-logits[$1]) ? 1 << $1 : 0) }
      let densities = naive.densities(image)[state]
      expected -= (densities.joint.value - densities.posterior.value) / 3
    }
    #expect((loss - expected).magnitude < 1e-12)
  }

  @Test("makes its step from the gradient it leaves: Adam for the networks, plain descent for the prior")
  func stepDescends() throws {
    var trainer = try SmallModels.trainer(latents: 3, batch: 3, estimator: ARM(), rate: 1e-3)
    let before = trainer.priorLogits
    let parameters = trainer.model.networks.map(\.network.parameters)
    let images = SmallModels.images.flatMap { $0 }
    _ = try trainer.step(index: 0, images: images.span)
    for latent in before.indices {
      #expect(
        (trainer.priorLogits[latent] - (before[latent] - 1e-2 * trainer.priorGradient[latent])).magnitude
          < 1e-15)
    }
    for (number, old) in parameters.enumerated() {
      let network = trainer.model.networks[number]
      let gradients = flatGradient(of: network, number: number, shards: trainer.shards)
      for index in old.indices {
        // Adam's first step: both moments are the gradient's up to their corrections.
        let gradient = gradients[index]
        let root = (1 - 0.999).squareRoot()
        let step = 1e-3 * root / 0.1 * (0.1 * gradient) / (gradient.magnitude * root + 1e-7)
        #expect((network.network.parameters[index] - (old[index] - step)).magnitude < 1e-12)
      }
    }
  }

  @Test("gives the encoder Adam constants of its own where it has some, and leaves the decoder's alone")
  func encoderConstants() throws {
    let own = AdamConstants(beta1: 0.5, beta2: 0.99999, epsilon: 1e-3)
    let common = AdamConstants(beta1: 0.9, beta2: 0.999, epsilon: 1e-7)
    var trainer = try SmallModels.trainer(
      latents: 3, batch: 3, estimator: ARM(), rate: 1e-3, encoderAdam: own)
    var parameters = trainer.model.networks.map(\.network.parameters)
    var moments = parameters.map { [(first: Double, second: Double)](repeating: (0, 0), count: $0.count) }
    for step in 1...3 {
      let images = batch(step, rows: 3)
      _ = try trainer.step(index: UInt64(step), images: images.span)
      for (role, adam) in zip(NetworkRole.allCases, [own, common]) {
        let network = trainer.model.networks[role.rawValue]
        let gradients = flatGradient(of: network, number: role.rawValue, shards: trainer.shards)
        for (index, gradient) in gradients.enumerated() {
          var moment = moments[role.rawValue][index]
          moment.first = adam.beta1 * moment.first + (1 - adam.beta1) * gradient
          moment.second = adam.beta2 * moment.second + (1 - adam.beta2) * gradient * gradient
          moments[role.rawValue][index] = moment
          let corrected = moment.first / (1 - Double.pow(adam.beta1, step))
          let root = (1 - Double.pow(adam.beta2, step)).squareRoot()
          let denominator = moment.second.squareRoot() / root + adam.epsilon / root
          parameters[role.rawValue][index] -= 1e-3 * corrected / denominator
          let found = network.network.parameters[index]
          #expect((found - parameters[role.rawValue][index]).magnitude < 1e-12)
        }
      }
    }
  }

  @Test("starts with the output bias at the logit of the clipped mean image, if asked to")
  func outputBias() throws {
    let trainer = try floatTrainer(threads: 1)
    let bias = trainer.tensors().first { $0.name == "decoder.1.bias" }
    let expected = [0.1, 0.5, 0.001, 0.9, 0.3].map { Double.log($0 / (1 - $0)) }
    for (found, value) in zip(bias?.doubles ?? [], expected) { #expect((found - value).magnitude < 1e-5) }
    #expect(bias?.shape == [5])
  }

  @Test(
    "keeps every array where it is from step to step, for one thread and two: nothing is copied",
    arguments: [1, 2])
  func stepsDoNotCopy(threads: Int) throws {
    for estimator: any GradientEstimator in [ARM(), DisARM(), LOORF(samples: 3), ARMS(samples: 3)] {
      var trainer = try floatTrainer(threads: threads, batch: 5, estimator: estimator)
      let images = batch(0, rows: 5)
      _ = try trainer.step(index: 0, images: images.span)
      let before = addresses(trainer)
      for step in 1..<4 { _ = try trainer.step(index: UInt64(step), images: images.span) }
      #expect(addresses(trainer) == before, "\(estimator.name)")
      #expect(before.count > 30)
    }
  }

  /// Where the storage of the arrays of a step lies.
  private func addresses(_ trainer: borrowing VariationalAutoencoderTrainer<Float>) -> [Int] {
    var places = trainer.update.gradients.map(address)
    for network in trainer.model.networks {
      places.append(address(network.network.parameters))
      places += [network.optimiser.firstMoment, network.optimiser.secondMoment].map(address)
    }
    places += [trainer.model.priorLogits, trainer.priorGradient].map(address)
    for shard in trainer.shards {
      places += [shard.samples, shard.values, shard.latentSums, shard.noise].map(address)
      places.append(address(shard.images))
      for pass in shard.passes {
        places += (pass.workspace.outputs + pass.workspace.outputGradients + pass.workspace.biasGradients)
          .map(address)
        places += (pass.workspace.upperOutputs + pass.workspace.bases).map(address)
        places.append(address(pass.bits))
      }
    }
    return places
  }

  private func address<Element>(_ array: [Element]) -> Int {
    unsafe array.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
  }

  @Test("lowers the loss of a batch that it sees again and again")
  func learns() throws {
    var trainer = try floatTrainer(threads: 2)
    let images = batch(0, rows: 5)
    let first = try trainer.step(index: 0, images: images.span)
    for step in 1..<200 { _ = try trainer.step(index: UInt64(step), images: images.span) }
    let bounds = try trainer.exactLikelihoods(images: images.span).map(\.evidenceLowerBound)
    #expect(-bounds.reduce(0, +) / 5 < first - 1)
  }
}

@Suite("Errors of the trainer")
struct TrainerErrorTests {
  private let images = SmallModels.images.flatMap { $0 }

  private func make(
    _ change: (inout VariationalAutoencoderConfiguration, inout OptimisationSettings) -> Void,
    mean: [Float] = SmallModels.mean, threads: Int = 1
  ) throws(ModelError) -> Int {
    var configuration = SmallModels.configuration(latents: 3)
    var settings = SmallModels.settings(batch: 3, rate: 1e-3)
    change(&configuration, &settings)
    let trainer = try VariationalAutoencoderTrainer<Float>(
      configuration: configuration, settings: settings, meanImage: mean, estimator: ARM(), seed: 1,
      threads: threads)
    return trainer.threads
  }

  @Test("each setting outside its range is named")
  func settings() {
    func expect(
      _ name: String,
      _ change: (inout VariationalAutoencoderConfiguration, inout OptimisationSettings) -> Void
    ) {
      let error = #expect(throws: ModelError.self) { try make(change) }
      #expect(error?.description.contains(name) == true)
    }
    expect("pixels") { configuration, _ in configuration.pixels = 0 }
    expect("latents") { configuration, _ in configuration.latents = -1 }
    expect("encoderHidden") { configuration, _ in configuration.encoderHidden = [0] }
    expect("decoderHidden") { configuration, _ in configuration.decoderHidden = [3, 0] }
    expect("leakyReLUSlope") { configuration, _ in configuration.leakyReLUSlope = -0.1 }
    expect("batchSize") { _, settings in settings.batchSize = 0 }
    expect("learningRate") { _, settings in settings.learningRate = .nan }
    expect("priorLearningRate") { _, settings in settings.priorLearningRate = -1 }
    expect("adamBeta1") { _, settings in settings.adamBeta1 = 1 }
    expect("adamBeta2") { _, settings in settings.adamBeta2 = .nan }
    expect("adamEpsilon") { _, settings in settings.adamEpsilon = 0 }
    expect("adamBeta2 of the encoder") { _, settings in
      settings.encoderAdam = AdamConstants(beta1: 0.5, beta2: 1, epsilon: 1e-8)
    }
  }

  @Test("a mean image with a wrong number of pixels, NaN or a value above 1 is refused")
  func meanImage() {
    for mean: [Float] in [[0.5], [0.1, .nan, 0, 0, 0], [0, 0, 0, 0, 1.5]] {
      let error = #expect(throws: ModelError.self) { try make({ _, _ in }, mean: mean) }
      #expect(error?.description.contains("mean image") == true)
    }
    #expect(throws: ModelError.self) { try make({ _, _ in }, threads: 0) }
  }

  @Test("images of the wrong count and bytes other than 0 and 1 are refused")
  func badImages() throws {
    var trainer = try SmallModels.trainer(latents: 3, batch: 3, estimator: ARM())
    let short = Array(images.dropLast())
    var grey = images
    grey[7] = 255
    var error = #expect(throws: ModelError.self) { try trainer.step(index: 0, images: short.span) }
    #expect(error?.description.contains("3 x 5") == true)
    error = #expect(throws: ModelError.self) { try trainer.step(index: 0, images: grey.span) }
    #expect(error == .pixelNotBinary(value: 255, index: 7))
    for (images, samples, row) in [(short, 1, 0), (grey, 1, 0), ([], 1, 0), (images, 0, 0), (images, 1, -1)] {
      #expect(throws: ModelError.self) {
        try trainer.importanceWeightedBounds(
          images: images.span, firstRow: row, samples: samples, seed: 0, step: 0)
      }
    }
    let latents = [1.0]
    #expect(throws: ModelError.self) { try trainer.decodeMeans(latents: latents.span) }
  }

  @Test("a loss that is not finite ends the step with its number")
  func notFinite() throws {
    var trainer = try SmallModels.trainer(latents: 3, batch: 3, estimator: ARM())
    try trainer.restore(
      trainer.tensors().map { tensor in
        guard tensor.name == "decoder.1.bias" else { return tensor }
        return NamedTensor(name: tensor.name, shape: tensor.shape, values: .double([0, 0, .nan, 0, 0]))
      })
    var error = #expect(throws: ModelError.self) { try trainer.step(index: 41, images: images.span) }
    #expect(error?.description.contains("step 41") == true)
    error = #expect(throws: ModelError.self) {
      try trainer.importanceWeightedBounds(images: images.span, firstRow: 2, samples: 3, seed: 0, step: 0)
    }
    #expect(error?.description.contains("row 2") == true)
  }

  @Test("a model with too many latents has no exact likelihood")
  func tooManyLatents() throws {
    let trainer = try SmallModels.trainer(latents: 13, batch: 1, estimator: ARM())
    let error = #expect(throws: ModelError.self) { try trainer.exactLikelihoods(images: images.span) }
    #expect(error?.description.contains("13") == true)
  }

  @Test(
    "a tensor that is missing, unknown, doubled, misshapen or of another precision is named; nothing changes")
  func badTensors() throws {
    var trainer = try SmallModels.trainer(latents: 3, batch: 3, estimator: ARM())
    let good = trainer.tensors()
    let first = good[0]
    let extra = NamedTensor(name: "decoder.9.bias", shape: [1], values: .double([0]))
    let misshapen = NamedTensor(
      name: first.name, shape: first.shape.reversed(), values: first.values)
    let imprecise = NamedTensor(
      name: first.name, shape: first.shape, values: .float(first.doubles.map { Float($0) }))
    let rest = Array(good.dropFirst())
    let miscounted = good.map { tensor in
      guard tensor.name == "encoder.adam.steps" else { return tensor }
      return NamedTensor(name: tensor.name, shape: [1], values: .double([.nan]))
    }
    let cases: [([NamedTensor], ModelError?)] = [
      (rest, .missingTensor(name: "encoder.0.weight")),
      (good + [extra], .unexpectedTensor(name: "decoder.9.bias")),
      (good + [first], .unexpectedTensor(name: "encoder.0.weight")), ([misshapen] + rest, nil),
      ([imprecise] + rest, nil),
      (
        miscounted,
        .wrongTensor(name: "encoder.adam.steps", found: "[nan]", expected: "a count of steps")
      ),
    ]
    for (tensors, expected) in cases {
      let error = #expect(throws: ModelError.self) { try trainer.restore(tensors) }
      #expect(error?.description.contains(expected == nil ? first.name : "") == true)
      if let expected { #expect(error == expected) }
      #expect(trainer.tensors() == good)
    }
  }
}

/// ARM that remembers how many steps and values it has seen.
private struct CountingARM: GradientEstimator {
  var state: [Double] = [0, 0]
  var name: String { "counting-arm" }
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
  }
  mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape
  ) {
    state[0] += 1
    state[1] += Double(values.count)
  }
}
