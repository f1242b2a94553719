import ExactExpectations
import Foundation
import GradientEstimators
import Testing

@testable import Reporting

/// The seed of tests that sample: fixed, or from the environment variable `ARMATURE_SEED` (an integer, or `entropy`).
private let testSeed: UInt64 = {
  guard let text = ProcessInfo.processInfo.environment["ARMATURE_SEED"] else { return 1 }
  if text == "entropy" { return UInt64.random(in: 0 ... .max) }
  guard let seed = UInt64(text) else {
    fatalError("ARMATURE_SEED is \(text): expected a non-negative integer or entropy")
  }
  return seed
}()

/// False alarms: each study's own rate, 1e-6.
@Suite("The toy studies of ARMS, CARMS and ARSM")
struct ToyStudyTests {
  private func arms() -> ArmsToyStudy {
    var study = ArmsToyStudy()
    study.evaluations = [2, 4]
    study.repetitions = 4
    study.stepSize = 20
    study.probabilities = [0.3]
    study.draws = 1500
    study.seed = testSeed
    return study
  }

  private func carms() -> CarmsToyStudy {
    var study = CarmsToyStudy()
    study.concentrations = [10]
    study.estimators = ["loorf:2", "unord:2"]
    study.draws = 1500
    study.seed = testSeed
    return study
  }

  private func arsm() -> ArsmToyStudy {
    var study = ArsmToyStudy()
    study.categories = 5
    study.estimators = ["reinforce", "arsm", "loorf:2"]
    study.iterations = 60
    study.measuredSteps = [0, 60]
    study.draws = 800
    study.seed = testSeed
    return study
  }

  @Test("ARMS: at equal cost every measured variance agrees with the exact one, means of pairs included")
  func equalCost() throws {
    let outcome = try arms().run()
    #expect(outcome.variances.count == 2 * 5)
    #expect(outcome.variances.allSatisfy { $0.agrees == true })
    func exact(_ family: String, _ evaluations: Int) throws -> Double {
      let found = outcome.variances.first { $0.estimator == family && $0.setting == "n = \(evaluations)" }
      return try #require(found?.exact)
    }
    for family in ["arm", "disarm"] {
      let (two, four) = (try exact(family, 2), try exact(family, 4))
      #expect(abs(two / 2 - four) <= 1e-12 * two, "two pairs have half the variance of one")
    }
    #expect(try exact("disarm", 2) < exact("arm", 2))
    #expect(try abs(exact("disarm", 2) - exact("arms", 2)) <= 1e-12 * exact("arms", 2))
  }

  @Test("ARMS: the exact gradient's ascent ends where p first reaches its goal")
  func ascentEnds() throws {
    let study = arms()
    let ascent = ToyAscent.bernoulli(target: 0.49, startLogit: study.startLogit, stepSize: 20)
    let path = try ascent.exact(steps: 4000) { 1 / (1 + exp(-$0[0])) >= 0.9 }
    let p = path.map { 1 / (1 + exp(-$0[0])) }
    #expect(abs(p[0] - 0.1 / 1.1) < 1e-12)
    #expect(p.dropLast().allSatisfy { $0 < 0.9 } && p[p.count - 1] >= 0.9)
    let outcome = try study.run()
    #expect(outcome.ascents.first { $0.family == nil }?.steps == path.count - 1)
  }

  @Test("CARMS: laws are probabilities, sharper for small K, and variances agree with the exact ones")
  func categories() throws {
    var study = carms()
    let outcome = try study.run()
    #expect(outcome.variances.count == 2 * 9)
    #expect(outcome.variances.allSatisfy { $0.agrees == true })
    study.estimators = ["reinforce"]
    study.draws = 10
    study.concentrations = [1, 1000]
    let laws = try study.run().laws
    for law in laws {
      #expect(law.probabilities.count == 3)
      for row in law.probabilities {
        #expect(abs(row.reduce(0, +) - 1) < 1e-12 && row.allSatisfy { $0 > 0 } && row.count == 3)
      }
    }
    let largest = 3 * log(3.0)
    #expect(
      laws[0].entropy < largest && laws[1].entropy > 0.99 * largest && laws[1].entropy <= largest + 1e-12)
  }

  @Test("CARMS: the objective is the published one, and UNORD's toy has its printed gradient")
  func objectives() throws {
    let law = CarmsToyStudy.Law(
      concentration: 1, probabilities: [[Double]](repeating: [0.2, 0.3, 0.5], count: 3))
    let problem = try CarmsToyStudy.problem(law)
    // z = (2, 0, 1) has index 2 + 0 + 9 and value 3 (3 + 4 + 8).
    #expect(problem.value(of: 11) == 45)
    #expect(abs(try carms().run().sharedLogitGradient + 0.045) < 1e-15)
  }

  @Test("ARSM: the exact gradient climbs, and what can be integrated agrees")
  func swaps() throws {
    let outcome = try arsm().run()
    let exact = try #require(outcome.trajectories.first { $0.estimator == nil })
    #expect(exact.rewards.count == 61 && zip(exact.rewards, exact.rewards.dropFirst()).allSatisfy { $0 < $1 })
    #expect(abs(exact.rewards[0] - (0.5 + 3.0 / 150)) < 1e-15)
    #expect(outcome.variances.count == 2 * 3 && outcome.gradientNorms.allSatisfy { $0 > 0 })
    #expect(outcome.variances.filter { $0.agrees != nil }.count == 2 * 2)
    #expect(outcome.variances.allSatisfy { $0.agrees != false && $0.interval.contains($0.measured) })
  }

  @Test("Each report is written with its lock, and a replay gives every number again")
  func replay() async throws {
    let folder = try TemporaryFolder()
    let context = fixedContext(output: folder.path)
    let machine = ReportLock.Machine(context)
    var small = arsm()
    small.draws = 100
    for recipe in [ToyRecipe.arms(arms()), .carms(carms()), .arsm(small)] {
      let written = try recipe.write(context: context)
      #expect(written.holds, "\(written.verdict)")
      let replay = try Replay(report: written.file, here: machine)
      #expect(replay.lock.recipe == .toy(of: recipe))
      let runner = ReplayRunner(context: context, dataFolder: nil, runs: nil, jobs: 1)
      let result = try await replay.run(only: nil, runner: runner)
      #expect(result.holds && result.rows.allSatisfy { $0.status == .same }, "\(result.summary)")
    }
  }
}
