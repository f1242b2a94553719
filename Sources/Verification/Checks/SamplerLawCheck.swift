internal import ExactExpectations
internal import GradientEstimators
internal import ReferenceMath
internal import SequentialTesting

/// Drawn samples against their exact joint law: one multinomial test for each variable, and one for all together.
///
/// The draws are in `Double`: its uniforms have 52 bits, so that cells of probability 0, which refute at once, are not
/// reached by rounding; the `Float` sampler is judged through the gradients it leads to.
struct SamplerLawCheck {
  /// The joint law of all variables is tested where it has at most this many cells.
  private static let largestJointCellCount = 256
  private static let rows = 256

  let candidate: Candidate
  let problem: Problem
  let settings: VerificationSettings
  /// The laws that the candidate's claim has, for every generator.
  private let laws: Result<[SampleLaw], ExactExpectationError>

  init(candidate: Candidate, problem: Problem, settings: VerificationSettings) {
    self.candidate = candidate
    self.problem = problem
    self.settings = settings
    laws = Self.laws(candidate, problem)
  }

  func verdict(generator: NoiseGenerator, falseAlarmRate: Double) -> Verdict {
    guard drawsStates else {
      return verdict(
        generator, .skipped, note: "it draws fewer samples of the variables' law than it claims",
        evidence: nil)
    }
    do {
      return try run(laws: laws.get(), generator: generator, falseAlarmRate: falseAlarmRate)
    } catch let error as ExactExpectationError where error.isOutOfReach {
      return verdict(generator, .skipped, note: error.description, evidence: nil)
    } catch {
      return verdict(generator, .failed, note: "could not be tested: \(error)", evidence: nil)
    }
  }

  /// Whether the candidate draws as many states as its claim: without them there is nothing to judge.
  private var drawsStates: Bool {
    let claim = candidate.claim ?? candidate.estimator
    return candidate.estimator.discreteEvaluations(variables: problem.latentVariables)
      >= claim.discreteEvaluations(variables: problem.latentVariables)
  }

  /// The laws that the candidate's claim has; its own, if it claims nothing.
  private static func laws(
    _ candidate: Candidate, _ problem: Problem
  ) -> Result<[SampleLaw], ExactExpectationError> {
    let reference = candidate.claim ?? candidate.estimator
    let evaluations = reference.discreteEvaluations(variables: problem.latentVariables)
    var sets = (0..<problem.variables).map { [$0] }
    let cells = (0..<evaluations * problem.variables).reduce(1) { count, _ in
      min(count * problem.categories, largestJointCellCount + 1)
    }
    let isSmall = cells <= largestJointCellCount
    if problem.variables > 1 && isSmall { sets.append(Array(0..<problem.variables)) }
    do throws(ExactExpectationError) {
      return .success(try sampleLaws(of: reference, on: problem, variableSets: sets))
    } catch {
      return .failure(error)
    }
  }

  private func run(
    laws: [SampleLaw], generator: NoiseGenerator, falseAlarmRate: Double
  ) throws -> Verdict {
    var tests = try laws.map {
      try MultinomialTest(
        probabilities: $0.probabilities, falseAlarmRate: falseAlarmRate / Double(laws.count))
    }
    var feed = try NoiseFeed(generator, seed: settings.seed, purpose: purpose(generator))
    var batch = EstimatorBatch<Double>(
      estimator: candidate.estimator, problem: problem, rows: min(Self.rows, settings.draws))
    let (rows, perRow) = (batch.shape.rows, batch.noisePerRow)
    var draws = 0
    while draws < settings.draws && !tests.contains(where: \.isRejected) {
      var noise = batch.noise.mutableSpan
      feed.fill(rows: rows, perRow: perRow, into: &noise)
      batch.draw()
      let samples = batch.states
      for (index, law) in laws.enumerated() {
        for row in 0..<batch.shape.rows {
          tests[index].observe(cell: law.cell(ofRow: row, samples: samples.span, shape: batch.shape))
        }
      }
      draws += batch.shape.rows
    }
    return summary(of: tests, laws: laws, generator: generator, draws: draws, falseAlarmRate: falseAlarmRate)
  }

  private func summary(
    of tests: [MultinomialTest], laws: [SampleLaw], generator: NoiseGenerator, draws: Int,
    falseAlarmRate: Double
  ) -> Verdict {
    var evidence = Verdict.Evidence(draws: draws, falseAlarmRate: falseAlarmRate)
    let largest = tests.map(\.largestLogEValue).max() ?? 0
    evidence.largestLogEValue = largest.isFinite ? largest : nil
    guard
      let failed = tests.indices.filter({ tests[$0].isRejected })
        .min(by: { (tests[$0].rejectedAt ?? 0) < (tests[$1].rejectedAt ?? 0) })
    else { return verdict(generator, .passed, note: nil, evidence: evidence) }
    evidence.coordinate = laws[failed].variables[0]
    evidence.rejectedAt = tests[failed].rejectedAt
    let reason =
      tests[failed].impossibleCell.map { "drew cell \($0), which cannot occur" } ?? "log e-value \(largest)"
    let place =
      laws[failed].variables.count == 1
      ? "samples of variable \(laws[failed].variables[0])" : "joint samples of all variables"
    let note =
      "\(place) do not follow their exact law: \(reason), after \(evidence.rejectedAt ?? draws) draws"
    return verdict(generator, .failed, note: note, evidence: evidence)
  }

  private func purpose(_ generator: NoiseGenerator) -> String {
    "\(CheckKind.samplerLaw.rawValue)|\(candidate.name)|\(problem.name)|\(generator.rawValue)"
  }

  private func verdict(
    _ generator: NoiseGenerator, _ outcome: Verdict.Outcome, note: String?, evidence: Verdict.Evidence?
  ) -> Verdict {
    Verdict(
      estimator: candidate.name, problem: problem.name, check: .samplerLaw, detail: generator.rawValue,
      outcome: outcome, note: note, evidence: evidence)
  }
}
