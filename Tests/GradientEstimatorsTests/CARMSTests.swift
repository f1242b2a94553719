import ElementwiseKernels
import Testing

@testable import GradientEstimators

@Suite("CARMS-I")
struct CARMSTests {
  private static func law(_ logits: [Double]) -> CategoricalLaw {
    CategoricalLaw(
      variable: 0, logits: logits, variables: .categorical(1, categories: logits.count))
  }

  private static func orders(_ categories: Int) -> [CategoryOrder] {
    (0..<categories).flatMap { first in
      (first + 1..<max(categories, first + 1)).map { CategoryOrder(first: first, last: $0) }
    }
  }

  /// The categories by their boundaries.
  private static func sequence(_ order: CategoryOrder, law: CategoricalLaw) -> [Int] {
    (0..<law.categories).sorted {
      order.interval(of: $0, law: law).lower < order.interval(of: $1, law: law).lower
    }
  }

  @Test("The orders are those of the paper's list: each pair of categories once at the two ends")
  func orders() {
    let three = Self.law([0, 0.4, 1]), four = Self.law([0, 0.4, 1, -1])
    #expect(Self.orders(3).map { Self.sequence($0, law: three) } == [[0, 2, 1], [0, 1, 2], [1, 0, 2]])
    #expect(
      Self.orders(4).map { Self.sequence($0, law: four) } == [
        [0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 2, 3], [1, 3, 0, 2], [1, 0, 2, 3], [2, 0, 1, 3],
      ])
    for categories in 2...9 {
      let orders = Self.orders(categories)
      #expect(orders.count == CategoryOrder.count(categories: categories))
      let chosen = orders.indices.map {
        CategoryOrder.chosen(by: (Double($0) + 0.5) / Double(orders.count), categories: categories)
      }
      #expect(chosen == orders)
      #expect(CategoryOrder.chosen(by: Double(1).nextDown, categories: categories) == orders.last)
    }
  }

  @Test("In each order the intervals tile the unit interval, each as long as its category is probable")
  func intervals() {
    for categories in 2...9 {
      let law = Self.law((0..<categories).map { Double($0 * $0 % 5) - 1.5 })
      for order in Self.orders(categories) {
        let sequence = Self.sequence(order, law: law)
        #expect(sequence.first == order.first && sequence.last == order.last)
        #expect(
          order.interval(of: order.first, law: law).lower == 0
            && order.interval(of: order.last, law: law).upper == 1)
        for (category, next) in zip(sequence, sequence.dropFirst()) {
          let boundary = order.interval(of: category, law: law).upper
          #expect((boundary - order.interval(of: next, law: law).lower).magnitude < 1e-15)
        }
        for category in sequence {
          let (lower, upper) = order.interval(of: category, law: law)
          #expect((upper - lower - law.probability(of: category)).magnitude < 1e-15)
          #expect(
            order.category(
              at: (lower + upper) / 2, probabilities: law.probabilities.span.extracting(0..<categories),
              sums: law.sums.span) == category)
        }
      }
    }
  }

  @Test("J has p as its margins, is symmetric, and r never exceeds the number of orders", arguments: 2...6)
  func pairProbability(samples: Int) {
    let carms = CARMSI(samples: samples)
    for logits in [[0.1, 0.2, -0.1], [4, -2, -1, 0.5], [0, 9, -3, 2, 1], [-30, 0, 3]] {
      let law = Self.law(logits)
      let bound = Double(CategoryOrder.count(categories: logits.count)) * (1 + 1e-12)
      for category in logits.indices {
        let row = logits.indices.map { carms.pairProbability(category, $0, law: law) }
        #expect((row.reduce(0, +) - law.probability(of: category)).magnitude < 1e-15)
        for other in logits.indices where other != category {
          #expect((row[other] - carms.pairProbability(other, category, law: law)).magnitude < 1e-15)
          #expect((0...bound).contains(carms.ratio(category, other, law: law)))
        }
      }
    }
  }

  @Test("With two categories it is ARMS on the same noise, the rarer category first", arguments: 2...6)
  func twoCategories(samples: Int) {
    for (turn, logit) in [-6.0, -2.5, -0.3, -1e-3].enumerated() {
      let noise = (1...samples).map { (Double($0 + 31 * turn) * 0.7548).truncatingRemainder(dividingBy: 1) }
      let arms = EstimatorRun(ARMS(samples: samples), logits: [logit], noise: noise) { 3 + 2 * $0[0] }
      let carms = EstimatorRun(
        CARMSI(samples: samples), logits: [logit + 7, 7], noise: noise + [0.4], logitsPerVariable: 2
      ) { 5 - 2 * $0[0] }
      #expect(carms.samples == arms.samples.map { 1 - $0 })
      #expect((carms.gradient[0] - arms.gradient[0]).magnitude < 1e-12)
      #expect((carms.gradient[1] + arms.gradient[0]).magnitude < 1e-12)
    }
  }

  @Test("With r = 1 it combines samples as LOORF does: r divided out, two samples or two categories")
  func leaveOneOut() {
    for (samples, logits) in [(2, [0.3, -0.8, 1.2, 0]), (2, [3, 0, 1.0]), (5, [0.4, -0.7])] {
      let categories = logits.count
      let shape = LatentShape(rows: 1, variables: 1, logitsPerVariable: categories)
      let drawn = (0..<samples).map { Double($0 % categories) }
      let values = drawn.map { 1.5 - $0 * $0 }
      var carms = [Double](repeating: .nan, count: categories)
      var loorf = carms
      var first = carms.mutableSpan
      var second = loorf.mutableSpan
      let noNoise: [Double] = []
      CARMSI(samples: samples).combine(
        logits: logits.span, noise: noNoise.span, samples: drawn.span, values: values.span, shape: shape,
        gradient: &first)
      LOORF(samples: samples).combine(
        logits: logits.span, noise: noNoise.span, samples: drawn.span, values: values.span, shape: shape,
        gradient: &second)
      let ratio = CARMSI(samples: samples).ratio(0, 1, law: Self.law(logits))
      #expect((ratio - 1).magnitude > 0.01)
      #expect(zip(carms, loorf).allSatisfy { ($0 / ratio - $1).magnitude < 1e-14 })
    }
  }

  @Test("Each cell of the noise law draws its own joint value, and no two cells the same", arguments: 2...4)
  func cells(samples: Int) throws {
    let carms = CARMSI(samples: samples)
    for logits in [[0.1, 0.2, -0.1], [4, -2, -1, 0.5], [0, 0], [-9, 0, 3]] {
      let variables = LatentVariables.categorical(1, categories: logits.count)
      let block = try #require(carms.noiseLaw(logits: logits, variables: variables).first)
      guard case .cells(let cells) = block.law else {
        Issue.record("CARMS-I states cells")
        return
      }
      let drawn = cells.map { cell in
        EstimatorRun(carms, logits: logits, noise: cell.noise, logitsPerVariable: logits.count) { $0[0] }
          .samples
      }
      #expect(Set(drawn).count == cells.count)
      #expect((cells.reduce(0) { $0 + $1.probability } - 1).magnitude < 1e-14)
      // The law of the joint values alone: two samples' values have the probability J.
      let law = Self.law(logits)
      for category in logits.indices {
        for other in logits.indices {
          let sum = zip(cells, drawn).filter { $1[0] == Double(category) && $1[1] == Double(other) }
            .reduce(0) { $0 + $1.0.probability }
          #expect((sum - carms.pairProbability(category, other, law: law)).magnitude < 1e-14)
        }
      }
    }
  }
}
