internal import ExactExpectations
internal import GradientEstimators

/// An estimator under test, with the catalogue's estimator that it claims to be, if any.
///
/// For the catalogue's own estimators both are the same; a mutant claims to be the estimator that it was made from.
struct Candidate: Sendable {
  let name: String
  let estimator: any GradientEstimator
  let claim: (any GradientEstimator)?

  /// The claim's catalogue name without parameter.
  var claimedName: String? { claim.flatMap { EstimatorCatalogue.entry(named: $0.name)?.baseName } }

  /// Whether it takes the problem's kind of variables.
  func supports(_ problem: Problem) -> Bool { estimator.supports(problem.latentVariables) }

  init(name: String, estimator: any GradientEstimator, claim: (any GradientEstimator)?) {
    self.name = name
    self.estimator = estimator
    self.claim = claim
  }

  /// An estimator that claims to be the catalogue's of the same name, if there is one.
  init(_ estimator: any GradientEstimator) {
    self.init(name: estimator.name, estimator: estimator, claim: try? EstimatorCatalogue.make(estimator.name))
  }
}
