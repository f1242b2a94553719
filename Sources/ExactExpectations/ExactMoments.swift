internal import ElementwiseKernels
public import GradientEstimators

/// The exact mean and variance of an estimator on a problem, beside the exact gradient; one number for each logit.
public struct ExactMoments: Sendable, Hashable, Codable {
  /// The estimator's name.
  public let estimator: String
  /// Evaluations of the objective for each gradient.
  public let evaluations: Int
  /// The exact gradient of the estimator's target, by enumeration.
  public let gradient: [Double]
  /// The estimator's exact expectation.
  public let mean: [Double]
  /// `mean` less `gradient`.
  public let bias: [Double]
  /// The estimator's exact variance.
  public let variance: [Double]

  /// |bias| / |gradient| in the Euclidean norm; |bias| itself where the gradient is 0.
  public var relativeBias: Double { relativeBias(of: gradient.indices) }

  /// The same for some of the coordinates.
  public func relativeBias(of coordinates: Range<Int>) -> Double {
    let (size, bias) = (Self.norm(gradient[coordinates]), Self.norm(bias[coordinates]))
    return size > 0 ? bias / size : bias
  }

  /// The root mean squared error of each coordinate: (bias^2 + variance)^(1/2).
  public var rootMeanSquaredError: [Double] {
    zip(bias, variance).map { ($0 * $0 + $1).squareRoot() }
  }

  private static func norm(_ vector: ArraySlice<Double>) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}

/// The exact mean and variance of an estimator in its present state, by cubature of its noise.
///
/// The production code runs in `Double` on every cubature node; the weighted sums are compensated, and the variance is
/// accumulated around the exact gradient.
///
/// - Throws: `ExactExpectationError` if the noise has too many cubature nodes or no law, its law is inconsistent, or a bound
///   has too many sets of states.
/// - Complexity: one run of the estimator for each node; the number of nodes is the product over the noise blocks.
public func exactMoments(
  of estimator: any GradientEstimator, on problem: Problem
) throws(ExactExpectationError) -> ExactMoments {
  let cubature = try NoiseCubature(estimator: estimator, problem: problem)
  let gradient = try exactGradient(of: problem, for: estimator)
  var sums = MomentSums(center: gradient)
  try cubature.forEachBatch(of: estimator, on: problem) { batch, weights in
    batch.run()
    sums.add(batch.gradient, weights: weights)
  }
  return ExactMoments(
    estimator: estimator.name, evaluations: estimator.evaluations(variables: problem.latentVariables),
    gradient: gradient, mean: sums.mean, bias: zip(sums.mean, gradient).map(-), variance: sums.variance)
}

/// Weighted sums of gradients and of their squared deviations from a centre.
struct MomentSums {
  let center: [Double]
  private var first: [CompensatedSum]
  private var deviation: [CompensatedSum]
  private var square: [CompensatedSum]

  init(center: [Double]) {
    self.center = center
    first = center.map { _ in CompensatedSum() }
    deviation = first
    square = first
  }

  var mean: [Double] { first.map(\.value) }
  var meanDeviation: [Double] { deviation.map(\.value) }
  var variance: [Double] { zip(square, deviation).map { max(0, $0.value - $1.value * $1.value) } }

  /// Adds rows [weights x center].
  mutating func add(_ gradients: [Double], weights: [Double]) {
    for (row, weight) in weights.enumerated() where weight > 0 {
      for i in center.indices {
        let gradient = gradients[row * center.count + i]
        first[i].add(weight * gradient)
        deviation[i].add(weight * (gradient - center[i]))
        square[i].add(weight * (gradient - center[i]) * (gradient - center[i]))
      }
    }
  }
}
