import ElementwiseKernels
import GradientEstimators
import Testing

@testable import ExactExpectations

@Suite("Variance orderings that are theorems, on irregular problems with logits up to 6 and up to 4 bits")
struct VarianceOrderingTests {
  /// Whether no variance of `smaller` exceeds that of `larger`, up to rounding.
  private func isOrdered(
    _ smaller: any GradientEstimator, _ larger: any GradientEstimator, _ problem: Problem
  ) throws -> Bool {
    let first = try exactMoments(of: smaller, on: problem).variance
    let second = try exactMoments(of: larger, on: problem).variance
    return zip(first, second).allSatisfy { $0 <= $1 * (1 + 1e-12) + 1e-15 }
  }

  @Test("Var REINFORCE <= Var AR and Var DisARM <= Var ARM in each coordinate, on 200 problems")
  func conditionalMeans() throws {
    var generator = ProblemGenerator(seed: 0.1)
    for turn in 0..<200 {
      let problem = try generator.problem(variables: 1 + turn % 4, reach: 6)
      #expect(try isOrdered(REINFORCE(), AR(), problem))
      #expect(try isOrdered(DisARM(), ARM(), problem))
    }
  }

  @Test("Var ARMS <= Var LOORF for one bit and 2 to 4 samples, on 200 problems")
  func antithetic() throws {
    var generator = ProblemGenerator(seed: 0.2)
    for turn in 0..<200 {
      let problem = try generator.problem(variables: 1, reach: 6)
      #expect(try isOrdered(ARMS(samples: 2 + turn % 3), LOORF(samples: 2 + turn % 3), problem))
    }
  }

  @Test("Var UGC <= Var DisARM in each coordinate of 200 objectives that are monotone in each variable")
  func clipping() throws {
    var generator = ProblemGenerator(seed: 0.3)
    for turn in 0..<200 {
      #expect(
        try isOrdered(UGC(), DisARM(), try generator.monotoneProblem(variables: 1 + turn % 4, reach: 6)))
    }
  }

  @Test("Without monotonicity the ordering of UGC and DisARM is no theorem: the exclusive or of two bits")
  func exclusiveOr() throws {
    let problem = try Problem(
      name: "exclusive or", latent: .binary(logits: [-2.2, 0]), objective: .table(values: [0, 1, 1, 0]))
    let p = Double.sigmoid(-2.2)
    let ugc = try exactMoments(of: UGC(), on: problem)
    // DisARM never sees a difference: the second bits of a pair are always opposed, so f is equal at both.
    #expect(try exactMoments(of: DisARM(), on: problem).variance[0] < 1e-30)
    #expect((ugc.variance[0] - 2 * p * p * (1 - p) * (1 - p)).magnitude < 1e-15)
    #expect(ugc.bias.allSatisfy { $0.magnitude < 1e-15 })
  }

  @Test("Var LEG <= Var bitflip-1 in each coordinate, on 200 problems: LEG is its mean over the choice")
  func choice() throws {
    var generator = ProblemGenerator(seed: 0.4)
    for turn in 0..<200 {
      let problem = try generator.problem(variables: 1 + turn % 4, reach: 6)
      #expect(try isOrdered(LocalExpectationGradients(), Bitflip1(), problem))
    }
  }

  @Test("Var ARSM <= Var ARS in each coordinate, on 200 problems of one and two variables of two categories")
  func references() throws {
    var generator = ProblemGenerator(seed: 0.5)
    for turn in 0..<200 {
      let bits = try generator.problem(variables: 1 + turn % 2, reach: 3)
      let problem = try Problem(
        name: "irregular", latent: .categorical(categories: 2, logits: bits.logits.map { [$0, -$0] }),
        objective: .table(values: (0..<bits.stateCount).map { bits.value(of: $0) }))
      #expect(try isOrdered(ARSM(), ARS(), problem))
    }
  }

  @Test("The comparison can fail: Var ARM <= Var DisARM does not hold")
  func reversed() throws {
    let problem = try Fixtures.problems()[4]
    #expect(try !isOrdered(ARM(), DisARM(), problem))
  }
}
