import GradientEstimators
import Testing

@testable import ExactExpectations

@Suite("Variance orderings that are theorems, on irregular problems")
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
      let problem = try generator.problem(variables: 1 + turn % 3)
      #expect(try isOrdered(REINFORCE(), AR(), problem))
      #expect(try isOrdered(DisARM(), ARM(), problem))
    }
  }

  @Test("Var ARMS <= Var LOORF for one bit and 2 to 4 samples, on 200 problems")
  func antithetic() throws {
    var generator = ProblemGenerator(seed: 0.2)
    for turn in 0..<200 {
      let problem = try generator.problem(variables: 1)
      #expect(try isOrdered(ARMS(samples: 2 + turn % 3), LOORF(samples: 2 + turn % 3), problem))
    }
  }

  @Test("The comparison can fail: Var ARM <= Var DisARM does not hold")
  func reversed() throws {
    let problem = try Fixtures.problems()[4]
    #expect(try !isOrdered(ARM(), DisARM(), problem))
  }
}
