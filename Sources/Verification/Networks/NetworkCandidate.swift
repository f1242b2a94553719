internal import ExactExpectations
internal import GradientEstimators

/// An estimator of networks under test, with the catalogue's estimator that it claims to be, if any.
struct NetworkCandidate: Sendable {
  let name: String
  let estimator: any LayeredGradientEstimator
  let claim: (any LayeredGradientEstimator)?

  init(name: String, estimator: any LayeredGradientEstimator, claim: (any LayeredGradientEstimator)?) {
    self.name = name
    self.estimator = estimator
    self.claim = claim
  }

  /// An estimator that claims to be the catalogue's of the same name, if there is one.
  init(_ estimator: any LayeredGradientEstimator) {
    self.init(
      name: estimator.name, estimator: estimator, claim: try? EstimatorCatalogue.makeLayered(estimator.name))
  }

  /// The claim's name as typed, parameters and options included.
  var claimName: String? { claim?.name }

  /// Whether the claimed estimator's samples lie between 0 and 1.
  var relaxesSamples: Bool { (claim ?? estimator).relaxesSamples }

  /// Why the claimed estimator is biased; nil for one that must be unbiased.
  var bias: String? { (claim ?? estimator).bias }
}

/// The checks of one candidate on one network: one unit of parallel work.
struct NetworkItem: BatteryItem {
  let candidate: NetworkCandidate
  let problem: NetworkProblem
  let settings: VerificationSettings

  var randomPurposes: [String] {
    settings.generators.map {
      "\(CheckKind.floatPath.rawValue) of \(candidate.name) on \"\(problem.name)\" under \($0.rawValue)"
    }
  }

  func verdicts(falseAlarmRate: Double) -> [Verdict] {
    let exact = NetworkExactChecks(candidate: candidate, problem: problem)
    let path = NetworkFloatPathCheck(
      candidate: candidate, problem: problem, moments: exact.moments, settings: settings)
    return exact.verdicts
      + settings.generators.map { path.verdict(generator: $0, falseAlarmRate: falseAlarmRate) }
  }
}
