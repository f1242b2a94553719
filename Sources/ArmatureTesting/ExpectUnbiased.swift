public import ExactExpectations
public import GradientEstimators
public import Testing
public import Verification

/// Expects that an estimator's expectation is the exact gradient, by integrating its noise law.
///
/// Records an issue at the caller's place where the bias exceeds 1e-10 of the gradient (Euclidean norms), or where the
/// noise law is inconsistent or too large. No randomness, no error rate.
///
/// - Parameters:
///   - estimator: its `noiseLaw` must be exact.
///   - problem: where it is integrated.
///   - sourceLocation: where an issue is recorded.
/// - Returns: whether the expectation was met.
/// - Complexity: one run of the estimator for each node of its noise law.
@discardableResult
public func expectExactlyUnbiased(
  _ estimator: any GradientEstimator, on problem: Problem, sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
  do throws(ExactExpectationError) {
    let moments = try exactMoments(of: estimator, on: problem)
    if moments.relativeBias < 1e-10 { return true }
    let coordinate = moments.bias.indices.max { moments.bias[$0].magnitude < moments.bias[$1].magnitude } ?? 0
    Issue.record(
      "\(estimator.name) on \"\(problem.name)\": coordinate \(coordinate) has exact mean \(moments.mean[coordinate]), gradient \(moments.gradient[coordinate]); relative bias \(moments.relativeBias)",
      sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error.description)", sourceLocation: sourceLocation)
  }
  return false
}

/// Expects that an estimator's gradients in `Float` have the exact gradient as mean, by a test that may stop at any time.
///
/// The estimator runs as in training: batches, draw, evaluate, combine, observe. Records an issue at the caller's place with
/// the coordinate, its confidence interval and the e-value.
///
/// Guarantee: an unbiased estimator, given right `gradientBounds`, fails with probability at most `falseAlarmRate`.
///
/// - Parameters:
///   - estimator: any; it need not state a noise law.
///   - problem: small enough to enumerate.
///   - falseAlarmRate: the probability of an issue for an unbiased estimator.
///   - draws: gradients that are looked at, at most.
///   - seed: of the draws.
///   - generator: of the draws.
///   - sourceLocation: where an issue is recorded.
/// - Returns: whether the expectation was met.
@discardableResult
public func expectUnbiased(
  _ estimator: any GradientEstimator, on problem: Problem, falseAlarmRate: Double = 1e-9,
  draws: Int = 20_000, seed: UInt64 = 1, generator: NoiseGenerator = .philox,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
  let settings = VerificationSettings(
    alpha: falseAlarmRate, seed: seed, draws: draws, generators: [generator])
  let verdict = floatPathVerdict(of: estimator, on: problem, generator: generator, settings: settings)
  if verdict.failed { Issue.record("\(verdict.line)", sourceLocation: sourceLocation) }
  return verdict.passed
}
