package import ExactExpectations
package import GradientEstimators
internal import RealModule
internal import ReferenceMath
internal import SequentialTesting

/// The production path in `Float`, as in training: batches of rows, draw, evaluate, combine, observe; each gradient
/// coordinate against the exact gradient by a sequential test of a bounded mean. An estimator that is declared biased is
/// tested against its exact mean instead, and does not observe.
///
/// Given the earlier batches, the rows of a batch are independent with the exact gradient as mean, running baselines
/// included: that is what the tests need. The mean of the *rounded* gradients may be off by up to r = 2^-20 of the
/// objective's size (`Float` has 2^-24; some ten roundings, and probabilities on a grid of 2^-23). A bet on a mean with
/// distance m from the nearer bound is at most 1 / (2 m), so r multiplies a capital by at most exp(draws r / (2 m)): with
/// bounds widened by draws r / (2 ln 2) that is at most 2, and the tests run at half of the check's rate.
struct FloatPathCheck {
  private static let rows = 256
  /// The largest bias by rounding, as a share of the objective's largest magnitude.
  private static let roundingBias = 0x1p-20

  let candidate: Candidate
  let problem: Problem
  /// What each coordinate's mean must be: the exact gradient, or the exact mean of an estimator that is declared biased.
  /// Empty where neither can be computed.
  private let expected: [Double]
  /// The exact standard deviations, where they are known.
  let standardDeviations: [Double]?
  let settings: VerificationSettings
  private let isBiased: Bool

  /// Whether there is anything to test against.
  var hasExpectedMean: Bool { !expected.isEmpty }

  init(candidate: Candidate, problem: Problem, moments: ExactMoments?, settings: VerificationSettings) {
    self.candidate = candidate
    self.problem = problem
    let claim = candidate.claim ?? candidate.estimator
    isBiased = claim.bias != nil
    expected = Self.expectedMean(of: claim, isOwn: claim.name == candidate.name, problem, moments)
    standardDeviations = moments?.variance.map { $0.squareRoot() }
    self.settings = settings
  }

  private static func expectedMean(
    of claim: any GradientEstimator, isOwn: Bool, _ problem: Problem, _ moments: ExactMoments?
  ) -> [Double] {
    guard claim.bias != nil else {
      return moments?.gradient ?? (try? exactGradient(of: problem, for: claim)) ?? []
    }
    let own = isOwn ? moments?.mean : nil
    return own ?? MeanFormula.mean(of: claim, on: problem) ?? (try? exactMoments(of: claim, on: problem))?
      .mean ?? []
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
      try BoundedMeanTest(mean: expected[$0], bounds: bounds($0), falseAlarmRate: rate)
    }
    var draws = 0
    try forEachBatch(generator: generator) { batch in
      let coordinates = tests.count
      for row in 0..<batch.shape.rows {
        for coordinate in 0..<coordinates {
          tests[coordinate].observe(Double(batch.gradient[row * coordinates + coordinate]))
        }
      }
      draws += batch.shape.rows
      return draws < settings.draws && !tests.contains(where: \.isRejected)
    }
    var evidence = Verdict.Evidence(draws: draws, falseAlarmRate: falseAlarmRate)
    let largest = tests.map(\.largestLogEValue).max() ?? 0
    evidence.largestLogEValue = largest.isFinite ? largest : nil
    try addDetectableBias(to: &evidence, rate: rate)
    let failed = tests.indices.filter { tests[$0].isRejected }
      .min { (tests[$0].rejectedAt ?? 0) < (tests[$1].rejectedAt ?? 0) }
    guard let failed else { return verdict(generator, .passed, note: nil, evidence: evidence) }
    return try failure(coordinate: failed, test: tests[failed], evidence, generator: generator, rate: rate)
  }

  /// Runs batch after batch until `body` returns false.
  private func forEachBatch(
    generator: NoiseGenerator, _ body: (EstimatorBatch<Float>) throws -> Bool
  ) throws {
    var feed = try NoiseFeed(generator, seed: settings.seed, purpose: purpose(generator))
    var batch = EstimatorBatch<Float>(
      estimator: candidate.estimator, problem: problem, rows: min(Self.rows, settings.draws))
    let (rows, perRow) = (batch.shape.rows, batch.noisePerRow)
    repeat {
      var noise = batch.noise.mutableSpan
      feed.fill(rows: rows, perRow: perRow, into: &noise)
      batch.run()
      if !isBiased { batch.observe() }
    } while try body(batch)
  }

  /// The formula's bounds, widened so that rounding cannot feed a bet.
  private func bounds(_ coordinate: Int) -> ClosedRange<Double> {
    let range = problem.evaluated(for: candidate.estimator.target).objectiveRange
    let exact = problem.gradientBounds(of: candidate.estimator, coordinate: coordinate)
    let size = max(range.lowerBound.magnitude, range.upperBound.magnitude)
    let margin = Double(settings.draws) * Self.roundingBias * size / (2 * .log(2))
    return exact.lowerBound - margin...exact.upperBound + margin
  }

  private func addDetectableBias(to evidence: inout Verdict.Evidence, rate: Double) throws {
    var largest = 0.0
    for coordinate in expected.indices {
      let range = bounds(coordinate)
      let deviation = standardDeviations?[coordinate] ?? (range.upperBound - range.lowerBound) / 2
      let plan = try PlannedDetection(
        mean: expected[coordinate], bounds: range, standardDeviation: deviation, falseAlarmRate: rate,
        falsePassRate: settings.falsePassRate)
      guard let bias = try plan.smallestDetectableDifference(observations: settings.draws) else { return }
      largest = max(largest, bias)
    }
    let size = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
    evidence.smallestDetectableBias = largest
    evidence.smallestDetectableRelativeBias = size > 0 ? largest / size : nil
  }

  /// A failure, in words, with the failed coordinate's interval.
  private func failure(
    coordinate: Int, test: BoundedMeanTest, _ found: Verdict.Evidence, generator: NoiseGenerator, rate: Double
  ) throws -> Verdict {
    var evidence = found
    evidence.coordinate = coordinate
    evidence.expected = expected[coordinate]
    evidence.rejectedAt = test.rejectedAt
    let eValue = "log e-value \(test.largestLogEValue), after \(test.rejectedAt ?? found.draws) draws"
    if let value = test.boundViolation {
      let note = "coordinate \(coordinate) was \(value), outside its bounds \(bounds(coordinate)); \(eValue)"
      return verdict(generator, .failed, note: note, evidence: evidence)
    }
    let interval = try interval(coordinate: coordinate, generator: generator, rate: rate)
    evidence.interval = [interval.lowerBound, interval.upperBound]
    let note =
      "coordinate \(coordinate): exact \(isBiased ? "mean" : "gradient") \(expected[coordinate]), confidence interval "
      + "\(interval.lowerBound) to \(interval.upperBound); \(eValue)"
    return verdict(generator, .failed, note: note, evidence: evidence)
  }

  /// The coordinate's confidence sequence, on the same draws and then further ones until it excludes the exact gradient.
  ///
  /// It needs more draws than the test, which looks at one value only.
  private func interval(
    coordinate: Int, generator: NoiseGenerator, rate: Double
  ) throws -> ClosedRange<Double> {
    var sequence = try MeanConfidenceSequence(bounds: bounds(coordinate), falseAlarmRate: rate)
    var left = settings.draws
    try forEachBatch(generator: generator) { batch in
      for row in 0..<batch.shape.rows {
        sequence.observe(Double(batch.gradient[row * expected.count + coordinate]))
      }
      left -= batch.shape.rows
      return left > 0 && sequence.interval.contains(expected[coordinate])
    }
    return sequence.interval
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

/// The `Float` path of one estimator on one problem, as a single check of its own.
///
/// The draws are those of a battery with the same settings.
package func floatPathVerdict(
  of estimator: any GradientEstimator, on problem: Problem, generator: NoiseGenerator,
  settings: VerificationSettings
) -> Verdict {
  let moments = try? exactMoments(of: estimator, on: problem)
  return FloatPathCheck(
    candidate: Candidate(estimator), problem: problem, moments: moments, settings: settings
  ).verdict(generator: generator, falseAlarmRate: settings.alpha)
}
