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

  @Test("More than three categories have no cubature for a Dirichlet vector, and the refusal says so")
  func fourCategories() throws {
    let problem = try #require(try Fixtures.categoricalProblems().first { $0.categories == 4 })
    let error = #expect(throws: ExactExpectationError.self) { try exactMoments(of: ARSM(), on: problem) }
    #expect(error?.isOutOfReach == true)
  }
}
