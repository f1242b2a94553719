internal import ExactExpectations
public import GradientEstimators

/// A check that the battery makes of an estimator on a problem, known without making it.
public struct PlannedCheck: Sendable, Hashable, Codable {
  public let estimator: String
  public let problem: String
  public let check: CheckKind
  /// Which instance of the check: the generator, the identity, the theorem.
  public let detail: String
  /// Whether the battery skips it, because exact integration does not reach.
  public let isOutOfReach: Bool
}

extension Battery {
  /// The checks that `run` makes of estimators, in the order of its verdicts.
  ///
  /// - Throws: an error of exact integration where an estimator's noise law is inconsistent.
  /// - Complexity: that of the pathwise identities and of the independent formulas; nothing is integrated or sampled.
  public func plan(
    estimators: [any GradientEstimator] = EstimatorCatalogue.standardInstances,
    layered: [any LayeredGradientEstimator] = EstimatorCatalogue.standardLayeredInstances
  ) throws -> [PlannedCheck] {
    try items(
      candidates: estimators.map { Candidate($0) },
      networkCandidates: networks.isEmpty ? [] : layered.map { NetworkCandidate($0) }
    ).flatMap { try $0.plan() }
  }
}

extension IndependentItem {
  func plan() throws(ExactExpectationError) -> [PlannedCheck] {
    let isReached = try isWithinReach { () throws(ExactExpectationError) in
      try cubatureNodeCount(of: candidate.estimator, on: problem)
    }
    let exact =
      isReached
      ? integratedChecks : [planned(.exactUnbiasedness, "initial state", isOutOfReach: true)]
    let identities = PathwiseIdentity.verdicts(candidate, problem).map { planned($0.check, $0.detail) }
    let judgesSampler = try isWithinReach { () throws(ExactExpectationError) in
      try sampleLawNodeCount(of: candidate.claim ?? candidate.estimator, on: problem)
    }
    let judgesPath = isReached || hasExpectedMeanWithoutMoments
    let random = randomKinds.flatMap { kind in
      settings.generators.map {
        planned(kind, $0.rawValue, isOutOfReach: !(kind == .samplerLaw ? judgesSampler : judgesPath))
      }
    }
    return exact + identities + random
  }

  private var hasExpectedMeanWithoutMoments: Bool {
    FloatPathCheck(candidate: candidate, problem: problem, moments: nil, settings: settings).hasExpectedMean
  }

  /// The checks that rest on cubature, where it reaches.
  private var integratedChecks: [PlannedCheck] {
    let claim = candidate.claim ?? candidate.estimator
    var checks = [mean]
    if ExactChecks.learner(candidate, problem) != nil {
      checks.append(planned(.exactUnbiasedness, "after observed steps"))
    }
    if candidate.claim.flatMap({ VarianceFormula.variance(of: $0, on: problem) }) != nil {
      checks.append(planned(.exactVariance, "independent formula"))
    }
    checks += VarianceOrdering.details(candidate, problem).map { planned(.varianceOrdering, $0) }
    if claim.representativeEvaluations(variables: problem.latentVariables) > 0 {
      checks.append(planned(.sampleMarginals, "every representative sample"))
    }
    return checks
  }

  private var mean: PlannedCheck {
    guard let claim = candidate.claim, claim.bias != nil else {
      return planned(.exactUnbiasedness, "initial state")
    }
    let hasFormula = MeanFormula.mean(of: claim, on: problem) != nil
    return planned(.exactMean, hasFormula ? "independent formula" : "the estimator's own mean")
  }

  private func planned(_ check: CheckKind, _ detail: String, isOutOfReach: Bool = false) -> PlannedCheck {
    PlannedCheck(
      estimator: candidate.name, problem: problem.name, check: check, detail: detail,
      isOutOfReach: isOutOfReach)
  }
}

extension NetworkItem {
  func plan() throws(ExactExpectationError) -> [PlannedCheck] {
    let isReached = try isWithinReach { () throws(ExactExpectationError) in
      try cubatureNodeCount(of: candidate.estimator, on: problem)
    }
    let exact =
      isReached
      ? integratedChecks : [planned(.exactUnbiasedness, "all parameters", isOutOfReach: true)]
    let identities = NetworkIdentity.verdicts(candidate, problem).map { planned($0.check, $0.detail) }
    return exact + identities
      + settings.generators.map {
        planned(.floatPath, $0.rawValue, isOutOfReach: !isReached && !hasExpectedMeanWithoutMoments)
      }
  }

  private var hasExpectedMeanWithoutMoments: Bool {
    NetworkFloatPathCheck(candidate: candidate, problem: problem, moments: nil, settings: settings)
      .hasExpectedMean
  }

  /// The checks that rest on cubature, where it reaches.
  private var integratedChecks: [PlannedCheck] {
    var checks: [PlannedCheck] = []
    if candidate.bias == nil {
      checks.append(planned(.exactUnbiasedness, "all parameters"))
    } else {
      let formula = NetworkMeanFormula.mean(of: candidate, on: problem)
      checks.append(
        planned(.exactMean, formula == nil ? "the estimator's own mean" : "independent formula"))
      checks += NetworkExactChecks.unbiasedParts(of: candidate, problem).map {
        planned(.exactUnbiasedness, $0.1)
      }
    }
    if !candidate.relaxesSamples { checks.append(planned(.exactUnbiasedness, "the value of E[f]")) }
    if NetworkVarianceFormula.variance(of: candidate, on: problem) != nil {
      checks.append(planned(.exactVariance, "independent formula"))
    }
    return checks
  }

  private func planned(_ check: CheckKind, _ detail: String, isOutOfReach: Bool = false) -> PlannedCheck {
    PlannedCheck(
      estimator: candidate.name, problem: problem.name, check: check, detail: detail,
      isOutOfReach: isOutOfReach)
  }
}

/// Whether cubature reaches; errors other than being out of reach are passed on.
private func isWithinReach(
  _ count: () throws(ExactExpectationError) -> Int
) throws(ExactExpectationError) -> Bool {
  do throws(ExactExpectationError) {
    _ = try count()
    return true
  } catch {
    guard error.isOutOfReach else { throw error }
    return false
  }
}
