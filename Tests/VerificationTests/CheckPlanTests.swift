import ExactExpectations
import GradientEstimators
import Testing

@testable import Verification

@Suite("The plan of the battery")
struct CheckPlanTests {
  private let settings = VerificationSettings(seed: TestSeed.value, draws: 64, generators: [.philox])

  /// What a plan and a verdict have in common.
  private struct Line: Hashable {
    let estimator: String
    let problem: String
    let check: CheckKind
    let detail: String
    let isSkipped: Bool
  }

  private func lines(_ plan: [PlannedCheck]) -> [Line] {
    plan.map {
      Line(
        estimator: $0.estimator, problem: $0.problem, check: $0.check, detail: $0.detail,
        isSkipped: $0.isOutOfReach)
    }
  }

  private func lines(_ result: VerificationResult) -> [Line] {
    result.verdicts.map {
      Line(
        estimator: $0.estimator, problem: $0.problem, check: $0.check, detail: $0.detail,
        isSkipped: $0.outcome == .skipped)
    }
  }

  @Test("lists exactly the checks that a run makes, in its order")
  func checks() async throws {
    let battery = Battery(
      problems: try Fixtures.problems(2, 12),
      networks: try NetworkProblem.loadAll(in: Fixtures.folder).filter { $0.name == "network of one layer" },
      settings: settings)
    let estimators = try ["reinforce-ema", "arm", "arms:2", "muprop", "st-hard", "vimco:2", "disarm-iw"].map {
      try EstimatorCatalogue.make($0)
    }
    let layered = try ["arm+skip-equal", "psa"].map { try EstimatorCatalogue.makeLayered($0) }
    let result = try await battery.run(estimators: estimators, layered: layered)
    let plan = try battery.plan(estimators: estimators, layered: layered)
    #expect(lines(plan) == lines(result))
    #expect(Set(plan.map(\.estimator)) == Set(result.estimators) && plan.count > 60)
  }

  @Test("marks what integration does not reach")
  func outOfReach() async throws {
    let battery = Battery(problems: try Fixtures.problems(10), settings: settings)
    let estimators = try ["gumbel:1"].map { try EstimatorCatalogue.make($0) }
    let result = try await battery.run(estimators: estimators, layered: [])
    let plan = try battery.plan(estimators: estimators, layered: [])
    #expect(lines(plan) == lines(result))
    #expect(plan.contains { $0.isOutOfReach } && plan.contains { !$0.isOutOfReach })
  }

  @Test("has no formula for an estimator that the catalogue does not know")
  func unknownEstimator() throws {
    let battery = Battery(problems: try Fixtures.problems(2), settings: settings)
    let faulty = try #require(Mutant.all.first { $0.estimator != nil }?.estimator)
    let known = try battery.plan(estimators: [faulty], layered: [])
    #expect(known.contains { $0.check == .exactUnbiasedness } && known.contains { $0.check == .floatPath })
  }
}
