internal import ExactExpectations
internal import GradientEstimators

/// The checks without randomness on one candidate and problem, and the moments they rest on.
struct ExactChecks {
  /// The largest bias, relative to the gradient, that counts as rounding.
  static let largestRelativeBias = 1e-10

  let candidate: Candidate
  let problem: Problem
  /// The candidate's exact moments; absent where its noise is out of reach of cubature.
  let moments: ExactMoments?
  let verdicts: [Verdict]

  init(candidate: Candidate, problem: Problem) {
    self.candidate = candidate
    self.problem = problem
    let identities = PathwiseIdentity.verdicts(candidate, problem)
    do throws(ExactExpectationError) {
      let (moments, verdicts) = try Self.integrated(candidate, problem)
      self.moments = moments
      self.verdicts = verdicts + identities
    } catch {
      let isOutOfReach = if case .tooManyNodes = error { true } else { false }
      let verdict = Verdict(
        estimator: candidate.name, problem: problem.name, check: .exactUnbiasedness, detail: "initial state",
        outcome: isOutOfReach ? .skipped : .failed, note: error.description)
      moments = nil
      verdicts = [verdict] + identities
    }
  }

  /// The checks that rest on cubature.
  private static func integrated(
    _ candidate: Candidate, _ problem: Problem
  ) throws(ExactExpectationError) -> (ExactMoments, [Verdict]) {
    let moments = try exactMoments(of: candidate.estimator, on: problem)
    var verdicts = [unbiasedness(candidate, problem, moments, detail: "initial state")]
    verdicts += try warmedUnbiasedness(candidate, problem)
    verdicts += variance(candidate, problem, moments)
    verdicts += try VarianceOrdering.verdicts(candidate, problem, moments)
    verdicts.append(try marginals(candidate, problem))
    return (moments, verdicts)
  }

  private static func unbiasedness(
    _ candidate: Candidate, _ problem: Problem, _ moments: ExactMoments, detail: String
  ) -> Verdict {
    let bias = moments.relativeBias
    let holds = bias < largestRelativeBias
    return Verdict(
      estimator: candidate.name, problem: problem.name, check: .exactUnbiasedness, detail: detail,
      outcome: holds ? .passed : .failed,
      note: holds
        ? nil : "exact relative bias \(bias), at most \(largestRelativeBias) expected: \(worst(moments))",
      relativeBias: bias.isFinite ? bias : nil)
  }

  private static func worst(_ moments: ExactMoments) -> String {
    let coordinate = moments.bias.indices.max { moments.bias[$0].magnitude < moments.bias[$1].magnitude } ?? 0
    return
      "coordinate \(coordinate) has mean \(moments.mean[coordinate]), gradient \(moments.gradient[coordinate])"
  }

  /// The same for an estimator that has learned from earlier steps, where it learns at all.
  private static func warmedUnbiasedness(
    _ candidate: Candidate, _ problem: Problem
  ) throws(ExactExpectationError) -> [Verdict] {
    var warmed = candidate.estimator
    let range = problem.objectiveRange
    let values = [range.upperBound + 1, range.upperBound]
    warmed.observe(values: values.span)
    guard warmed.state != candidate.estimator.state else { return [] }
    let moments = try exactMoments(of: warmed, on: problem)
    return [unbiasedness(candidate, problem, moments, detail: "after an observed step")]
  }

  private static func variance(
    _ candidate: Candidate, _ problem: Problem, _ moments: ExactMoments
  ) -> [Verdict] {
    guard let claim = candidate.claim, let formula = VarianceFormula.variance(of: claim, on: problem) else {
      return []
    }
    let range = problem.objectiveRange
    let scale = max(range.lowerBound.magnitude, range.upperBound.magnitude)
    let off = formula.indices.first { coordinate in
      let difference = (moments.variance[coordinate] - formula[coordinate]).magnitude
      return !(difference <= 1e-10 * formula[coordinate] + 1e-13 * scale * scale)
    }
    let note = off.map { "coordinate \($0) has variance \(moments.variance[$0]), formula \(formula[$0])" }
    return [
      Verdict(
        estimator: candidate.name, problem: problem.name, check: .exactVariance,
        detail: "independent formula",
        outcome: note == nil ? .passed : .failed, note: note)
    ]
  }

  /// Every representative sample must have the variable's own law.
  private static func marginals(
    _ candidate: Candidate, _ problem: Problem
  ) throws(ExactExpectationError) -> Verdict {
    let laws = try sampleLaws(
      of: candidate.estimator, on: problem, variableSets: (0..<problem.variables).map { [$0] })
    let representative = (candidate.claim ?? candidate.estimator)
      .representativeEvaluations(variables: problem.latentVariables)
    var note: String?
    for (variable, law) in laws.enumerated() {
      let probabilities = problem.probabilities(ofVariable: variable)
      for evaluation in 0..<representative {
        for (value, found) in law.marginal(ofEvaluation: evaluation).enumerated() where note == nil {
          let expected = probabilities[value]
          guard !((found - expected).magnitude < 1e-12) else { continue }
          note =
            "sample \(evaluation) of variable \(variable) is \(value) with probability \(found), not \(expected)"
        }
      }
    }
    return Verdict(
      estimator: candidate.name, problem: problem.name, check: .sampleMarginals,
      detail: "every representative sample",
      outcome: note == nil ? .passed : .failed, note: note)
  }
}
