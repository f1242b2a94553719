package import ExactExpectations
internal import GradientEstimators

/// The exact bias of a formula as published code computes it.
package struct ReleasedCodeBias: Sendable, Hashable {
  /// The mutant that computes what the code does.
  package let mutant: String
  /// The estimator that it stands for, as typed.
  package let base: String
  package let fault: String
  /// Where it was read: authors, repository, function.
  package let place: String
  package let problem: String
  /// |E[g] - gradient| / |gradient| in the Euclidean norm; absent where the noise is out of reach of exact integration.
  package let relativeBias: Double?
  /// The largest bias of a coordinate.
  package let largestBias: Double?

  /// Every mutant that published code computes, on every problem whose variables it takes.
  ///
  /// - Throws: `ExactExpectationError` if a noise law is inconsistent.
  package static func all(on problems: [Problem]) throws(ExactExpectationError) -> [ReleasedCodeBias] {
    var biases: [ReleasedCodeBias] = []
    for mutant in Mutant.all {
      guard let place = mutant.releasedCode, let estimator = mutant.estimator else { continue }
      for problem in problems where estimator.supports(problem.latentVariables) {
        let moments = try reachableMoments(of: estimator, on: problem)
        biases.append(
          ReleasedCodeBias(
            mutant: mutant.name, base: mutant.base, fault: mutant.fault, place: place, problem: problem.name,
            relativeBias: moments?.relativeBias,
            largestBias: moments?.bias.reduce(0) { max($0, $1.magnitude) }))
      }
    }
    return biases
  }

  private static func reachableMoments(
    of estimator: any GradientEstimator, on problem: Problem
  ) throws(ExactExpectationError) -> ExactMoments? {
    do {
      return try exactMoments(of: estimator, on: problem)
    } catch {
      guard error.isOutOfReach else { throw error }
      return nil
    }
  }
}
