import ElementwiseKernels
import RandomStreams
import RealModule
import Testing

@testable import GradientEstimators

/// A smooth objective of three bits that is not affine, with its derivatives: a cubic, a product and a sine.
private func smoothObjective(_ y: [Double]) -> (value: Double, slope: [Double]) {
  let value = y[0] * y[0] * y[0] - 2 * y[1] * y[2] + .sin(2 * y[2] + y[0]) + 0.4
  let wave = Double.cos(2 * y[2] + y[0])
  return (value, [3 * y[0] * y[0] + wave, -2 * y[2], -2 * y[1] + 2 * wave])
}

/// One batch of rows of three bits, evaluated on `smoothObjective`.
private struct Step {
  static let rows = 5
  let shape: LatentShape
  let logits: [Double]
  let noise: [Double]
  let points: [Double]
  let values: [Double]
  let derivatives: [Double]

  init(_ estimator: any DifferentiableGradientEstimator, turn: UInt64 = 0) {
    let shape = LatentShape(rows: Self.rows, variables: 3)
    let perRow = estimator.noisePerRow(variables: .binary(3))
    var uniforms = [Double](repeating: 0, count: Self.rows * perRow)
    var numbers = uniforms.mutableSpan
    RandomStream(seed: 0, purpose: .verification, step: turn)
      .fillUniforms(rows: 0..<Self.rows, perRow: perRow, into: &numbers)
    let (noise, logits) = (uniforms, (0..<Self.rows).flatMap { [0.3 * Double($0) - 1, 0.8, -0.5] })
    let evaluations = estimator.evaluations(variables: .binary(3))
    var points = [Double](repeating: 0, count: evaluations * shape.sampleCount)
    var drawn = points.mutableSpan
    estimator.draw(logits: logits.span, noise: noise.span, shape: shape, samples: &drawn)
    let outcomes = stride(from: 0, to: points.count, by: 3).map {
      smoothObjective(Array(points[$0..<$0 + 3]))
    }
    self.shape = shape
    self.logits = logits
    self.noise = noise
    self.points = points
    values = outcomes.map(\.value)
    derivatives = outcomes.flatMap(\.slope)
  }

  func gradient(of estimator: any DifferentiableGradientEstimator) -> [Double] {
    var gradient = [Double](repeating: .nan, count: shape.sampleCount)
    var output = gradient.mutableSpan
    estimator.combine(
      logits: logits.span, noise: noise.span, samples: points.span, values: values.span,
      derivatives: derivatives.span, shape: shape, gradient: &output)
    return gradient
  }

  /// The mean over the rows of |g|^2, in a given state.
  func meanSquare(of estimator: any DifferentiableGradientEstimator, in state: [Double]) -> Double {
    var learner = estimator
    learner.state = state
    return gradient(of: learner).reduce(0) { $0 + $1 * $1 } / Double(Self.rows)
  }

  func observed(by estimator: any DifferentiableGradientEstimator) -> any DifferentiableGradientEstimator {
    var learner = estimator
    learner.observe(
      logits: logits.span, noise: noise.span, samples: points.span, values: values.span,
      derivatives: derivatives.span, shape: shape)
    return learner
  }
}

/// States in which nothing is 0: of the estimator and, for the network of RELAX, three variables.
private enum LearnedState {
  static let rebar = [0.7, 2.0, -1.2, -1.0]
  /// Parameters within their bounds, moments 0.
  static let relax: [Double] = {
    let parameters = (0..<40).map { place in
      let number = (Double(place + 1) * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1) * 2 - 1
      return place < 8 ? number / 4 : 2 * number
    }
    return rebar + [1.7, 0] + parameters + [Double](repeating: 0, count: 80)
  }()
  static let rodeo = [0.5, 2, -0.3, 2, -0.7, 2, 0.4, 2, 0.6]

  static let all: [(estimator: any DifferentiableGradientEstimator, state: [Double])] = [
    (REBAR(), rebar), (RELAX(), relax), (DoubleControlVariates(samples: 2), [-0.6, 2]),
    (DoubleControlVariates(samples: 3), [-0.6, 2]), (RODEO(samples: 2), rodeo), (RODEO(samples: 3), rodeo),
  ]
}

@Suite("Learnt control variates")
struct ControlVariateTests {
  @Test("A coefficient learns along the derivative of the mean square: central differences agree")
  func coefficients() {
    for (estimator, state) in LearnedState.all {
      let step = Step(estimator)
      var sound = estimator
      sound.state = state
      let after = step.observed(by: sound).state
      let places = estimator is RODEO ? [0, 2, 4, 6] : [0]
      for place in places {
        var (above, below) = (state, state)
        above[place] += 1e-4
        below[place] -= 1e-4
        let slope =
          (step.meanSquare(of: estimator, in: above) - step.meanSquare(of: estimator, in: below)) / 2e-4
        // x loses rate g.b / B, and B stands beside it; the mean square's derivative is 2 g.b.
        let product = (state[place] - after[place]) * after[place + 1] / 0.01
        #expect(
          (2 * product - slope).magnitude < 1e-6 * max(1, slope.magnitude), "\(estimator.name) \(place)")
        #expect(slope.magnitude > 1e-3)
      }
    }
  }

  @Test("The network of RELAX learns along the derivatives of the mean square: central differences agree")
  func network() {
    let (estimator, state) = (RELAX(), LearnedState.relax)
    let step = Step(estimator)
    var sound = estimator
    sound.state = state
    let after = step.observed(by: sound).state
    for parameter in 0..<40 {
      var (above, below) = (state, state)
      above[6 + parameter] += 1e-4
      below[6 + parameter] -= 1e-4
      let slope =
        (step.meanSquare(of: estimator, in: above) - step.meanSquare(of: estimator, in: below)) / 2e-4
        / state[4]
      // Adam's first moment after one step is a tenth of the derivative.
      let learned = after[46 + parameter] * 10
      #expect((learned - slope).magnitude < 1e-6 * max(1, slope.magnitude), "parameter \(parameter)")
    }
  }

  @Test("What is learnt stays within its bounds, and the gradient within the bounds that rest on them")
  func bounds() {
    let extremes: [(any DifferentiableGradientEstimator, [Double])] = [
      (REBAR(), [2, 1, -9, 1]), (REBAR(), [-2, 1, -9, 1]),
      (RELAX(), [-2, 1, -9, 1] + extremeNetwork(1)), (RELAX(), [2, 1, -9, 1] + extremeNetwork(-1)),
      (DoubleControlVariates(samples: 2), [2, 1]), (DoubleControlVariates(samples: 3), [-2, 1]),
      (RODEO(samples: 2), [2, 1, 2, 1, 2, 1, 2, 1, 0.1]),
      (RODEO(samples: 3), [-2, 1, 2, 1, -2, 1, 2, 1, 0.1]),
    ]
    // f lies in -1.6 ... 2.4 and its partial derivatives in -4 ... 4 on the unit cube.
    for (plain, state) in extremes {
      var estimator = plain
      estimator.state = state
      for turn in 0..<40 {
        let step = Step(estimator, turn: UInt64(turn))
        for (place, value) in step.gradient(of: estimator).enumerated() {
          let bounds = estimator.gradientBounds(
            objective: -2.6...2.4, derivative: -4...4,
            logits: Array(step.logits[place / 3 * 3..<place / 3 * 3 + 3]), variables: .binary(3),
            coordinate: place % 3)
          #expect(bounds.contains(value), "\(estimator.name) in turn \(turn)")
        }
      }
    }
  }

  /// [scale, steps, parameters, moments] with all weights at their bounds.
  private func extremeNetwork(_ sign: Double) -> [Double] {
    let weights = (0..<24).map { 2 * sign * ($0.isMultiple(of: 3) ? 1 : -1) }
    return [6.7, 9] + [Double](repeating: sign / 4, count: 8) + [Double](repeating: 0, count: 8) + weights
      + [Double](repeating: 0, count: 80)
  }

  @Test("A long way of learning ends within the bounds: the coefficient, the temperature, the network")
  func reachable() {
    for (plain, _) in LearnedState.all {
      var estimator = plain
      for turn in 0..<60 { estimator = Step(estimator, turn: UInt64(turn)).observed(by: estimator) }
      let state = estimator.state
      #expect(state.allSatisfy { $0.isFinite } && state != plain.state)
      #expect(state[0].magnitude <= 2)
      if let relax = estimator as? RELAX {
        #expect(TemperatureSearch.range.contains(relax.temperature))
        #expect(state[6..<14].allSatisfy { $0.magnitude <= 0.25 } && state[6..<14].contains { $0 != 0 })
        #expect(state[22..<46].allSatisfy { $0.magnitude <= 2 })
      }
    }
  }

  @Test("The state restores what was learnt, its length is final after prepare, and prepare changes nothing")
  func state() {
    for (plain, _) in LearnedState.all {
      let step = Step(plain)
      var prepared = plain
      prepared.prepare(for: .binary(3))
      let length = prepared.state.count
      #expect(step.gradient(of: prepared) == step.gradient(of: plain))
      var learned = prepared
      for turn in 0..<8 { learned = Step(learned, turn: UInt64(turn)).observed(by: learned) }
      learned.prepare(for: .binary(3))
      #expect(learned.state.count == length)
      var restored = plain
      restored.state = learned.state
      #expect(restored.state == learned.state)
      let same = Step(learned)
      #expect(same.gradient(of: restored) == same.gradient(of: learned))
      #expect(step.observed(by: plain).state.count == length)
    }
  }

  @Test("A step's gradient does not depend on what is learnt from it")
  func order() {
    for (plain, state) in LearnedState.all {
      var estimator = plain
      estimator.state = state
      let step = Step(estimator)
      let before = step.gradient(of: estimator)
      let learned = step.observed(by: estimator)
      #expect(step.gradient(of: estimator) == before)
      #expect(step.gradient(of: learned) != before)
    }
  }

  @Test("Double control variates with alpha = -1 are exact, draw by draw, where f is affine")
  func affine() {
    let weights = [1.5, -0.7, 2.2], logits = [0.4, -1.3, 2]
    let estimator = DoubleControlVariates(samples: 3, coefficient: -1)
    let noise: [Double] = irregularNoise(9)
    let run = EstimatorRun(estimator, logits: logits, noise: noise) { z in
      zip(z, weights).reduce(0.8) { $0 + $1.0 * $1.1 }
    }
    for d in 0..<3 {
      let exact = weights[d] * .sigmoid(logits[d]) * .sigmoid(-logits[d])
      #expect((run.gradient[d] - exact).magnitude < 1e-14)
    }
  }
}

@Suite("Learnt control variates at saturated logits")
struct ControlVariateSaturationTests {
  @Test("Gradients with learnt parameters are finite, and so is what is learnt, in Double")
  func double() { check(Double.self) }

  @Test("Gradients with learnt parameters are finite, and so is what is learnt, in Float")
  func float() { check(Float.self) }

  private func check<Scalar: KernelScalar>(_: Scalar.Type) {
    let edges: [Scalar] = [.openUniform(0, 0), .openUniform(.max, .max)]
    let limits: [[Scalar]] = [[-40, 0.5, 40], [-700, 1, 700], [.greatestFiniteMagnitude, -1e6, 1e6]]
    for (plain, state) in LearnedState.all {
      var estimator = plain
      estimator.state = state
      let perRow = estimator.noisePerRow(variables: .binary(3))
      for logits in limits {
        for noise in [irregularNoise(perRow), (0..<perRow).map { edges[$0 * 5 / 3 % 2] }] {
          let run = EstimatorRun<Scalar>(
            estimator, logits: logits, noise: noise, objective: irregularObjective)
          #expect(run.gradient.allSatisfy { $0.isFinite }, "\(estimator.name) at \(logits)")
          let derivatives = [Scalar](repeating: 1.5, count: run.samples.count)
          var learner = estimator
          learner.observe(
            logits: logits.span, noise: noise.span, samples: run.samples.span, values: run.values.span,
            derivatives: derivatives.span, shape: LatentShape(rows: 1, variables: 3))
          #expect(learner.state.allSatisfy { $0.isFinite }, "\(estimator.name) at \(logits)")
        }
      }
    }
  }
}

@Suite("Relaxed binary variable")
struct RelaxedBernoulliTests {
  @Test("Z~ is Z at v p or p + v (1 - p), and its derivative that of the formula with odds")
  func conditional() {
    for logit in [-6.0, -1.3, 0, 0.4, 5] {
      let p = Double.sigmoid(logit)
      for v in [0.001, 0.2, 0.5, 0.77, 0.999] {
        for bit in [0.0, 1] {
          let u = bit == 1 ? v * p : p + v * (1 - p)
          let z = RelaxedBernoulli.conditional(logit: logit, bit: bit, uniform: v)
          #expect((z - RelaxedBernoulli.free(logit: logit, uniform: u)).magnitude < 1e-10)
          #expect(z > 0 ? bit == 1 : bit == 0)
          let above = RelaxedBernoulli.conditional(logit: logit + 1e-5, bit: bit, uniform: v)
          let below = RelaxedBernoulli.conditional(logit: logit - 1e-5, bit: bit, uniform: v)
          let slope = RelaxedBernoulli.conditionalSlope(logit: logit, bit: bit, uniform: v)
          #expect((slope - (above - below) / 2e-5).magnitude < 1e-9)
        }
      }
    }
  }

  @Test("Z~ keeps the side of its bit and a derivative from 0 to 1 at every logit, in Float")
  func saturated() {
    let uniforms = [Float.openUniform(0, 0), 0.4, Float.openUniform(.max, .max)]
    for logit in [-3e38 as Float, -700, -40, 0, 40, 700, 3e38] {
      for v in uniforms {
        for bit in [0 as Float, 1] {
          let z = RelaxedBernoulli.conditional(logit: logit, bit: bit, uniform: v)
          #expect(bit == 1 ? z >= 0 : z <= 0)
          let slope = RelaxedBernoulli.conditionalSlope(logit: logit, bit: bit, uniform: v)
          #expect(slope >= 0 && slope <= 1)
        }
      }
    }
  }
}

@Suite("Temperatures and coefficients that are learnt")
struct LearningRuleTests {
  @Test("The temperature finds the least mean square between its bounds, and an end where there is none")
  func temperature() {
    func found(_ meanSquare: (Double) -> Double) -> Double {
      var search = TemperatureSearch(0.5)
      for _ in 0..<6000 { search.learn(meanSquare: meanSquare(.log(search.temperature))) }
      return search.state[0]
    }
    #expect((found { 3 + ($0 - .log(0.3)) * ($0 - .log(0.3)) } - .log(0.3)).magnitude < 0.01)
    #expect((found { .exp(-$0) } - (.log(1) - 0.1)).magnitude < 1e-12)
    #expect((found { .exp($0) } - (.log(0.1) + 0.1)).magnitude < 1e-12)
  }

  @Test("The temperature alternates around its centre, and its state keeps the place in the pair")
  func pairs() {
    var search = TemperatureSearch(0.5)
    #expect((search.temperature - 0.5 * .exp(0.1)).magnitude < 1e-15)
    search.learn(meanSquare: 2)
    #expect((search.temperature - 0.5 * .exp(-0.1)).magnitude < 1e-15)
    var restored = TemperatureSearch(0.2)
    restored.state = search.state
    search.learn(meanSquare: 1)
    restored.learn(meanSquare: 1)
    #expect(restored.state == search.state && search.state[0] < .log(0.5))
  }

  @Test("A coefficient finds the least mean square within its bounds, whatever the scale")
  func coefficient() {
    for (best, end) in [(-0.8, -0.8), (1.3, 1.3), (7, 2)] {
      for scale in [1e-6, 1, 1e6] {
        var coefficient = LeastVarianceCoefficient(0)
        for turn in 0..<3000 {
          // g = (x - best) b with b of irregular size.
          let b = scale * (1 + Double(turn % 7))
          coefficient.learn(product: (coefficient.value - best) * b * b, square: b * b)
        }
        #expect((coefficient.value - end).magnitude < 1e-9)
      }
    }
    var idle = LeastVarianceCoefficient(0.4)
    idle.learn(product: 0, square: 0)
    #expect(idle.value == 0.4)
  }
}

@Suite("NVIL")
struct NVILTests {
  @Test("The baseline learns f for each row's logits: what remains of a signal of 2 is below a hundredth")
  func fit() {
    var estimator = NVIL()
    let logits = [1.0, -0.5, -1, 2], noise = [0.3, 0.6, 0.1, 0.9]
    // The first row's f is 5, the second's 1: the running mean alone leaves a signal of 2.
    let values = [5.0, 1]
    let shape = LatentShape(rows: 2, variables: 2)
    for _ in 0..<3000 {
      estimator.observe(
        logits: logits.span, noise: noise.span, samples: noise.span, values: values.span, shape: shape)
    }
    let gradient = gradient(of: estimator, logits: logits, values: values, shape: shape)
    let plain = gradient.indices.map { ($0 < 2 ? 2 : -2) * (1 - Double.sigmoid(logits[$0])) }
    #expect(zip(gradient, plain).allSatisfy { $0.magnitude < 0.01 * $1.magnitude })
    var restored = NVIL()
    restored.state = estimator.state
    #expect(self.gradient(of: restored, logits: logits, values: values, shape: shape) == gradient)
  }

  @Test("The first step subtracts nothing, the second the first step's mean, and none leaves the values seen")
  func baseline() {
    var estimator = NVIL()
    let shape = LatentShape(rows: 2, variables: 1)
    let logits = [0.0, 0]
    #expect(gradient(of: estimator, logits: logits, values: [3, 5], shape: shape) == [1.5, 2.5])
    let values = [3.0, 5]
    estimator.observe(
      logits: logits.span, noise: logits.span, samples: logits.span, values: values.span, shape: shape)
    #expect(gradient(of: estimator, logits: logits, values: [3, 5], shape: shape) == [-0.5, 0.5])
    estimator.state = [4, 1, 3, 5, 100]
    #expect(gradient(of: estimator, logits: [4, -4], values: [5, 3], shape: shape) == [0, 0])
    let bounds = estimator.gradientBounds(
      objective: 3...5, logits: [0], variables: .binary(1), coordinate: 0)
    #expect(bounds == -1...1)
  }

  @Test("Categorical rows have one coefficient for each category, and the gradients of a variable sum to 0")
  func categorical() {
    var estimator = NVIL()
    let shape = LatentShape(rows: 1, variables: 2, logitsPerVariable: 3)
    let logits = [0.2, -1, 0.5, 2, 0, -700], samples = [1.0, 0], values = [2.5]
    for _ in 0..<3 {
      estimator.observe(
        logits: logits.span, noise: samples.span, samples: samples.span, values: values.span, shape: shape)
    }
    #expect(estimator.state.count == 4 + 6)
    var gradient = [Double](repeating: .nan, count: 6)
    var output = gradient.mutableSpan
    let other = [4.0]
    estimator.combine(
      logits: logits.span, noise: samples.span, samples: samples.span, values: other.span, shape: shape,
      gradient: &output)
    #expect(gradient[0..<3].reduce(0, +).magnitude < 1e-15 && gradient[1] > 0)
  }

  /// The gradient for samples that are all 1.
  private func gradient(
    of estimator: NVIL, logits: [Double], values: [Double], shape: LatentShape
  ) -> [Double] {
    let ones = [Double](repeating: 1, count: logits.count)
    var gradient = ones
    var output = gradient.mutableSpan
    estimator.combine(
      logits: logits.span, noise: ones.span, samples: ones.span, values: values.span, shape: shape,
      gradient: &output)
    return gradient
  }
}
