import ElementwiseKernels
import RealModule
import Testing

@testable import GradientEstimators

@Suite("Gumbel-softmax and its straight-through form")
struct RelaxationTests {
  static let temperatures = [0.1, 0.5, 1, 3]
  static let logits = [-2.5, -0.4, 0.0, 0.7, 3.1]
  /// Three variables of four categories.
  static let scores = [0.2, -0.4, 0.6, 0.1, 2, -2, -1, 0.5, 1.5, 1.5, -2, 0]

  private func uniforms(_ count: Int, turn: Int) -> [Double] {
    (1...count).map {
      (Double($0 + count * turn) * 0.754_877_666_246_692_7).truncatingRemainder(dividingBy: 1)
    }
  }

  @Test("Of bits: the derivative of f(y) at fixed noise, by finite differences", arguments: temperatures)
  func finiteDifferences(temperature: Double) {
    let estimator = GumbelSoftmax(temperature: temperature)
    for turn in 0..<20 {
      let noise = uniforms(5, turn: turn)
      func value(_ logits: [Double]) -> Double {
        EstimatorRun(estimator, logits: logits, noise: noise) { irregularObjective($0) }.values[0]
      }
      let gradient = EstimatorRun(estimator, logits: Self.logits, noise: noise) { irregularObjective($0) }
        .gradient
      for d in 0..<5 {
        let step = 1e-4 * temperature
        var (upper, lower) = (Self.logits, Self.logits)
        upper[d] += step
        lower[d] -= step
        let difference = (value(upper) - value(lower)) / (2 * step)
        #expect((difference - gradient[d]).magnitude < 1e-6 / temperature)
      }
    }
  }

  @Test(
    "Of categories: the derivative of f(softmax(scores / t)) at fixed Gumbels, by finite differences",
    arguments: temperatures)
  func categoricalFiniteDifferences(temperature: Double) {
    let estimator = GumbelSoftmax(temperature: temperature)
    for turn in 0..<3 {
      let run = EstimatorRun(
        estimator, logits: Self.scores, noise: uniforms(12, turn: turn), logitsPerVariable: 4,
        objective: irregularObjective)
      // A logit moved by h at fixed noise multiplies its y by exp(h / t), before y is normalised.
      func value(moving place: Int, by step: Double) -> Double {
        var point = run.samples
        point[place] *= .exp(step / temperature)
        let variable = place / 4 * 4..<place / 4 * 4 + 4
        let total = point[variable].reduce(0, +)
        for other in variable { point[other] /= total }
        return multilinear(irregularObjective, at: point, variables: .categorical(3, categories: 4)).value
      }
      for place in 0..<12 {
        let step = 1e-4 * temperature
        let difference = (value(moving: place, by: step) - value(moving: place, by: -step)) / (2 * step)
        #expect((difference - run.gradient[place]).magnitude < 1e-5 / temperature)
      }
    }
  }

  @Test("The hard sample is REINFORCE's on the same number, and the category of the largest y")
  func hardSamples() {
    for turn in 0..<20 {
      let noise = uniforms(5, turn: turn)
      let hard = EstimatorRun(
        StraightThroughGumbel(temperature: 0.5), logits: Self.logits, noise: noise,
        objective: irregularObjective)
      let plain = EstimatorRun(REINFORCE(), logits: Self.logits, noise: noise, objective: irregularObjective)
      let relaxed = EstimatorRun(
        GumbelSoftmax(temperature: 0.5), logits: Self.logits, noise: noise, objective: irregularObjective)
      #expect(hard.states == plain.samples)
      #expect(relaxed.samples.map { $0 > 0.5 ? 1 : 0 } == plain.samples)
    }
    for turn in 0..<20 {
      let noise = uniforms(12, turn: turn)
      let hard = EstimatorRun(
        StraightThroughGumbel(temperature: 0.5), logits: Self.scores, noise: noise, logitsPerVariable: 4,
        objective: irregularObjective)
      let plain = EstimatorRun(
        REINFORCE(), logits: Self.scores, noise: Array(noise.prefix(3)), logitsPerVariable: 4,
        objective: irregularObjective)
      let relaxed = EstimatorRun(
        GumbelSoftmax(temperature: 0.5), logits: Self.scores, noise: noise, logitsPerVariable: 4,
        objective: irregularObjective)
      #expect(hard.states == plain.samples)
      for variable in 0..<3 {
        let y = Array(relaxed.samples[4 * variable..<4 * variable + 4])
        #expect((y.reduce(0, +) - 1).magnitude < 1e-14)
        #expect(y.firstIndex(of: y.max() ?? 0) == Int(plain.samples[variable]))
      }
    }
  }

  @Test("At a low temperature y is nearly hard, at a high one nearly uniform")
  func extremes() {
    let noise = uniforms(12, turn: 3)
    func points(_ temperature: Double) -> [Double] {
      EstimatorRun(
        GumbelSoftmax(temperature: temperature), logits: Self.scores, noise: noise, logitsPerVariable: 4,
        objective: irregularObjective
      ).samples
    }
    #expect(points(0.01).allSatisfy { $0 < 1e-3 || $0 > 1 - 1e-3 })
    #expect(points(100).allSatisfy { ($0 - 0.25).magnitude < 0.03 })
  }

  @Test("y (1 - y) keeps its relative precision where y is nearly 1, in Float")
  func precision() {
    let run = EstimatorRun<Float>(GumbelSoftmax(temperature: 1), logits: [30, -30], noise: [0.5, 0.5]) {
      $0[0] + $0[1]
    }
    #expect(run.gradient.allSatisfy { ($0 / Float.exp(-30) - 1).magnitude < 1e-5 })
  }

  @Test(
    "Saturated categorical logits give finite gradients and no number outside 0 to 1",
    arguments: [0.01, 0.5, 100])
  func saturated(temperature: Double) {
    let logits: [Double] = [
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0, -1e6, 1e6, 0, 745.2, -745.2, 40,
    ]
    for noise in [
      irregularNoise(9), [Double](repeating: 0x1p-53, count: 9), [Double](repeating: 1 - 0x1p-53, count: 9),
    ] {
      for estimator in [
        GumbelSoftmax(temperature: temperature), StraightThroughGumbel(temperature: temperature),
      ]
        as [any GradientEstimator]
      {
        let run = EstimatorRun(
          estimator, logits: logits, noise: noise, logitsPerVariable: 3, objective: irregularObjective)
        #expect(run.gradient.allSatisfy { $0.isFinite })
        #expect(run.samples.allSatisfy { (0...1).contains($0) })
      }
    }
  }
}

@Suite("Straight-through and MuProp")
struct StraightThroughTests {
  @Test("The proxies: p (1 - p), 1, and 1 up to |logit| = 1")
  func proxies() {
    let logits = [-700.0, -1.0001, -1, 0.3, 1, 1.0001, 40]
    let noise: [Double] = irregularNoise(7)
    func gradient(_ proxy: StraightThrough.Proxy) -> [Double] {
      EstimatorRun(StraightThrough(proxy), logits: logits, noise: noise) { z in
        z.enumerated().reduce(0) { $0 + Double($1.offset + 1) * $1.element }
      }.gradient
    }
    let slopes = (1...7).map { Double($0) }
    #expect(zip(gradient(.identity), slopes).allSatisfy { ($0 - $1).magnitude < 1e-12 })
    let hard = zip(slopes, [0.0, 0, 1, 1, 1, 0, 0]).map { $0 * $1 }
    #expect(zip(gradient(.hardTanh), hard).allSatisfy { ($0 - $1).magnitude < 1e-12 })
    let mean = zip(slopes, logits).map { $0 / (2 + .exp($1) + .exp(-$1)) }
    #expect(zip(gradient(.mean), mean).allSatisfy { ($0 - $1).magnitude <= 1e-12 * $1 })
  }

  @Test("A saturated softmax's Jacobian keeps the relative precision of its small entries")
  func jacobian() {
    let run = EstimatorRun<Double>(
      StraightThrough(), logits: [40, 0, 1], noise: [0.5], logitsPerVariable: 3
    ) { [3, 5, -2][Int($0[0])] }
    let (second, third) = (Double.exp(-40), Double.exp(-39))
    let expected = [-2 * second + 5 * third, 2 * second, -5 * third]
    #expect(zip(run.gradient, expected).allSatisfy { ($0 / $1 - 1).magnitude < 1e-12 })
  }

  @Test("MuProp is the exact gradient, draw by draw, where f is affine in all variables together")
  func affine() {
    let logits = [-2.5, 0.4, 1.7]
    let weights = [1.5, -0.7, 2.2]
    for turn in 1...20 {
      let noise = (0..<3).map { (Double($0 + 3 * turn) * 0.569_840_29).truncatingRemainder(dividingBy: 1) }
      let run = EstimatorRun(MuProp(), logits: logits, noise: noise) { z in
        zip(z, weights).reduce(4) { $0 + $1.0 * $1.1 }
      }
      for d in 0..<3 {
        let p = Double.sigmoid(logits[d])
        #expect((run.gradient[d] - weights[d] * p * (1 - p)).magnitude < 1e-14)
      }
    }
  }
}
