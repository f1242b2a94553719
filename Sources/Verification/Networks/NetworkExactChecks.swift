internal import ExactExpectations
internal import GradientEstimators

/// The checks without randomness of one candidate on one network, and the moments they rest on.
struct NetworkExactChecks {
  let candidate: NetworkCandidate
  let problem: NetworkProblem
  /// The candidate's exact moments; absent where its noise is out of reach of cubature.
  let moments: ExactMoments?
  let verdicts: [Verdict]

  init(candidate: NetworkCandidate, problem: NetworkProblem) {
    self.candidate = candidate
    self.problem = problem
    let identities = NetworkIdentity.verdicts(candidate, problem)
    do throws(ExactExpectationError) {
      let found = try layeredMoments(of: candidate.estimator, on: problem)
      let integrated = try Self.integrated(candidate, problem, found)
      moments = found.parameters
      verdicts = integrated + identities
    } catch {
      let verdict = Verdict(
        estimator: candidate.name, problem: problem.name, check: .exactUnbiasedness, detail: "all parameters",
        outcome: error.isOutOfReach ? .skipped : .failed, note: error.description)
      moments = nil
      verdicts = [verdict] + identities
    }
  }

  /// The checks that rest on cubature.
  private static func integrated(
    _ candidate: NetworkCandidate, _ problem: NetworkProblem, _ found: LayeredMoments
  ) throws(ExactExpectationError) -> [Verdict] {
    let moments = found.parameters
    var verdicts: [Verdict] = []
    if candidate.bias == nil {
      verdicts.append(unbiased(candidate, problem, moments, moments.gradient.indices, "all parameters"))
    } else {
      verdicts.append(try declaredMean(candidate, problem, moments))
      verdicts += unbiasedParts(of: candidate, problem).map { part, detail in
        unbiased(candidate, problem, moments, part, detail)
      }
    }
    if !candidate.relaxesSamples { verdicts.append(value(candidate, problem, found)) }
    if let formula = NetworkVarianceFormula.variance(of: candidate, on: problem) {
      verdicts.append(
        agreement(
          candidate, problem, .exactVariance, moments.variance, formula, "independent formula", power: 2))
    }
    return verdicts
  }

  /// The parameters for which an estimator that is biased elsewhere must not be.
  ///
  /// An average over evaluations by weights that sum to 1 and keep the law has no bias by the output layer. PSA has none in
  /// the last layer, nor wherever all layers above have one unit: there is no product of changes to neglect.
  static func unbiasedParts(
    of candidate: NetworkCandidate, _ problem: NetworkProblem
  ) -> [(Range<Int>, String)] {
    var parts: [(Range<Int>, String)] = []
    if candidate.claimName == "psa" {
      let widths = problem.network.widths
      for layer in widths.indices where widths[(layer + 1)...].allSatisfy({ $0 == 1 }) {
        parts.append(
          (problem.parameters(ofLayer: layer), "layer \(layer): the layers above have one unit each"))
      }
    }
    if !problem.headParameters.isEmpty && !candidate.relaxesSamples {
      parts.append((problem.headParameters, "output layer"))
    }
    return parts
  }

  private static func unbiased(
    _ candidate: NetworkCandidate, _ problem: NetworkProblem, _ moments: ExactMoments,
    _ coordinates: Range<Int>, _ detail: String
  ) -> Verdict {
    let relative = moments.relativeBias(of: coordinates)
    let holds = relative < ExactChecks.largestRelativeBias
    let worst = coordinates.max { moments.bias[$0].magnitude < moments.bias[$1].magnitude } ?? 0
    return Verdict(
      estimator: candidate.name, problem: problem.name, check: .exactUnbiasedness, detail: detail,
      outcome: holds ? .passed : .failed,
      note: holds
        ? nil
        : "exact relative bias \(relative), at most \(ExactChecks.largestRelativeBias) expected: "
          + "\(problem.parameterNames[worst]) has mean \(moments.mean[worst]), gradient \(moments.gradient[worst])",
      relativeBias: relative.isFinite ? relative : nil)
  }

  /// The mean of an estimator that is declared biased, against its definition on every path.
  private static func declaredMean(
    _ candidate: NetworkCandidate, _ problem: NetworkProblem, _ moments: ExactMoments
  ) throws(ExactExpectationError) -> Verdict {
    if let formula = NetworkMeanFormula.mean(of: candidate, on: problem) {
      return agreement(
        candidate, problem, .exactMean, moments.mean, formula, "independent formula", power: 1)
    }
    let expected = try exactMoments(of: candidate.claim ?? candidate.estimator, on: problem).mean
    return agreement(
      candidate, problem, .exactMean, moments.mean, expected, "the estimator's own mean", power: 1)
  }

  /// The estimate of E[f] that comes with the gradient.
  private static func value(
    _ candidate: NetworkCandidate, _ problem: NetworkProblem, _ found: LayeredMoments
  ) -> Verdict {
    agreement(
      candidate, problem, .exactUnbiasedness, [found.meanValue], [exactValue(of: problem)],
      "the value of E[f]",
      power: 1)
  }

  /// Numbers against those expected, for the first coordinates; rounding is relative to the objective to some power.
  private static func agreement(
    _ candidate: NetworkCandidate, _ problem: NetworkProblem, _ check: CheckKind, _ found: [Double],
    _ expected: [Double], _ detail: String, power: Int
  ) -> Verdict {
    let range = problem.objectiveRange
    let size = max(range.lowerBound.magnitude, range.upperBound.magnitude)
    let scale = power == 2 ? size * size : size
    let off = expected.indices.first {
      !((found[$0] - expected[$0]).magnitude
        <= ExactChecks.largestRelativeBias * expected[$0].magnitude + 1e-12 * scale)
    }
    let note = off.map {
      "\(expected.count == 1 ? "the mean" : problem.parameterNames[$0]) is \(found[$0]), expected \(expected[$0])"
    }
    return Verdict(
      estimator: candidate.name, problem: problem.name, check: check, detail: detail,
      outcome: note == nil ? .passed : .failed, note: note)
  }
}
