internal import ExactExpectations
internal import GradientEstimators
internal import RealModule
internal import ReferenceMath
internal import SequentialTesting

/// The production path of a layered estimator in `Float`, as in training; each parameter's gradient against its exact mean by
/// a sequential test of a bounded mean: the exact gradient, or for an estimator that is declared biased its exact mean.
///
/// Rounding is treated as for one layer: here the mean of the rounded gradients may be off by up to 2^-18 of the objective's
/// size and of the gradient's bound together (a few dozen roundings of 2^-24 for each layer, logits included).
struct NetworkFloatPathCheck {
  private static let rows = 256
  /// The battery's draws are shared out: a draw passes several layers.
  private static let share = 4
  private static let roundingBias = 0x1p-18

  let candidate: NetworkCandidate
  let problem: NetworkProblem
  let moments: ExactMoments?
  let settings: VerificationSettings
  private let expected: [Double]
  private let draws: Int
  /// The formula's bounds, widened so that rounding cannot feed a bet.
  private let bounds: [ClosedRange<Double>]

  init(
    candidate: NetworkCandidate, problem: NetworkProblem, moments: ExactMoments?,
    settings: VerificationSettings
  ) {
    self.candidate = candidate
    self.problem = problem
    self.moments = moments
    self.settings = settings
    draws = max(1, settings.draws / Self.share)
    expected = Self.expectedMean(candidate, problem, moments)
    let range = problem.objectiveRange
    let size = max(range.lowerBound.magnitude, range.upperBound.magnitude)
    let draws = draws
    bounds = NetworkGradientBounds(estimator: candidate.estimator, problem: problem).parameters.map { exact in
      let largest = max(exact.lowerBound.magnitude, exact.upperBound.magnitude)
      let margin = Double(draws) * Self.roundingBias * (size + largest) / (2 * .log(2))
      return exact.lowerBound - margin...exact.upperBound + margin
    }
  }

  /// Whether there is anything to test against.
  var hasExpectedMean: Bool { !expected.isEmpty }

  private static func expectedMean(
    _ candidate: NetworkCandidate, _ problem: NetworkProblem, _ moments: ExactMoments?
  ) -> [Double] {
    guard candidate.bias != nil else { return exactGradient(of: problem) }
    let claim = candidate.claim ?? candidate.estimator
    let own = claim.name == candidate.name ? moments?.mean : nil
    return own ?? formulaMean(candidate, problem) ?? (try? exactMoments(of: claim, on: problem))?.mean ?? []
  }

  /// The formula's mean, where it has one for every parameter.
  private static func formulaMean(_ candidate: NetworkCandidate, _ problem: NetworkProblem) -> [Double]? {
    guard problem.headParameters.isEmpty else { return nil }
    return NetworkMeanFormula.mean(of: candidate, on: problem)
  }

  func verdict(generator: NoiseGenerator, falseAlarmRate: Double) -> Verdict {
    guard !expected.isEmpty else {
      return verdict(
        generator, .skipped, note: "its mean is out of reach of exact integration", evidence: nil)
    }
    do {
      return try run(generator: generator, falseAlarmRate: falseAlarmRate)
    } catch {
      return verdict(generator, .failed, note: "could not be tested: \(error)", evidence: nil)
    }
  }

  private func run(generator: NoiseGenerator, falseAlarmRate: Double) throws -> Verdict {
    let rate = falseAlarmRate / Double(2 * expected.count)
    var tests = try expected.indices.map {
      try BoundedMeanTest(mean: expected[$0], bounds: bounds[$0], falseAlarmRate: rate)
    }
    var seen = 0
    try forEachBatch(generator: generator) { gradients in
      let parameters = tests.count
      for row in 0..<gradients.count / parameters {
        for i in 0..<parameters { tests[i].observe(Double(gradients[row * parameters + i])) }
      }
      seen += gradients.count / parameters
      return seen < draws && !tests.contains(where: \.isRejected)
    }
    var evidence = Verdict.Evidence(draws: seen, falseAlarmRate: falseAlarmRate)
    let largest = tests.map(\.largestLogEValue).max() ?? 0
    evidence.largestLogEValue = largest.isFinite ? largest : nil
    try addDetectableBias(to: &evidence, rate: rate)
    let failed = tests.indices.filter { tests[$0].isRejected }
      .min { (tests[$0].rejectedAt ?? 0) < (tests[$1].rejectedAt ?? 0) }
    guard let failed else { return verdict(generator, .passed, note: nil, evidence: evidence) }
    return failure(parameter: failed, test: tests[failed], evidence, generator: generator)
  }

  /// Runs batch after batch until `body` returns false.
  private func forEachBatch(generator: NoiseGenerator, _ body: ([Float]) throws -> Bool) throws {
    var feed = try NoiseFeed(generator, seed: settings.seed, purpose: purpose(generator))
    let rows = min(Self.rows, draws)
    var batch = LayeredBatch<Float>(estimator: candidate.estimator, problem: problem, rows: rows)
    var gradients = [Float](repeating: 0, count: rows * batch.parameterCount)
    repeat {
      batch.forEachNoise { perRow, numbers in feed.fill(rows: rows, perRow: perRow, into: &numbers) }
      batch.run()
      var output = gradients.mutableSpan
      batch.parameterGradients(into: &output)
    } while try body(gradients)
  }

  private func addDetectableBias(to evidence: inout Verdict.Evidence, rate: Double) throws {
    var largest = 0.0
    for i in expected.indices {
      let deviation =
        moments.map { $0.variance[i].squareRoot() } ?? (bounds[i].upperBound - bounds[i].lowerBound) / 2
      let plan = try PlannedDetection(
        mean: expected[i], bounds: bounds[i], standardDeviation: deviation, falseAlarmRate: rate,
        falsePassRate: settings.falsePassRate)
      guard let bias = try plan.smallestDetectableDifference(observations: draws) else { return }
      largest = max(largest, bias)
    }
    let size = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
    evidence.smallestDetectableBias = largest
    evidence.smallestDetectableRelativeBias = size > 0 ? largest / size : nil
  }

  private func failure(
    parameter: Int, test: BoundedMeanTest, _ found: Verdict.Evidence, generator: NoiseGenerator
  ) -> Verdict {
    var evidence = found
    evidence.coordinate = parameter
    evidence.expected = expected[parameter]
    evidence.rejectedAt = test.rejectedAt
    let place = problem.parameterNames[parameter]
    let eValue = "log e-value \(test.largestLogEValue), after \(test.rejectedAt ?? found.draws) draws"
    let note =
      test.boundViolation.map { "\(place) was \($0), outside its bounds \(bounds[parameter]); \(eValue)" }
      ?? "\(place): the mean is not \(expected[parameter]); \(eValue)"
    return verdict(generator, .failed, note: note, evidence: evidence)
  }

  private func purpose(_ generator: NoiseGenerator) -> String {
    "\(CheckKind.floatPath.rawValue)|\(candidate.name)|\(problem.name)|\(generator.rawValue)"
  }

  private func verdict(
    _ generator: NoiseGenerator, _ outcome: Verdict.Outcome, note: String?, evidence: Verdict.Evidence?
  ) -> Verdict {
    Verdict(
      estimator: candidate.name, problem: problem.name, check: .floatPath, detail: generator.rawValue,
      outcome: outcome, note: note, evidence: evidence)
  }
}
