import GradientEstimators
import Testing

@testable import ExactExpectations

@Suite("Sets without replacement and swapped races")
struct SetAndSwapTests {
  @Test("A set of all joint states gives the exact gradient, without variance", arguments: [2, 3, 4])
  func wholeSet(categories: Int) throws {
    let problem = try Problem(
      name: "one variable",
      latent: .categorical(
        categories: categories, logits: [(0..<categories).map { 1.7 * Double($0) - Double($0 * $0) }]),
      objective: .table(values: (0..<categories).map { Double($0 * $0) - 1.3 * Double($0) }))
    let moments = try exactMoments(of: UnorderedSet(states: categories), on: problem)
    #expect(moments.relativeBias < 1e-13)
    #expect(moments.variance.allSatisfy { $0 < 1e-24 })
  }

  @Test("A set of two bits' four states gives the exact gradient too")
  func wholeBinarySet() throws {
    let problem = try Fixtures.problems()[4]
    #expect(problem.stateCount == 4)
    let moments = try exactMoments(of: UnorderedSet(states: 4), on: problem)
    #expect(moments.relativeBias < 1e-13 && moments.variance.allSatisfy { $0 < 1e-24 })
  }

  @Test("A set larger than the number of joint states is refused in one line")
  func tooLarge() throws {
    let problem = try Fixtures.problems()[0]
    let error = #expect(throws: ExactExpectationError.self) {
      try exactMoments(of: UnorderedSet(states: 3), on: problem)
    }
    #expect(error?.description.contains("unord:3") == true && error?.description.contains("\n") == false)
  }

  @Test("ARSM of two categories has the mean and variance of ARM at the difference of the logits")
  func armLaw() throws {
    let table = [0.4, -1.1, 2.3, 0.9]
    let two = try Problem(
      name: "two variables of two categories",
      latent: .categorical(categories: 2, logits: [[0.3, -0.6], [-1.2, 0.1]]),
      objective: .table(values: table))
    let bits = try Problem(
      name: "two bits", latent: .binary(logits: [0.9, -1.3]), objective: .table(values: table.reversed()))
    let swapped = try exactMoments(of: ARSM(), on: two)
    let plain = try exactMoments(of: ARM(), on: bits)
    for variable in 0..<2 {
      #expect((swapped.mean[2 * variable] - plain.mean[variable]).magnitude < 1e-14)
      #expect((swapped.mean[2 * variable + 1] + plain.mean[variable]).magnitude < 1e-14)
      #expect((swapped.variance[2 * variable] - plain.variance[variable]).magnitude < 1e-14)
    }
  }

  /// Logits of four categories: tied, nearly tied and soft, sharp, saturated.
  static let four: [[Double]] = [
    [1, 0, 1, 0], [0.3, 0.3 + 1e-14, -0.5, 0.2], [6, -6, 0, 3], [-40, 40, 0, 0],
  ]
  private static let values = [1.4, -0.7, 2.6, 0.3]
  private static let swaps: [any GradientEstimator] = [ARS(), ARSM()]

  private func fourCategories(_ logits: [Double], values: [Double] = values) throws -> Problem {
    try Problem(
      name: "one variable of four categories", latent: .categorical(categories: 4, logits: [logits]),
      objective: .table(values: values))
  }

  @Test(
    "ARS and ARSM of four categories are unbiased, and the order of these changes all pieces, but no variance",
    arguments: four)
  func orders(logits: [Double]) throws {
    let order = [2, 0, 3, 1]
    let problem = try fourCategories(logits)
    let permuted = try fourCategories(order.map { logits[$0] }, values: order.map { Self.values[$0] })
    for estimator in Self.swaps {
      let moments = try exactMoments(of: estimator, on: problem)
      let again = try exactMoments(of: estimator, on: permuted)
      #expect((moments.bias + again.bias).allSatisfy { $0.magnitude < 1e-13 })
      for (place, category) in order.enumerated() {
        #expect((again.variance[place] - moments.variance[category]).magnitude < 1e-12)
      }
    }
  }

  @Test("A second variable that f ignores changes nothing, although it is integrated over fewer nodes")
  func ignoredVariable() throws {
    let values = Array(Self.values.prefix(3))
    let first = try Problem(
      name: "one", latent: .categorical(categories: 3, logits: [[1.8, -2.2, 0]]),
      objective: .table(values: values))
    let both = try Problem(
      name: "two", latent: .categorical(categories: 3, logits: [[1.8, -2.2, 0], [0.1, 0.2, -0.3]]),
      objective: .table(values: values + values + values))
    for estimator in Self.swaps {
      let alone = try exactMoments(of: estimator, on: first)
      let together = try exactMoments(of: estimator, on: both)
      for c in 0..<3 {
        #expect((together.mean[c] - alone.mean[c]).magnitude < 1e-14)
        #expect((together.variance[c] - alone.variance[c]).magnitude < 1e-13)
      }
    }
  }

  @Test("At equal logits the variances are those in closed form", arguments: [2, 3, 4])
  func equalLogits(categories: Int) throws {
    let values = Array(Self.values.prefix(categories))
    let problem = try Problem(
      name: "equal logits",
      latent: .categorical(categories: categories, logits: [[Double](repeating: 0.7, count: categories)]),
      objective: .table(values: values))
    let closed = EqualRace(values: values)
    for (estimator, squares) in [(ARS() as any GradientEstimator, closed.ars), (ARSM(), closed.arsm)] {
      let moments = try exactMoments(of: estimator, on: problem)
      for c in 0..<categories {
        let expected = squares[c] - moments.gradient[c] * moments.gradient[c]
        #expect((moments.variance[c] - expected).magnitude < 1e-13)
      }
    }
  }

  @Test(
    "Five categories, and four of several variables, have no cubature, and the refusal says so in one line",
    arguments: [
      (1, 5, "one variable of at most 4 categories, not 5"),
      (2, 4, "several variables of at most 3 categories, not 4"),
    ])
  func tooManyCategories(variables: Int, categories: Int, expected: String) throws {
    let logits = (0..<categories).map { 0.1 * Double($0) }
    let states = (0..<variables).reduce(1) { count, _ in count * categories }
    let problem = try Problem(
      name: "many",
      latent: .categorical(categories: categories, logits: Array(repeating: logits, count: variables)),
      objective: .table(values: (0..<states).map(Double.init)))
    for estimator in Self.swaps {
      let error = #expect(throws: ExactExpectationError.self) {
        try exactMoments(of: estimator, on: problem)
      }
      #expect(error?.isOutOfReach == true)
      #expect(error?.description.contains(expected) == true)
      #expect(error?.description.contains("\n") == false)
    }
  }
}

/// Second moments of ARS and ARSM at equal logits, in closed form.
///
/// z has the least pi; S = 1 - C pi_z has E[S^2] = (C - 1) / (C + 1), and independent of it the others are pi_j = pi_z + S q_j with
/// q uniform on the simplex of C - 1 entries. A swap of z moves it, one of two others does not.
private struct EqualRace {
  /// E[g_c^2] of each.
  let ars: [Double]
  let arsm: [Double]

  init(values: [Double]) {
    let all = values.indices
    let count = Double(values.count)
    var ars = values.map { _ in 0.0 }
    var arsm = ars
    for z in all {
      for c in all {
        let differences = all.map { j in
          let swapped = all.map { m in values[m == z ? j : j == z ? m : z] }
          return swapped[c] - swapped.reduce(0, +) / count
        }
        for j in all {
          ars[c] += differences[j] * differences[j] * Self.product(j, j, winner: z, count: count)
          for k in all {
            arsm[c] += differences[j] * differences[k] * Self.product(j, k, winner: z, count: count) / count
          }
        }
      }
    }
    self.ars = ars
    self.arsm = arsm
  }

  /// E[(1/C - pi_j) (1/C - pi_k)] where z has the least pi.
  private static func product(_ j: Int, _ k: Int, winner z: Int, count: Double) -> Double {
    let square = (count - 1) / (count + 1)
    let share = 1 / count
    let others = (j == z ? 0 : 1) + (k == z ? 0 : 1)
    let mean = 1 / (count - 1)
    return square
      * (others == 0
        ? share * share
        : others == 1
          ? share * (share - mean)
          : share * share - 2 * share * mean + (j == k ? 2 : 1) / ((count - 1) * count))
  }
}
