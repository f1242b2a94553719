public import GradientEstimators

/// The exact mean and variance of a layered estimator on a network, for each parameter in the order of
/// `NetworkProblem.parameterNames`, by nested cubature of its noise.
///
/// The production code runs in `Double` on every node. The gradient of a layer's parameters is formed from the estimator's
/// gradient with respect to the logits and the trunk's samples below, that of the head's with `evaluationWeights`.
///
/// - Throws: `ExactExpectationError` if the noise has too many cubature nodes or its law is inconsistent.
/// - Complexity: one run of the estimator for each node; nodes multiply over the layers.
public func exactMoments(
  of estimator: any LayeredGradientEstimator, on problem: NetworkProblem
) throws(ExactExpectationError) -> ExactMoments {
  try layeredMoments(of: estimator, on: problem).parameters
}

/// The exact moments of a layered estimator: its gradients, and its estimate of E[f].
package struct LayeredMoments: Sendable {
  package let parameters: ExactMoments
  /// The exact mean of the evaluations' values under `evaluationWeights`.
  package let meanValue: Double
  package let valueVariance: Double
}

/// - Throws: `ExactExpectationError` if the noise has too many cubature nodes or its law is inconsistent.
package func layeredMoments(
  of estimator: any LayeredGradientEstimator, on problem: NetworkProblem
) throws(ExactExpectationError) -> LayeredMoments {
  let gradient = exactGradient(of: problem)
  var sums = MomentSums(center: gradient)
  var values = MomentSums(center: [exactValue(of: problem)])
  var rows: [Double] = []
  var cubature = LayeredCubature(estimator: estimator, problem: problem)
  try cubature.forEachBatch { batch, weights in
    rows = rows.isEmpty ? [Double](repeating: 0, count: batch.shape.rows * gradient.count) : rows
    var output = rows.mutableSpan
    batch.parameterGradients(into: &output)
    sums.add(rows, weights: weights)
    values.add(batch.meanValues, weights: weights)
  }
  return LayeredMoments(
    parameters: ExactMoments(
      estimator: estimator.name, evaluations: estimator.tree(widths: problem.network.widths).evaluations,
      gradient: gradient, mean: sums.mean, bias: sums.meanDeviation, variance: sums.variance),
    meanValue: values.mean[0], valueVariance: values.variance[0])
}

extension LayeredBatch {
  /// Each row's estimate of E[f]: its values under the estimator's weights of the evaluations.
  package var meanValues: [Scalar] {
    (0..<shape.rows).map { row in
      (0..<tree.evaluations).reduce(0) {
        $0 + evaluationWeights[$1 * shape.rows + row] * values[$1 * shape.rows + row]
      }
    }
  }
}
