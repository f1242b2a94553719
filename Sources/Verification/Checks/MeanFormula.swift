internal import ExactExpectations
internal import GradientEstimators

/// Exact means of biased estimators by formulas that share nothing with the estimators' code or with their noise laws.
enum MeanFormula {
  /// The expectation of each coordinate, or nil where there is no formula.
  static func mean(of estimator: any GradientEstimator, on problem: Problem) -> [Double]? {
    StateFormula.moments(of: estimator, on: problem)?.mean
      ?? RelaxationFormula(estimator, on: problem)?.mean()
  }
}
