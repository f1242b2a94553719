import ElementwiseKernels
import ExactExpectations
import GradientEstimators
import Synchronization
import Testing

@testable import Verification

@Suite("Battery")
struct BatteryTests {
  /// False-alarm probability of each run: 1e-6.
  private func settings(draws: Int = 1024) -> VerificationSettings {
    VerificationSettings(alpha: 1e-6, seed: TestSeed.value, draws: draws)
  }

  @Test("Every estimator passes every check, exact and random")
  func passes() async throws {
    let battery = Battery(problems: try Fixtures.problems(1, 3, 5, 12, 18), settings: settings())
    let result = try await battery.run(estimators: EstimatorCatalogue.standardInstances.filter(Self.isQuick))
    #expect(result.passed, "\(result.failures.map(\.line))")
    // What is skipped on the problem of four categories is integrated on that of two.
    let skipped = Set(result.skipped.map(\.estimator))
    let integrated = result.verdicts.filter { $0.check == .exactUnbiasedness && $0.outcome == .passed }
    #expect(skipped.isSubset(of: integrated.map(\.estimator)))
    let hasBiased = EstimatorCatalogue.entries.contains { !$0.isUnbiased }
    for kind in CheckKind.allCases where kind != .exactMean || hasBiased {
      #expect(result.verdicts.contains { $0.check == kind })
    }
    #expect((result.largestRelativeBias ?? 1) < 1e-10)
  }

  @Test("Every relaxation passes every check, exact and random, on problems of one bit")
  func relaxationsPass() async throws {
    let battery = Battery(problems: try Fixtures.problems(1, 3, 15), settings: settings())
    let result = try await battery.run(
      estimators: EstimatorCatalogue.standardInstances.filter { !Self.isQuick($0) })
    #expect(result.passed, "\(result.failures.map(\.line))")
    #expect(result.skipped.isEmpty)
    #expect(result.verdicts.contains { $0.check == .exactMean && $0.detail == "independent formula" })
  }

  /// In a debug build: the relaxations have hundreds of nodes for each number of their noise.
  private static func isQuick(_ estimator: any GradientEstimator) -> Bool {
    !(estimator is GumbelSoftmax || estimator is StraightThroughGumbel || estimator is REBAR
      || estimator is RELAX)
  }

  @Test("Each estimator runs on the problems of its own kind of variables, and none at all is refused")
  func kinds() async throws {
    let battery = Battery(problems: try Fixtures.problems(5, 11), settings: settings(draws: 256))
    let result = try await battery.run(estimators: [ARM(), LOORF(samples: 2), CARMSI(samples: 2)])
    #expect(result.passed, "\(result.failures.map(\.line))")
    let ran = Dictionary(grouping: result.verdicts, by: \.estimator).mapValues { Set($0.map(\.problem)) }
    let (bits, categories) = (battery.problems[0].name, battery.problems[1].name)
    #expect(ran == ["arm": [bits], "loorf:2": [bits, categories], "carms-i:2": [categories]])
    await #expect(throws: VerificationError.self) {
      try await Battery(problems: [battery.problems[1]], settings: settings()).run(estimators: [ARM()])
    }
  }

  @Test("A run is a function of its settings, in order and value")
  func determinism() async throws {
    let estimators: [any GradientEstimator] = [ARM(), ARMS(samples: 3)]
    let battery = Battery(problems: try Fixtures.problems(5, 2), settings: settings(draws: 512))
    let first = try await battery.run(estimators: estimators)
    let second = try await battery.run(estimators: estimators)
    #expect(first.verdicts == second.verdicts)
    var order: [String] = []
    for verdict in first.verdicts where order.last != verdict.estimator + verdict.problem {
      order.append(verdict.estimator + verdict.problem)
    }
    #expect(order == estimators.flatMap { estimator in battery.problems.map { estimator.name + $0.name } })
  }

  @Test("An estimator's draws do not depend on which others run; another seed changes them")
  func independentStreams() async throws {
    let problems = try Fixtures.problems(5)
    func logEValues(_ estimators: [any GradientEstimator], seed: UInt64) async throws -> [Double?] {
      var chosen = settings(draws: 512)
      chosen.seed = seed
      return try await Battery(problems: problems, settings: chosen).run(estimators: estimators).verdicts
        .filter { $0.estimator == "arm" && $0.check.isRandom }.map { $0.evidence?.largestLogEValue }
    }
    let alone = try await logEValues([ARM()], seed: TestSeed.value)
    #expect(try await logEValues([DisARM(), ARM()], seed: TestSeed.value) == alone)
    #expect(try await logEValues([ARM()], seed: TestSeed.value &+ 1) != alone)
  }

  @Test("The budget is shared out among the random checks and never exceeds alpha")
  func budget() async throws {
    let result = try await Battery(problems: try Fixtures.problems(5, 2), settings: settings(draws: 256))
      .run(estimators: [ARM(), REINFORCE()])
    let random = result.verdicts.filter(\.check.isRandom)
    #expect(result.budget.count == random.count && random.count == 2 * 2 * 2 * 4)
    #expect(result.spent <= 1e-6 * (1 + 1e-12))
    #expect(
      random.allSatisfy { ($0.evidence?.falseAlarmRate ?? 1) <= 1e-6 / Double(random.count) * (1 + 1e-12) })
  }

  @Test("Every test of the Float path states its smallest detectable bias, and more draws make it smaller")
  func detectableBias() async throws {
    func bias(draws: Int) async throws -> [Double] {
      try await Battery(problems: try Fixtures.problems(5), settings: settings(draws: draws))
        .run(estimators: [ARM()]).verdicts.filter { $0.check == .floatPath }
        .compactMap { $0.evidence?.smallestDetectableBias }
    }
    let few = try await bias(draws: 512), many = try await bias(draws: 2048)
    #expect(few.count == 4 && many.count == 4)
    #expect(zip(few, many).allSatisfy { $1 < $0 })
  }

  @Test("An estimator without variance passes although single precision rounds its gradient")
  func rounding() async throws {
    let result = try await Battery(problems: try Fixtures.problems(1), settings: settings(draws: 20_000))
      .run(estimators: [DisARM()])
    #expect(result.passed, "\(result.failures.map(\.line))")
  }

  @Test("An estimator out of reach of exact integration is skipped there and still tested by drawing")
  func skipped() async throws {
    let result = try await Battery(problems: try Fixtures.problems(10), settings: settings(draws: 256))
      .run(estimators: [LOORF(samples: 8)])
    #expect(result.passed)
    #expect(result.skipped.contains { $0.check == .exactUnbiasedness && $0.note?.contains("nodes") == true })
    #expect(result.verdicts.contains { $0.check == .floatPath && $0.outcome == .passed })
  }

  @Test("Settings out of range and empty lists are refused in one line")
  func badSettings() async throws {
    let problems = try Fixtures.problems(1)
    for alpha in [0, 1, -1, Double.nan] {
      await #expect(throws: VerificationError.self) {
        try await Battery(problems: problems, settings: VerificationSettings(alpha: alpha)).run()
      }
    }
    await #expect(throws: VerificationError.self) {
      try await Battery(problems: problems, settings: VerificationSettings(draws: 0)).run()
    }
    await #expect(throws: VerificationError.self) { try await Battery(problems: []).run() }
    await #expect(throws: VerificationError.self) {
      try await Battery(problems: problems).run(estimators: [])
    }
  }

  @Test("Progress counts up to the number of estimators times problems")
  func progress() async throws {
    let seen = Mutex<[Int]>([])
    _ = try await Battery(problems: try Fixtures.problems(1, 2), settings: settings(draws: 64))
      .run(estimators: [ARM(), AR()]) { progress in
        #expect(progress.total == 4)
        seen.withLock { $0.append(progress.finished) }
      }
    #expect(seen.withLock { $0 } == [1, 2, 3, 4])
  }
}
