package import GradientEstimators

/// The cubature nodes that `exactMoments` runs through for an estimator on a problem; none is run through here.
///
/// - Throws: `ExactExpectationError` as `exactMoments` does.
package func cubatureNodeCount(
  of estimator: any GradientEstimator, on problem: Problem
) throws(ExactExpectationError) -> Int {
  let cubature = try NoiseCubature(estimator: estimator, problem: problem)
  if estimator.target != .expectation { _ = try exactGradient(of: problem, for: estimator) }
  return cubature.nodeCount
}

/// The same for `sampleLaws`.
///
/// - Throws: `ExactExpectationError` as `sampleLaws` does.
package func sampleLawNodeCount(
  of estimator: any GradientEstimator, on problem: Problem
) throws(ExactExpectationError) -> Int {
  try NoiseCubature(estimator: estimator, problem: problem, for: .samples).nodeCount
}

/// As `cubatureNodeCount` for a layered estimator, along one path through the layers: node counts hardly depend on the samples below.
///
/// - Throws: `ExactExpectationError` as `exactMoments` does.
package func cubatureNodeCount(
  of estimator: any LayeredGradientEstimator, on problem: NetworkProblem
) throws(ExactExpectationError) -> Int {
  var cubature = LayeredCubature(estimator: estimator, problem: problem)
  return try cubature.nodeCountAlongOnePath()
}
