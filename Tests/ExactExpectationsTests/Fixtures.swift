import Foundation
import GradientEstimators

@testable import ExactExpectations

/// The problems of `Fixtures/Problems`.
enum Fixtures {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/Problems")

  /// Those of binary variables.
  static func problems() throws -> [Problem] {
    try Problem.loadAll(in: folder).filter(\.latentVariables.isBinary)
  }

  static func categoricalProblems() throws -> [Problem] {
    try Problem.loadAll(in: folder).filter { !$0.latentVariables.isBinary }
  }
}

/// Reproducible irregular problems: logits in (-4, 4) or as told, table values in (-2, 3).
struct ProblemGenerator {
  private var state: Double

  init(seed: Double) { state = seed }

  mutating func uniform() -> Double {
    state = (state + 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1)
    let mixed = (state * 9301.1 + 0.297).truncatingRemainder(dividingBy: 1)
    return (mixed * 233.28 + state).truncatingRemainder(dividingBy: 1)
  }

  mutating func problem(variables: Int, reach: Double = 4) throws(ProblemError) -> Problem {
    let logits = (0..<variables).map { _ in reach * (2 * uniform() - 1) }
    let values = (0..<1 << variables).map { _ in 5 * uniform() - 2 }
    return try Problem(name: "irregular", latent: .binary(logits: logits), objective: .table(values: values))
  }

  /// An objective that is monotone in each variable, in a direction of its own whatever the other variables are.
  mutating func monotoneProblem(variables: Int, reach: Double = 4) throws(ProblemError) -> Problem {
    let problem = try problem(variables: variables, reach: reach)
    let reversed = Int(uniform() * Double(1 << variables))
    let values = (0..<1 << variables).map { state in
      // The largest value over all states whose ones, after the reversal, are among those of this state.
      (0..<1 << variables).filter { ($0 ^ reversed) & ~(state ^ reversed) == 0 }
        .map { problem.value(of: $0) }.reduce(-.infinity, max)
    }
    return try Problem(name: "monotone", latent: problem.latent, objective: .table(values: values))
  }
}
