public import GradientEstimators

/// An estimator that cannot be integrated exactly on a problem.
public enum ExactExpectationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The product of the noise blocks' nodes is larger than can be run through.
  case tooManyNodes(estimator: String, problem: String, limit: Int)
  /// The samples of a multi-sample bound have more joint states than can be run through.
  case tooManyStates(estimator: String, problem: String, limit: Int)
  /// The estimator states no law of its noise that could be integrated over.
  case notEnumerable(estimator: String, problem: String, reason: String)
  /// The estimator does not take the problem's kind of variables.
  case unsupported(estimator: String, problem: String, variables: LatentVariables)
  /// The noise law does not cover each noise number once, or its probabilities do not sum to 1.
  case noiseLaw(estimator: String, problem: String, fault: String)

  /// Whether the estimator is sound as far as is known, and only exact integration cannot reach it.
  public var isOutOfReach: Bool {
    switch self {
    case .tooManyNodes, .tooManyStates, .notEnumerable: true
    case .unsupported, .noiseLaw: false
    }
  }

  public var description: String {
    switch self {
    case .tooManyStates(let estimator, let problem, let limit):
      "estimator \(estimator) on problem \"\(problem)\": its bound ranges over more than \(limit) sets of states; use fewer variables or samples"
    case .tooManyNodes(let estimator, let problem, let limit):
      "estimator \(estimator) on problem \"\(problem)\": its noise has more than \(limit) cubature nodes; use fewer variables or samples"
    case .notEnumerable(let estimator, let problem, let reason):
      "estimator \(estimator) on problem \"\(problem)\": no exact moments: \(reason); use fewer samples, or sample instead"
    case .unsupported(let estimator, let problem, let variables):
      "estimator \(estimator) on problem \"\(problem)\": does not take \(variables.count) \(variables); armature estimators \(estimator) says which it takes"
    case .noiseLaw(let estimator, let problem, let fault):
      "estimator \(estimator) on problem \"\(problem)\": its noise law is inconsistent: \(fault)"
    }
  }
}

extension Problem {
  /// - Throws: `ExactExpectationError.unsupported` if the estimator does not take the problem's variables.
  package func requireSupport(by estimator: any GradientEstimator) throws(ExactExpectationError) {
    guard estimator.supports(latentVariables) else {
      throw .unsupported(estimator: estimator.name, problem: name, variables: latentVariables)
    }
  }
}
