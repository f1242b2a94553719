internal import ExactExpectations
internal import GradientEstimators

/// Theorems that order exact variances, coordinate by coordinate.
enum VarianceOrdering {
  /// A theorem Var(smaller) <= Var(larger).
  private struct Theorem {
    let smaller: String
    let larger: String
    /// Whether it is proved for one variable only.
    let isOneDimensional: Bool

    var detail: String { "Var \(smaller) <= Var \(larger)" }
  }

  private static func theorems(for claim: any GradientEstimator, on problem: Problem) -> [Theorem] {
    let samples = claim.evaluations(variables: problem.latentVariables)
    var all = [
      // A conditional mean has no more variance than what it is the mean of.
      Theorem(smaller: "reinforce", larger: "ar", isOneDimensional: false),
      Theorem(smaller: "disarm", larger: "arm", isOneDimensional: false),
      Theorem(smaller: "arsm", larger: "ars", isOneDimensional: false),
    ]
    if samples >= 2 {
      all.append(Theorem(smaller: "arms:\(samples)", larger: "loorf:\(samples)", isOneDimensional: true))
    }
    return all.filter { theorem in
      (theorem.smaller == claim.name || theorem.larger == claim.name)
        && (!theorem.isOneDimensional || problem.variables == 1)
    }
  }

  /// The theorems that bear on a candidate and a problem, each as the detail of its verdict.
  static func details(_ candidate: Candidate, _ problem: Problem) -> [String] {
    guard let claim = candidate.claim else { return [] }
    return theorems(for: claim, on: problem).filter { theorem in
      [theorem.smaller, theorem.larger].allSatisfy {
        (try? EstimatorCatalogue.make($0))?.supports(problem.latentVariables) ?? false
      }
    }.map(\.detail)
  }

  static func verdicts(
    _ candidate: Candidate, _ problem: Problem, _ moments: ExactMoments
  ) throws(ExactExpectationError) -> [Verdict] {
    guard let claim = candidate.claim else { return [] }
    var verdicts: [Verdict] = []
    for theorem in theorems(for: claim, on: problem) {
      let isSmaller = theorem.smaller == claim.name
      guard let other = try? EstimatorCatalogue.make(isSmaller ? theorem.larger : theorem.smaller),
        other.supports(problem.latentVariables)
      else { continue }
      let others = try exactMoments(of: other, on: problem).variance
      let smaller = isSmaller ? moments.variance : others
      let larger = isSmaller ? others : moments.variance
      let off = smaller.indices.first { !(smaller[$0] <= larger[$0] * (1 + 1e-12) + 1e-15) }
      let note = off.map { "coordinate \($0) has variances \(smaller[$0]) and \(larger[$0])" }
      verdicts.append(
        Verdict(
          estimator: candidate.name, problem: problem.name, check: .varianceOrdering,
          detail: theorem.detail, outcome: note == nil ? .passed : .failed, note: note))
    }
    return verdicts
  }
}
