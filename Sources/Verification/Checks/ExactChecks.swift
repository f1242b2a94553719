internal import ExactExpectations
internal import GradientEstimators
internal import RandomStreams

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
      let verdict = Verdict(
        estimator: candidate.name, problem: problem.name, check: .exactUnbiasedness, detail: "initial state",
        outcome: error.isOutOfReach ? .skipped : .failed, note: error.description)
      moments = nil
      verdicts = [verdict] + identities
    }
  }

  /// The checks that rest on cubature.
  private static func integrated(
    _ candidate: Candidate, _ problem: Problem
  ) throws(ExactExpectationError) -> (ExactMoments, [Verdict]) {
    let moments = try exactMoments(of: candidate.estimator, on: problem)
    var verdicts = [try mean(candidate, problem, moments, detail: "initial state")]
    verdicts += try warmedMean(candidate, problem)
    verdicts += variance(candidate, problem, moments)
    verdicts += try VarianceOrdering.verdicts(candidate, problem, moments)
    verdicts += try marginals(candidate, problem)
    return (moments, verdicts)
  }

  /// The exact mean against the gradient; for an estimator that is declared biased, against what it is expected to be.
  private static func mean(
    _ candidate: Candidate, _ problem: Problem, _ moments: ExactMoments, detail: String
  ) throws(ExactExpectationError) -> Verdict {
    guard let claim = candidate.claim, claim.bias != nil else {
      return unbiasedness(candidate, problem, moments, detail: detail)
    }
    if let formula = MeanFormula.mean(of: claim, on: problem) {
      return agreement(candidate, problem, moments, expected: formula, detail: "independent formula")
    }
    let expected = try exactMoments(of: claim, on: problem).mean
    return agreement(candidate, problem, moments, expected: expected, detail: "the estimator's own mean")
  }

  private static func agreement(
    _ candidate: Candidate, _ problem: Problem, _ moments: ExactMoments, expected: [Double], detail: String
  ) -> Verdict {
    let range = problem.pointRange
    let scale = max(range.lowerBound.magnitude, range.upperBound.magnitude)
    let off = expected.indices.first {
      !((moments.mean[$0] - expected[$0]).magnitude
        <= largestRelativeBias * expected[$0].magnitude + 1e-12 * scale)
    }
    let note = off.map { "coordinate \($0) has mean \(moments.mean[$0]), expected \(expected[$0])" }
    return Verdict(
      estimator: candidate.name, problem: problem.name, check: .exactMean, detail: detail,
      outcome: note == nil ? .passed : .failed, note: note)
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

  /// The same for an unbiased estimator that has learned from earlier steps, where it learns at all.
  private static func warmedMean(
    _ candidate: Candidate, _ problem: Problem
  ) throws(ExactExpectationError) -> [Verdict] {
    guard let learner = learner(candidate, problem) else { return [] }
    let moments = try exactMoments(of: learner, on: problem)
    return [unbiasedness(candidate, problem, moments, detail: "after observed steps")]
  }

  /// The candidate after observed steps; nil for one that learns nothing or is declared biased.
  static func learner(_ candidate: Candidate, _ problem: Problem) -> (any GradientEstimator)? {
    guard (candidate.claim ?? candidate.estimator).bias == nil else { return nil }
    var batch = EstimatorBatch<Double>(estimator: candidate.estimator, problem: problem, rows: 4)
    for step in 0..<3 {
      let stream = RandomStream(seed: 0, purpose: .verification, step: UInt64(step))
      let perRow = batch.noisePerRow
      var noise = batch.noise.mutableSpan
      stream.fillUniforms(rows: 0..<4, perRow: perRow, into: &noise)
      batch.run()
      batch.observe()
    }
    return batch.estimator.state == candidate.estimator.state ? nil : batch.estimator
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
  ) throws(ExactExpectationError) -> [Verdict] {
    let representative = (candidate.claim ?? candidate.estimator)
      .representativeEvaluations(variables: problem.latentVariables)
    guard representative > 0 else { return [] }
    let laws = try sampleLaws(
      of: candidate.estimator, on: problem, variableSets: (0..<problem.variables).map { [$0] })
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
    return [
      Verdict(
        estimator: candidate.name, problem: problem.name, check: .sampleMarginals,
        detail: "every representative sample", outcome: note == nil ? .passed : .failed, note: note)
    ]
  }
}
