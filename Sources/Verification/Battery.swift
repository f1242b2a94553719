public import ExactExpectations
internal import Foundation
public import GradientEstimators
internal import SequentialTesting

/// All checks of estimators on problems, exact and random, within one error budget.
///
/// For each estimator and each problem whose kind of variables it takes: exact unbiasedness, exact variance against an independent formula, theorems that order
/// variances, pathwise identities, sample marginals; then, under each generator, drawn samples against their exact law
/// and the `Float` production path against the exact gradient. Estimators of networks, on each network, get all of these but the
/// checks of samples.
///
/// Guarantee: the probability that a run over correct estimators reports any failure is at most `settings.alpha`. It is
/// shared out equally among the random checks (union bound).
public struct Battery: Sendable {
  /// Finished checks of all.
  public struct Progress: Sendable, Hashable {
    public let finished: Int
    public let total: Int
  }

  public let settings: VerificationSettings
  public let problems: [Problem]
  public let networks: [NetworkProblem]

  public init(
    problems: [Problem], networks: [NetworkProblem] = [],
    settings: VerificationSettings = VerificationSettings()
  ) {
    self.problems = problems
    self.networks = networks
    self.settings = settings
  }

  /// Runs all checks of the given estimators.
  ///
  /// The result is a function of the settings, estimators and problems, whatever the number of threads; an estimator's
  /// draws do not depend on which others run, its share of the error budget does.
  ///
  /// - Parameters:
  ///   - estimators: those of the catalogue, or your own; an estimator that the catalogue does not know gets the checks
  ///     that need no formula.
  ///   - layered: the same for the battery's networks.
  ///   - progress: called from the calling task after each finished estimator and problem.
  /// - Returns: every verdict, by estimator, then problem, then check.
  /// - Throws: `VerificationError` for settings out of range or an empty list.
  public func run(
    estimators: [any GradientEstimator] = EstimatorCatalogue.standardInstances,
    layered: [any LayeredGradientEstimator] = EstimatorCatalogue.standardLayeredInstances,
    progress: @Sendable (Progress) -> Void = { _ in }
  ) async throws(VerificationError) -> VerificationResult {
    try await run(
      candidates: estimators.map { Candidate($0) },
      networkCandidates: networks.isEmpty ? [] : layered.map { NetworkCandidate($0) }, progress: progress)
  }

  func run(
    candidates: [Candidate], networkCandidates: [NetworkCandidate] = [],
    progress: @Sendable (Progress) -> Void
  ) async throws(VerificationError) -> VerificationResult {
    try settings.validate()
    guard !candidates.isEmpty || !networkCandidates.isEmpty else {
      throw .nothingToDo("no estimator was given")
    }
    guard !problems.isEmpty || !networks.isEmpty else { throw .nothingToDo("no problem was given") }
    let checks = items(candidates: candidates, networkCandidates: networkCandidates)
    guard !checks.isEmpty else { throw .nothingToDo("no estimator takes the variables of any problem") }
    let budget = try spend(on: checks)
    let rate = settings.alpha / Double(budget.count)
    let verdicts = await Self.inOrder(checks, rate: rate, progress: progress)
    let names = candidates.map(\.name)
    return VerificationResult(
      settings: settings,
      estimators: names + networkCandidates.map(\.name).filter { !names.contains($0) },
      problems: problems.map(\.name) + (networkCandidates.isEmpty ? [] : networks.map(\.name)),
      verdicts: verdicts.flatMap { $0 }, budget: budget)
  }

  func items(candidates: [Candidate], networkCandidates: [NetworkCandidate]) -> [any BatteryItem] {
    candidates.flatMap { candidate in
      problems.filter { candidate.supports($0) }
        .map { IndependentItem(candidate: candidate, problem: $0, settings: settings) }
    }
      + networkCandidates.flatMap { candidate in
        networks.map { NetworkItem(candidate: candidate, problem: $0, settings: settings) }
      }
  }

  /// An equal share of the budget for each random check.
  private func spend(
    on checks: [any BatteryItem]
  ) throws(VerificationError) -> [VerificationResult.BudgetEntry] {
    let purposes = checks.flatMap(\.randomPurposes)
    do {
      var budget = try ErrorBudget(total: settings.alpha)
      for purpose in purposes { try budget.spend(settings.alpha / Double(purposes.count), on: purpose) }
      return budget.entries.map { VerificationResult.BudgetEntry(purpose: $0.purpose, amount: $0.amount) }
    } catch {
      throw .badSetting("alpha: \(error)")
    }
  }

  /// Runs the items on all cores and returns their verdicts in the items' order.
  ///
  /// No more items wait than cores are free: a longer queue of child tasks would run before this task, which collects
  /// results and reports progress.
  private static func inOrder(
    _ items: [any BatteryItem], rate: Double, progress: @Sendable (Progress) -> Void
  ) async -> [[Verdict]] {
    await withTaskGroup(of: (Int, [Verdict]).self) { group in
      var waiting = items.enumerated().makeIterator()
      func startNext() {
        guard let (index, item) = waiting.next() else { return }
        group.addTask { (index, item.verdicts(falseAlarmRate: rate)) }
      }
      for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { startNext() }
      var results = [[Verdict]](repeating: [], count: items.count)
      var finished = 0
      for await (index, verdicts) in group {
        startNext()
        results[index] = verdicts
        finished += 1
        progress(Progress(finished: finished, total: items.count))
      }
      return results
    }
  }
}

/// One unit of parallel work.
protocol BatteryItem: Sendable {
  /// What its random checks spend error budget on; each spends the same.
  var randomPurposes: [String] { get }
  func verdicts(falseAlarmRate: Double) -> [Verdict]
  /// The checks behind `verdicts`, in the same order, without making them.
  func plan() throws(ExactExpectationError) -> [PlannedCheck]
}

/// The checks of one candidate on one problem of independent variables.
struct IndependentItem: BatteryItem {
  let candidate: Candidate
  let problem: Problem
  let settings: VerificationSettings

  /// Samples of a row, to which the time is roughly proportional.
  var size: Int { candidate.estimator.evaluations(variables: problem.latentVariables) * problem.variables }

  var randomPurposes: [String] {
    randomKinds.flatMap { kind in
      settings.generators.map {
        "\(kind.rawValue) of \(candidate.name) on \"\(problem.name)\" under \($0.rawValue)"
      }
    }
  }

  /// An estimator that draws no sample from the latent variables' law has no sampler to judge.
  var randomKinds: [CheckKind] {
    let count = (candidate.claim ?? candidate.estimator).discreteEvaluations(
      variables: problem.latentVariables)
    return count > 0 ? [.samplerLaw, .floatPath] : [.floatPath]
  }

  func verdicts(falseAlarmRate: Double) -> [Verdict] {
    let exact = ExactChecks(candidate: candidate, problem: problem)
    let path = FloatPathCheck(
      candidate: candidate, problem: problem, moments: exact.moments, settings: settings)
    return exact.verdicts + samplerVerdicts(falseAlarmRate: falseAlarmRate)
      + settings.generators.map { path.verdict(generator: $0, falseAlarmRate: falseAlarmRate) }
  }

  private func samplerVerdicts(falseAlarmRate: Double) -> [Verdict] {
    guard randomKinds.contains(.samplerLaw) else { return [] }
    let sampler = SamplerLawCheck(candidate: candidate, problem: problem, settings: settings)
    return settings.generators.map { sampler.verdict(generator: $0, falseAlarmRate: falseAlarmRate) }
  }
}
