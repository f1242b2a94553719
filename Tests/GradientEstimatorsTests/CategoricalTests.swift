import ElementwiseKernels
import RealModule
import Testing

@testable import GradientEstimators

@Suite("Categorical variables")
struct CategoricalTests {
  static let names =
    EstimatorCatalogue.standardInstances(supporting: .categorical(1, categories: 4)).map(\.name) + [
      "carms-i:5", "carms-i:17", "carms-sb:5", "carms-sb:17", "carms-g:9", "loorf:17", "gumbel:0.01",
      "gumbel:100", "st-gumbel:0.01", "st-gumbel:100",
    ]
  /// Three variables of four categories: soft, sharp, and two equal logits.
  static let logits = [0.2, -0.4, 0.6, 0.1, 5, -2, -1, 0.5, 1.5, 1.5, -2, -8]

  private func run(
    _ estimator: any GradientEstimator, turn: Int = 0, shift: Double = 0, scale: Double = 1
  ) -> EstimatorRun<Double> {
    let count = estimator.noisePerRow(variables: .categorical(3, categories: 4))
    let noise = (1...count).map {
      (Double($0 + count * turn) * 0.754_877_666_246_692_7).truncatingRemainder(dividingBy: 1)
    }
    return EstimatorRun(estimator, logits: Self.logits, noise: noise, logitsPerVariable: 4) {
      scale * (irregularObjective($0) + shift)
    }
  }

  private func close(_ first: [Double], _ second: [Double], tolerance: Double = 1e-12) -> Bool {
    first.count == second.count && zip(first, second).allSatisfy { ($0 - $1).magnitude <= tolerance }
  }

  @Test("The gradients of a variable sum to 0 over its categories", arguments: names)
  func sums(name: String) throws {
    for turn in 0..<20 {
      let gradient = run(try EstimatorCatalogue.make(name), turn: turn).gradient
      for variable in 0..<3 {
        #expect(gradient[4 * variable..<4 * variable + 4].reduce(0, +).magnitude < 1e-12)
      }
    }
  }

  @Test("Every estimator of an expectation is linear in f", arguments: names)
  func linearity(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    guard estimator.target == .expectation else { return }
    #expect(close(run(estimator, scale: -3).gradient, run(estimator).gradient.map { -3 * $0 }))
  }

  @Test("A constant added to f changes no difference estimator, and does change REINFORCE")
  func invariance() throws {
    for name in Self.names {
      let estimator = try EstimatorCatalogue.make(name)
      let isUnchanged = close(run(estimator).gradient, run(estimator, shift: 64).gradient)
      #expect(isUnchanged == (!name.hasPrefix("reinforce") && name != "nvil"))
    }
  }

  @Test("A batch gives each row what it gets alone", arguments: names)
  func batching(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    let rows = 37, perRow = estimator.noisePerRow(variables: .categorical(3, categories: 4))
    let logits = (0..<rows).flatMap { row in Self.logits.map { $0 - Double(row) * $0 / 50 } }
    let noise: [Double] = irregularNoise(rows * perRow)
    let batch = EstimatorRun(
      estimator, logits: logits, noise: noise, rows: rows, logitsPerVariable: 4, objective: irregularObjective
    )
    for row in 0..<rows {
      let alone = EstimatorRun(
        estimator, logits: Array(logits[row * 12..<(row + 1) * 12]),
        noise: Array(noise[row * perRow..<(row + 1) * perRow]), logitsPerVariable: 4,
        objective: irregularObjective)
      #expect(close(Array(batch.gradient[row * 12..<(row + 1) * 12]), alone.gradient, tolerance: 0))
    }
  }

  @Test("No gradient leaves its bounds, whatever the noise", arguments: names)
  func bounds(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    let values = (0..<64).map { (state: Int) -> Double in
      let sample: [Double] = [Double(state % 4), Double(state / 4 % 4), Double(state / 16)]
      return irregularObjective(sample)
    }
    let range = try #require(values.min())...(try #require(values.max()))
    for turn in 0..<60 {
      let gradient = run(estimator, turn: turn).gradient
      for coordinate in gradient.indices {
        let bounds = estimator.bounds(
          objective: range, logits: Self.logits, variables: .categorical(3, categories: 4),
          coordinate: coordinate)
        let slack = 1e-12 * (bounds.upperBound - bounds.lowerBound)
        #expect(gradient[coordinate] >= bounds.lowerBound - slack)
        #expect(gradient[coordinate] <= bounds.upperBound + slack)
      }
    }
  }

  @Test("REINFORCE is f (1[z = c] - p_c), and its sample the inverse of the distribution function")
  func reinforce() {
    let p = [0.1, 0.2, 0.3, 0.4]
    let logits = p.map { Double.log($0) + 3 }
    for (uniform, category) in [(0.05, 0), (0.15, 1), (0.45, 2), (0.65, 3)] {
      let run = EstimatorRun(REINFORCE(), logits: logits, noise: [uniform], logitsPerVariable: 4) {
        2 + $0[0]
      }
      #expect(run.samples == [Double(category)])
      let f = 2 + Double(category)
      let expected = p.enumerated().map { place, p in place == category ? f * (1 - p) : -f * p }
      #expect(close(run.gradient, expected, tolerance: 1e-15))
    }
  }
}

@Suite("Saturated categorical logits")
struct CategoricalSaturationTests {
  static let logits: [Double] = [700, -700, 0, 40, -40, 0, 0, 0, 0, -1e6, 1e6, 745.2, 12, 12.5, -700]

  @Test("Gradients are finite, and samples possible categories, in Double", arguments: CategoricalTests.names)
  func double(name: String) throws { try check(name, Double.self) }

  @Test("Gradients are finite, and samples possible categories, in Float", arguments: CategoricalTests.names)
  func float(name: String) throws { try check(name, Float.self) }

  private func check<Scalar: KernelScalar>(_ name: String, _: Scalar.Type) throws {
    let estimator = try EstimatorCatalogue.make(name)
    let count = estimator.noisePerRow(variables: .categorical(5, categories: 3))
    let (first, last) = (Scalar.openUniform(0, 0), Scalar.openUniform(.max, .max))
    let noises: [[Scalar]] = [
      irregularNoise(count), [Scalar](repeating: first, count: count),
      [Scalar](repeating: last, count: count), (0..<count).map { $0.isMultiple(of: 3) ? first : last },
    ]
    for (turn, noise) in noises.enumerated() {
      let run = EstimatorRun<Scalar>(
        estimator, logits: Self.logits.map { Scalar($0) }, noise: noise, logitsPerVariable: 3,
        objective: irregularObjective)
      #expect(run.gradient.allSatisfy { $0.isFinite })
      #expect(run.states.allSatisfy { [0, 1, 2].contains($0) })
      for sample in 0..<run.states.count / 5 {
        // A copula of extreme noise reaches uniforms below 1e-300, but never what has probability 0.
        let drawn = Array(run.states[5 * sample..<5 * sample + 5])
        #expect(drawn[0] != 1 && drawn[3] == 1 && (drawn[4] < 2 || turn > 0))
        if turn == 0 { #expect(drawn[0] == 0 && drawn[1] == 0) }
      }
    }
  }

  @Test("What rounding leaves above the last boundary belongs to a category that is possible")
  func lastBoundary() {
    for categories in 2...256 {
      var law = CategoricalLaw()
      let logits = (0..<categories).map { $0 == categories - 1 ? -800 : Float($0 % 7) / 3 }
      law.load(logits.span)
      #expect(law.cumulative(below: categories) == 1)
      let drawn = law.category(at: Double(1).nextDown)
      #expect(drawn < categories - 1 && law.probability(of: drawn) > 0)
    }
  }

  @Test("The score keeps its relative precision where the probability of the sample is nearly 1")
  func score() {
    let run = EstimatorRun<Float>(REINFORCE(), logits: [30, 0], noise: [0.5], logitsPerVariable: 2) { _ in 1 }
    #expect(run.samples == [0])
    #expect((run.gradient[0] / Float.exp(-30) - 1).magnitude < 1e-6)
    #expect((run.gradient[1] / -Float.exp(-30) - 1).magnitude < 1e-6)
  }
}
