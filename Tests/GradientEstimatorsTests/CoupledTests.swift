import ElementwiseKernels
import RealModule
import ReferenceMath
import Testing

@testable import GradientEstimators

/// Soft, sharp, tied, rare and saturated logits of one variable.
private let rows: [[Double]] = [
  [0.3, -0.2], [-3, 1], [0.1, 0.2, -0.1], [4, -2, -1], [0, 0, 0, 0], [4, -2, -1, 0.5],
  [-30, 0, 3, 3, 1], [0.5, -1, 0.25, 2, -0.3, 0.1, 1.7],
]

private func softmax(_ logits: [Double]) -> [Double] {
  let law = CategoricalLaw(variable: 0, logits: logits, variables: .categorical(1, categories: logits.count))
  return logits.indices.map { law.probability(of: $0) }
}

private func noise(_ count: Int, turn: Int) -> [Double] {
  (1...count).map { (Double($0 + count * turn) * 0.754_877_666_246_692_7).truncatingRemainder(dividingBy: 1) }
}

private func close(_ first: [Double], _ second: [Double], tolerance: Double = 1e-13) -> Bool {
  first.count == second.count && zip(first, second).allSatisfy { ($0 - $1).magnitude <= tolerance }
}

/// The pair form without any correction.
private struct UnitRatios: ~Copyable, CategoryPairs {
  static var capacity: Int { .max }
  mutating func load<Scalar: KernelScalar>(_ logits: Span<Scalar>) {}
  mutating func removeAll() {}
  mutating func insert(_ category: Int) {}
  mutating func update() {}
  mutating func ratio(_ category: Int, _ other: Int) -> Double { 1 }
}

@Suite("Coupled categorical estimators")
struct CoupledTests {
  @Test("The pair form with r = 1, that of independent samples, is LOORF", arguments: 2...9)
  func pairForm(samples: Int) {
    let logits = [0.2, -0.4, 0.6, 0.1, 5, -2, -1, 0.5]
    let shape = LatentShape(rows: 1, variables: 2, logitsPerVariable: 4)
    let loorf = EstimatorRun(
      LOORF(samples: samples), logits: logits, noise: noise(2 * samples, turn: samples), logitsPerVariable: 4,
      objective: irregularObjective)
    var gradient = [Double](repeating: .nan, count: 8)
    var output = gradient.mutableSpan
    var ratios = UnitRatios()
    PairForm.combine(
      &ratios, evaluations: samples, logits: logits.span, samples: loorf.samples.span,
      values: loorf.values.span, shape: shape, into: &output)
    #expect(close(gradient, loorf.gradient))
  }

  @Test("The ratios of CARMS-I from shared roots are those of its rectangles, for any number of samples")
  func orderedPairs() {
    for samples in [2, 3, 4, 5, 9, 12] {
      let carms = CARMSI(samples: samples)
      for logits in rows + [(0..<40).map { Double($0 * $0 % 11) / 3 }] {
        let law = CategoricalLaw(
          variable: 0, logits: logits, variables: .categorical(1, categories: logits.count))
        var pairs = OrderedPairs(copula: carms.copula)
        pairs.load(logits.span)
        let drawn = Array(logits.indices.reversed().prefix(OrderedPairs.capacity))
        for category in drawn + drawn { pairs.insert(category) }
        pairs.update()
        for category in drawn {
          for other in drawn where other != category {
            let expected = carms.ratio(category, other, law: law)
            // Where J is tiny, so is what its rounding is worth.
            let product = law.probability(of: category) * law.probability(of: other)
            let slack = 1e-12 * expected + 1e-15 * expected * expected / product
            #expect((pairs.ratio(category, other) - expected).magnitude <= slack)
          }
        }
      }
    }
  }

  @Test("Beyond the samples that are looked at together, the pair form is the same", arguments: ["i", "g"])
  func manySamples(sampler: String) throws {
    let estimator = try EstimatorCatalogue.make("carms-\(sampler):\(CategorySet.capacity + 1)")
    let logits = [0.2, -0.4, 0.6]
    let count = estimator.noisePerRow(variables: .categorical(1, categories: 3))
    let run = EstimatorRun(
      estimator, logits: logits, noise: noise(count, turn: 1), logitsPerVariable: 3,
      objective: irregularObjective)
    let law = CategoricalLaw(variable: 0, logits: logits, variables: .categorical(1, categories: 3))
    var expected = [0.0, 0, 0]
    for first in run.samples.indices {
      for second in 0..<first where run.samples[first] != run.samples[second] {
        let (category, other) = (Int(run.samples[first]), Int(run.samples[second]))
        let ratio =
          (estimator as? CARMSI)?.ratio(category, other, law: law)
          ?? (estimator as? CARMSG)?.ratio(category, other, logits: logits)
        let weight = try #require(ratio) * (run.values[first] - run.values[second]) / 72
        expected[category] += weight
        expected[other] -= weight
      }
    }
    #expect(close(run.gradient, expected) && expected.contains { $0 != 0 })
  }
}

@Suite("Stick breaking")
struct StickBreakingTests {
  @Test("With two categories it is ARMS on the same noise, whichever is the rarer", arguments: 2...6)
  func twoCategories(samples: Int) {
    for (turn, logit) in [-6.0, -2.5, -0.3, 0, 1e-3, 0.7, 4].enumerated() {
      let noise = noise(samples, turn: turn)
      let arms = EstimatorRun(ARMS(samples: samples), logits: [logit], noise: noise) { 3 + 2 * $0[0] }
      let carms = EstimatorRun(
        CARMSSB(samples: samples), logits: [7, logit + 7], noise: noise, logitsPerVariable: 2
      ) { 3 + 2 * $0[0] }
      #expect(carms.samples == arms.samples)
      #expect((carms.gradient[1] - arms.gradient[0]).magnitude < 1e-12)
      #expect((carms.gradient[0] + arms.gradient[0]).magnitude < 1e-12)
    }
  }

  @Test("With two samples it is DisARM-IW, given the uniforms of its exponentials' shares")
  func twoSamples() {
    for (turn, logits) in rows.enumerated() {
      let sticks = logits.count - 1
      let noise = noise(2 * sticks, turn: turn)
      let uniforms = (0..<sticks).map { stick in
        let logarithms = (Double.log(noise[2 * stick]), Double.log(noise[2 * stick + 1]))
        return 1 - logarithms.0 / (logarithms.0 + logarithms.1)
      }
      let carms = EstimatorRun(
        CARMSSB(samples: 2), logits: logits, noise: noise, logitsPerVariable: logits.count,
        objective: irregularObjective)
      let disarm = EstimatorRun(
        DisARMIW(), logits: logits, noise: uniforms, logitsPerVariable: logits.count,
        objective: irregularObjective)
      #expect(carms.samples == disarm.samples)
      #expect(close(carms.gradient, disarm.gradient))
    }
  }

  @Test("Each cell of the noise law draws its own joint value, and no two cells the same", arguments: 2...4)
  func cells(samples: Int) throws {
    try checkCells(CARMSSB(samples: samples), rows: rows.filter { $0.count < 6 }, samples: samples) {
      logits, category, other in
      var pairs = StickPairs(copula: DirichletCopula(samples: samples))
      pairs.load(logits.span)
      pairs.update()
      return pairs.ratio(category, other)
    }
  }

  @Test("No ratio exceeds 2, from two to 256 samples and categories")
  func bounded() {
    for samples in [2, 3, 17, 256] {
      for categories in [2, 3, 8, 64, 256] {
        for scale in [0, 0.1, 3.0, 50] {
          let logits = (0..<categories).map { scale * Double($0 * 37 % 19) / 19 }
          var pairs = StickPairs(copula: DirichletCopula(samples: samples))
          pairs.load(logits.span)
          pairs.update()
          for category in 1..<categories { #expect((0...2).contains(pairs.ratio(category, category - 1))) }
        }
      }
    }
  }
}

@Suite("CARMS-G")
struct GumbelCARMSTests {
  /// J(c, c') / (p_c p_c') by adaptive quadrature over the times s and t at which the two samples take their categories.
  private func integral(_ category: Int, _ other: Int, _ p: [Double], samples: Int) throws -> Double {
    let m = Double(samples - 1)
    let largest = p.reduce(0, max)
    func density(_ s: Double, _ t: Double) -> Double {
      var value = Double.exp(-(p[category] * s + p[other] * t) / m)
      for (k, probability) in p.enumerated() {
        let both = Double.exp(-probability * s / m) + .expMinusOne(-probability * t / m)
        value *= .pow(max(both, 0), k == category || k == other ? samples - 2 : samples - 1)
      }
      return value
    }
    return try integrate(from: 0, to: .infinity, relativeError: 1e-10) { s in
      let latest = -m / largest * .log(-.expMinusOne(-largest * s / m))
      return try integrate(from: 0, to: latest, absoluteError: 1e-14, relativeError: 1e-11) { density(s, $0) }
        .value
    }.value
  }

  @Test(
    "Its ratio is that of adaptive quadrature in the two samples' times, to 1e-9",
    arguments: [(2, [0.3, -0.2]), (3, [0.1, 0.2, -0.1]), (3, [4, -2, -1, 0.5]), (6, [1, 0, -2])])
  func ratio(samples: Int, logits: [Double]) throws {
    let p = softmax(logits)
    for (category, other) in [(0, 1), (logits.count - 1, 0)] {
      let expected = 1 / (try integral(category, other, p, samples: samples))
      let found = CARMSG(samples: samples).ratio(category, other, logits: logits)
      #expect((found / expected - 1).magnitude < 1e-9)
    }
  }

  @Test("The ratio's relative error, and so the bias, is below 1e-11 in Double and 5e-7 in Float")
  func accuracy() {
    for logits in rows {
      let p = softmax(logits)
      for category in 1..<logits.count {
        let double = CARMSG(samples: 2).ratio(category, category - 1, logits: logits)
        var pairs = RacePairs(samples: 2)
        let single = logits.map { Float($0) }
        pairs.load(single.span)
        pairs.insert(category)
        pairs.insert(category - 1)
        pairs.update()
        // Float logits have other probabilities: the ratio of Double at the same ones.
        let same = CARMSG(samples: 2).ratio(category, category - 1, logits: single.map { Double($0) })
        #expect((pairs.ratio(category, category - 1) / same - 1).magnitude < 5e-7)
        guard case .cells(let cells) = RaceCells.law(samples: 2, probabilities: p) else { continue }
        // Another rule of more nodes, and the general form of the density.
        let drawn = cells.map { samples(of: $0, logits: logits) }
        let joint = zip(cells, drawn).first { $1 == [Double(category), Double(category - 1)] }
        guard let joint else { continue }
        #expect((joint.0.probability * double / (p[category] * p[category - 1]) - 1).magnitude < 1e-11)
      }
    }
  }

  @Test(
    "More samples and categories than any exact law reaches: halving the nodes moves the ratio by less than 1e-7"
  )
  func manyNodes() {
    for (samples, categories) in [(2, 256), (9, 10), (9, 40), (17, 40), (256, 3), (256, 40)] {
      for scale in [0, 1.0, 6] {
        let logits = (0..<categories).map { Float(scale) * Float($0 * 37 % 19) / 19 }
        var pairs = RacePairs(samples: samples)
        pairs.load(logits.span)
        pairs.insert(0)
        pairs.insert(1)
        pairs.update()
        let fine = CARMSG(samples: samples).ratio(0, 1, logits: logits.map { Double($0) })
        #expect((pairs.ratio(0, 1) / fine - 1).magnitude < 5e-7)
      }
    }
  }

  @Test("Each cell of the noise law draws its own joint value, and no two cells the same", arguments: [2, 3])
  func cells(samples: Int) throws {
    try checkCells(CARMSG(samples: samples), rows: rows.filter { $0.count < 5 }, samples: samples) {
      logits, category, other in
      CARMSG(samples: samples).ratio(category, other, logits: logits)
    }
  }

  private func samples(of cell: NoiseBlock.Cell, logits: [Double]) -> [Double] {
    EstimatorRun(CARMSG(samples: 2), logits: logits, noise: cell.noise, logitsPerVariable: logits.count) {
      $0[0]
    }.samples
  }
}

/// The cells of a variable's noise: each draws a joint value of its own, they sum to 1, and two samples' values have the
/// probability p p' / r.
private func checkCells(
  _ estimator: some GradientEstimator, rows: [[Double]], samples: Int,
  ratio: ([Double], Int, Int) -> Double
) throws {
  for logits in rows {
    let variables = LatentVariables.categorical(1, categories: logits.count)
    let block = try #require(estimator.noiseLaw(logits: logits, variables: variables).first)
    guard case .cells(let cells) = block.law else {
      Issue.record("\(estimator.name) states cells")
      return
    }
    let drawn = cells.map { cell in
      EstimatorRun(estimator, logits: logits, noise: cell.noise, logitsPerVariable: logits.count) { $0[0] }
        .samples
    }
    #expect(Set(drawn).count == cells.count)
    #expect((cells.reduce(0) { $0 + $1.probability } - 1).magnitude < 1e-12)
    let p = softmax(logits)
    for category in logits.indices {
      let marginal = zip(cells, drawn).filter { $1[samples - 1] == Double(category) }
        .reduce(0) { $0 + $1.0.probability }
      #expect((marginal - p[category]).magnitude < 1e-12)
      for other in logits.indices where other != category {
        let sum = zip(cells, drawn).filter { $1[0] == Double(category) && $1[1] == Double(other) }
          .reduce(0) { $0 + $1.0.probability }
        #expect((sum - p[category] * p[other] / ratio(logits, category, other)).magnitude < 1e-12)
      }
    }
  }
}

@Suite("Categorical DisARM")
struct DisARMCategoricalTests {
  private static let estimators: [any GradientEstimator] = [DisARMIW(), DisARMSB(), DisARMTree()]

  @Test("With two categories all three are DisARM on the same noise, whichever is the rarer")
  func twoCategories() {
    for estimator in Self.estimators {
      for (turn, logit) in [-9.0, -2.5, -0.3, 0, 1e-3, 0.7, 4].enumerated() {
        for uniform in noise(20, turn: turn) {
          let disarm = EstimatorRun(DisARM(), logits: [logit], noise: [uniform]) { 3 + 2 * $0[0] }
          let categorical = EstimatorRun(
            estimator, logits: [7, logit + 7], noise: [uniform], logitsPerVariable: 2
          ) { 3 + 2 * $0[0] }
          #expect((categorical.gradient[1] - disarm.gradient[0]).magnitude < 1e-12)
          #expect((categorical.gradient[0] + disarm.gradient[0]).magnitude < 1e-12)
          #expect(Set(categorical.samples) == Set(disarm.samples))
        }
      }
    }
  }

  @Test("DisARM-IW's weight is P(z) P(z') / P(z, z'), by the lengths of the uniforms that lead there")
  func weight() throws {
    for logits in rows.filter({ $0.count == 3 }) {
      let p = softmax(logits)
      let variables = LatentVariables.categorical(1, categories: 3)
      let laws = DisARMIW().noiseLaw(logits: logits, variables: variables).map { block -> [Double] in
        guard case .uniform(let breakpoints, _) = block.law else { return [] }
        return [0] + breakpoints + [1]
      }
      var joint: [[Double]: Double] = [:]
      var weights: [[Double]: Double] = [:]
      for (low, high) in zip(laws[0], laws[0].dropFirst()) {
        for (lower, upper) in zip(laws[1], laws[1].dropFirst()) {
          let run = EstimatorRun(
            DisARMIW(), logits: logits, noise: [(low + high) / 2, (lower + upper) / 2], logitsPerVariable: 3
          ) { $0[0] }
          joint[run.samples, default: 0] += (high - low) * (upper - lower)
          guard run.samples[0] != run.samples[1] else { continue }
          weights[run.samples] = 2 * run.gradient[Int(run.samples[0])] / (run.samples[0] - run.samples[1])
        }
      }
      #expect(weights.count == 6)
      for (samples, weight) in weights {
        let product = p[Int(samples[0])] * p[Int(samples[1])]
        #expect((weight * (try #require(joint[samples])) / product - 1).magnitude < 1e-12)
      }
    }
  }

  @Test("The decisions of either tree lead to each category with its probability, for 2 to 9 categories")
  func decisions() {
    for categories in 2...9 {
      let logits = (0..<categories).map { Double($0 * 5 % 7) - 2.3 }
      let p = softmax(logits)
      for tree in [BinaryDecisions.Tree.sticks, .balanced] {
        var decisions = BinaryDecisions(tree)
        decisions.load(logits.span)
        for category in 0..<categories {
          // Walk down by the split that each node is numbered by.
          let place = decisions.place(of: category)
          var (range, product) = (0..<categories, 1.0)
          while range.count > 1 {
            let split = tree.split(range)
            let (left, right) = decisions.probabilities(of: split - 1)
            #expect((left + right - 1).magnitude < 1e-15)
            product *= place < split ? left : right
            range = place < split ? range.lowerBound..<split : split..<range.upperBound
          }
          #expect(decisions.category(at: place) == category)
          #expect((product / p[category] - 1).magnitude < 1e-14)
        }
      }
    }
  }

  @Test("Sticks ascend: all are taken with at most 1/2, and all but the last with at most 1/3")
  func ascending() {
    for logits in rows {
      var decisions = BinaryDecisions(.sticks)
      decisions.load(logits.span)
      for stick in 0..<logits.count - 1 {
        let limit = stick < logits.count - 2 ? 1.0 / 3 : 0.5
        #expect(decisions.probabilities(of: stick).left <= limit * (1 + 1e-15))
      }
    }
  }
}
