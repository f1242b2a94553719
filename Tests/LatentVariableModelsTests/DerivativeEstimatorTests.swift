import ElementwiseKernels
import GradientEstimators
import NeuralNetworks
import Numerics
import Testing

@testable import LatentVariableModels

@Suite("Training by estimators that use derivatives")
struct DerivativeEstimatorTests {
  /// Every such estimator, with what it is given to remember, so that no part of it is switched off.
  private static func all() throws -> [(estimator: any GradientEstimator, categories: Int?)] {
    var binary: [any GradientEstimator] = []
    for name in [
      "st", "st-identity", "st-hard", "gumbel:0.7", "st-gumbel:0.7", "rebar", "relax", "muprop",
      "double-cv:2",
      "rodeo:3",
    ] {
      binary.append(try EstimatorCatalogue.make(name))
    }
    let categorical = try ["st", "gumbel:0.7", "st-gumbel:0.7"].map { try EstimatorCatalogue.make($0) }
    return binary.map { ($0, nil) } + categorical.map { ($0, 3) }
  }

  /// What the objective is at a point, and its partial derivatives.
  private func expected(
    _ naive: NaiveAutoencoder, _ image: [UInt8], at point: [Double]
  ) -> (value: Double, derivatives: [Double]) {
    let place = point.map { Dual(value: $0) }
    let derivatives = point.indices.map { index in
      var moved = place
      moved[index].derivative = 1
      return naive.objective(at: moved, image).derivative
    }
    return (naive.objective(at: place, image).value, derivatives)
  }

  @Test("give the estimator the objective and its derivatives at every point that it asked for")
  func valuesAndDerivatives() throws {
    for (estimator, categories) in try Self.all() {
      var trainer = try SmallModels.trainer(
        latents: 2, categories: categories, batch: 3, estimator: estimator, samples: .all)
      let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
      let batch = SmallModels.images.flatMap { $0 }
      let width = trainer.configuration.latentWidth
      _ = try trainer.step(index: 4, images: batch.span)
      for shard in trainer.shards {
        for sample in 0..<shard.evaluations * shard.shape.rows {
          let places = sample * width..<(sample + 1) * width
          let image = SmallModels.images[shard.rows.lowerBound + sample % shard.shape.rows]
          let (value, derivatives) = expected(naive, image, at: Array(shard.samples[places]))
          #expect((shard.values[sample] - value).magnitude < 1e-11, "\(estimator.name)")
          for (found, derivative) in zip(shard.derivatives[places], derivatives) {
            #expect((found - derivative).magnitude < 1e-11, "\(estimator.name)")
          }
        }
      }
    }
  }

  @Test("carry back from the encoder's logits what the estimator makes of them")
  func encoderGradient() throws {
    for (estimator, categories) in try Self.all() {
      var trainer = try SmallModels.trainer(
        latents: 2, categories: categories, batch: 3, estimator: estimator, samples: .all)
      let batch = SmallModels.images.flatMap { $0 }
      _ = try trainer.step(index: 4, images: batch.span)
      let differentiable = try #require(estimator as? any DifferentiableGradientEstimator)
      var largest = 0.0
      for shard in trainer.shards where !shard.plan.isRelaxed {
        var expected = [Double](repeating: 0, count: shard.shape.logitCount)
        var target = expected.mutableSpan
        let (logits, noise, samples) = (shard.logits, shard.noise, shard.samples)
        let (values, derivatives) = (shard.values, shard.derivatives)
        differentiable.combine(
          logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
          derivatives: derivatives.span, shape: shard.shape, gradient: &target)
        let found = shard.passes[0].workspace.outputGradients.last ?? []
        largest = expected.reduce(largest) { max($0, $1.magnitude) }
        #expect(found.count == expected.count)
        for (one, other) in zip(found, expected) {
          #expect((one + other / 3).magnitude < 1e-13, "\(estimator.name)")
        }
      }
      // The hard tanh's gradient is 0 where all logits are beyond 1, and a relaxed one is checked as a whole below.
      let isZero = estimator.name == "st-hard" || trainer.shards[0].plan.isRelaxed
      #expect(isZero || largest > 1e-6, "\(estimator.name)")
    }
  }

  /// Unbiased estimators with a finite law, with what they have learnt.
  static let unbiased: [(any GradientEstimator, latents: Int, state: [Double])] = [
    (MuProp(), 4, []), (DoubleControlVariates(samples: 2), 2, [-0.6, 2]),
    (RODEO(samples: 2), 2, [0.5, 2, -0.3, 2, -0.7, 2, 0.4, 2, 0.6]),
  ]

  @Test(
    "have exactly the gradient of the enumerated ELBO as the step's expectation, for every parameter",
    arguments: unbiased.indices, [DecoderSamples.first, .all])
  func isUnbiased(index: Int, decoder: DecoderSamples) throws {
    let (estimator, latents, state) = Self.unbiased[index]
    var trainer = try SmallModels.trainer(latents: latents, batch: 1, estimator: estimator, samples: decoder)
    if !state.isEmpty { trainer.estimator.state = state }
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let images = [SmallModels.images[0]]
    let (mean, exact) = (try expectedGradient(&trainer, images: images), naive.negativeBoundGradient(images))
    #expect(largestError(mean, exact) < 1e-10, "\(estimator.name)")
  }

  @Test("straight-through: the enumerated mean of f'(z) p (1 - p), for every parameter of the encoder")
  func straightThrough() throws {
    var trainer = try SmallModels.trainer(latents: 3, batch: 1, estimator: StraightThrough(.mean))
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let image = SmallModels.images[0]
    let mean = try expectedGradient(&trainer, images: [image])
    var logitGradient = [0.0, 0, 0]
    for (state, density) in naive.densities(image).enumerated() {
      let point = naive.bits(state).map(Double.init)
      let derivatives = expected(naive, image, at: point).derivatives
      for latent in 0..<3 {
        logitGradient[latent] += Double.exp(density.posterior.value) * derivatives[latent]
      }
    }
    let slopes = naive.encoderLogits(image).map { Double.sigmoid($0.value) * .sigmoid(-$0.value) }
    let exact = naive.negativeGradient([image]) { naive, image in
      zip(naive.encoderLogits(image), zip(logitGradient, slopes)).reduce(Dual(value: 0)) { sum, pair in
        sum + pair.0 * Dual(value: pair.1.0 * pair.1.1)
      }
    }
    let bound = naive.negativeBoundGradient([image])
    for (name, values) in exact where name.hasPrefix("encoder") {
      #expect(largestError([name: mean[name] ?? []], [name: values]) < 1e-10, "\(name)")
      // The estimator is biased: the bound's own gradient is another one.
      #expect(largestError([name: mean[name] ?? []], [name: bound[name] ?? []]) > 1e-3, "\(name)")
    }
    for name in bound.keys where !name.hasPrefix("encoder") {
      #expect(largestError([name: mean[name] ?? []], [name: bound[name] ?? []]) < 1e-10, "\(name)")
    }
  }

  /// The relaxed objective at fixed noise as a function of all parameters: y = softmax((logits + noise) / t), or the sigmoid.
  /// `constant` gives the logits in -log q(y | x) if they are to be held.
  private func relaxedObjective(
    _ naive: NaiveAutoencoder, _ image: [UInt8], noise: [Double], temperature: Double,
    holding constant: NaiveAutoencoder? = nil
  ) -> Dual {
    let rate = Dual(value: 1 / temperature)
    let scaled = zip(naive.encoderLogits(image), noise).map { ($0 + Dual(value: $1)) * rate }
    guard let categories = naive.configuration.categories else {
      let point = scaled.map { Dual.exp(Dual.logSigmoid($0)) }
      return (constant ?? naive).objective(at: point, image)
    }
    let point = stride(from: 0, to: scaled.count, by: categories).flatMap { start in
      let weights = scaled[start..<start + categories].map { Dual.exp($0) }
      let total = weights.reduce(Dual(value: 0), +)
      return weights.map { $0 / total }
    }
    return (constant ?? naive).objective(at: point, image)
  }

  @Test(
    "Gumbel-softmax: at every noise the whole gradient of the relaxed objective, decoder and prior included",
    arguments: [nil, 3])
  func relaxedGradient(categories: Int?) throws {
    let temperature = 0.7
    var trainer = try SmallModels.trainer(
      latents: 3, categories: categories, batch: 1, estimator: GumbelSoftmax(temperature: temperature))
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let image = SmallModels.images[2]
    for step in 0..<3 {
      let loss = try trainer.step(index: UInt64(step), images: image.span)
      let points = trainer.shards[0].samples
      let noise = zip(points, naive.encoderLogits(image)).map { point, logit in
        let scaled = categories == nil ? Double.log(point / (1 - point)) : Double.log(point)
        return temperature * scaled - logit.value
      }
      let exact = naive.negativeGradient([image]) {
        relaxedObjective($0, $1, noise: noise, temperature: temperature)
      }
      let value = naive.objective(at: points.map { Dual(value: $0) }, image).value
      #expect((loss + value).magnitude < 1e-11)
      #expect(largestError(gradient(trainer), exact) < 1e-8)
      // Without the direct term: the gradient with the logits of -log q held, for the encoder.
      let held = naive.negativeGradient([image]) { moved, image in
        var constant = moved
        for name in naive.tensors.keys where name.hasPrefix("encoder") {
          constant.tensors[name] = naive.tensors[name]
        }
        return relaxedObjective(moved, image, noise: noise, temperature: temperature, holding: constant)
      }
      let encoder = held.filter { $0.key.hasPrefix("encoder") }
      #expect(encoder.count == 6 && largestError(gradient(trainer), encoder) > 1e-3)
    }
  }

  @Test("show the fault of derivatives without the densities' part")
  func faultIsCaught() throws {
    var trainer = try SmallModels.trainer(latents: 3, batch: 1, estimator: ForgetfulMuProp())
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let images = [SmallModels.images[0]]
    let (mean, exact) = (try expectedGradient(&trainer, images: images), naive.negativeBoundGradient(images))
    for (name, values) in exact {
      let error = largestError([name: mean[name] ?? []], [name: values])
      let isAsExpected: Bool = name.hasPrefix("encoder") ? error > 1e-3 : error < 1e-10
      #expect(isAsExpected, "\(name)")
    }
  }

  @Test("have the same bits on one thread and on two, and continue bit for bit from their tensors")
  func bits() throws {
    for (estimator, categories) in try Self.all() {
      func trainer(threads: Int) throws -> VariationalAutoencoderTrainer<Float> {
        try VariationalAutoencoderTrainer<Float>(
          configuration: SmallModels.configuration(latents: 4, categories: categories),
          settings: SmallModels.settings(batch: 5, rate: 1e-2, samples: .all), meanImage: SmallModels.mean,
          estimator: estimator, seed: 3, threads: threads)
      }
      var one = try trainer(threads: 1)
      var two = try trainer(threads: 2)
      var resumed = try trainer(threads: 2)
      for step in 0..<8 {
        let images = SmallModels.numbers(25, stream: 500 + UInt64(step)).map { $0 > 0 ? 1 : 0 } as [UInt8]
        let loss = try one.step(index: UInt64(step), images: images.span)
        #expect(try two.step(index: UInt64(step), images: images.span) == loss, "\(estimator.name)")
        if step == 3 { try resumed.restore(one.tensors()) }
        if step > 3 { #expect(try resumed.step(index: UInt64(step), images: images.span) == loss) }
      }
      #expect(one.tensors() == two.tensors() && one.tensors() == resumed.tensors(), "\(estimator.name)")
      #expect(one.estimator.state == resumed.estimator.state, "\(estimator.name)")
    }
  }
}

/// MuProp with a derivative from which a constant is missing, as if a part of the objective had been forgotten.
private struct ForgetfulMuProp: DifferentiableGradientEstimator {
  private let base = MuProp()
  var name: String { "forgetful-muprop" }
  func evaluations(variables: LatentVariables) -> Int { 2 }
  func representativeEvaluations(variables: LatentVariables) -> Int { 1 }
  func noisePerRow(variables: LatentVariables) -> Int { variables.count }
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    base.noiseLaw(logits: logits, variables: variables)
  }
  func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    base.gradientBounds(
      objective: objective, derivative: derivative, logits: logits, variables: variables,
      coordinate: coordinate)
  }
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, derivatives: derivatives, shape: shape,
      gradient: &gradient)
    // Only the last term: the control variate keeps the whole derivative, and its mean is no longer given back.
    for place in gradient.indices {
      gradient[place] += 0.1 * .sigmoid(logits[place]) * .sigmoid(-logits[place])
    }
  }
}
