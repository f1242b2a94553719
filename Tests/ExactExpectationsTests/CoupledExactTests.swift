import GradientEstimators
import Testing

@testable import ExactExpectations

@Suite("Exact bias of the coupled categorical estimators")
struct CoupledExactTests {
  private static let names = [
    "carms-i:2", "carms-sb:2", "carms-sb:3", "carms-g:2", "disarm-iw", "disarm-sb", "disarm-tree",
  ]

  private func problem(categories: Int, scale: Double, variables: Int) throws -> Problem {
    var numbers = ProblemGenerator(seed: 0.1 * Double(categories) + 0.01 * scale)
    let logits = (0..<variables).map { _ in (0..<categories).map { _ in scale * (2 * numbers.uniform() - 1) }
    }
    let states = (0..<variables).reduce(1) { count, _ in count * categories }
    return try Problem(
      name: "irregular", latent: .categorical(categories: categories, logits: logits),
      objective: .table(values: (0..<states).map { _ in 5 * numbers.uniform() - 2 }))
  }

  @Test("It is below 1e-10 of the gradient for 2 to 5 categories, soft and sharp", arguments: names)
  func unbiased(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    for categories in 2...5 {
      for scale in [0.5, 3, 8] {
        let problem = try problem(categories: categories, scale: scale, variables: categories < 4 ? 2 : 1)
        let moments = try exactMoments(of: estimator, on: problem)
        #expect(moments.relativeBias < 1e-10, "\(categories) categories, scale \(scale): \(moments.bias)")
      }
    }
  }

  @Test("It is rounding where the logits are saturated", arguments: names)
  func saturated(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    for row in [[40, -40, 0], [700, -700, 0], [0, 0, -700], [-40, -40, 12], [0, 0, 0, -40.0]] {
      let problem = try Problem(
        name: "saturated", latent: .categorical(categories: row.count, logits: [row]),
        objective: .table(values: (0..<row.count).map { Double($0 * $0) - 1.5 }))
      let moments = try exactMoments(of: estimator, on: problem)
      #expect(moments.bias.allSatisfy { $0.magnitude < 1e-11 })
    }
  }
}
