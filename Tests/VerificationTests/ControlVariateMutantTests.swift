import ExactExpectations
import GradientEstimators
import Testing

@testable import Verification

@Suite("Mutants of learnt control variates")
struct ControlVariateMutantTests {
  @Test(
    "Every mutant of REBAR and RELAX that an exact check can see is caught by one, on problems of one and two variables"
  )
  func relaxed() async throws {
    let settings = VerificationSettings(seed: TestSeed.value, draws: 64)
    let mutants = Mutant.relaxedControls.filter { !MutantTests.seenByDrawingOnly.contains($0.name) }
    let result = try await Battery(problems: try Fixtures.problems(5), settings: settings).runMutants(mutants)
    #expect(result.passed, "\(result.summary)")
    #expect(result.mutants.allSatisfy { mutant in mutant.caughtBy.contains { !$0.isRandom } })
  }

  @Test("The exact bias of REBAR with dZ~/d(logit) taken for 1 is seen on one variable")
  func bias() async throws {
    let settings = VerificationSettings(seed: TestSeed.value, draws: 64)
    let mutants = Mutant.relaxedControls.filter { $0.name == "rebar-conditional-slope-one" }
    let result = try await Battery(problems: try Fixtures.problems(15), settings: settings)
      .runMutants(mutants)
    #expect(result.mutants.first?.caughtBy.contains(.exactUnbiasedness) == true)
    #expect((result.mutants.first?.relativeBias ?? 0) > 0.01)
  }

  @Test("Averaging RELAX's signals and scores apart, as published code does, is caught by drawing")
  func scoreAveraging() async throws {
    // Half of E[(f - c) (b - p)] is missing.
    let problem = try Problem(
      name: "one bit, even", latent: .binary(logits: [0]), objective: .table(values: [-1, 1]))
    let settings = VerificationSettings(seed: TestSeed.value, draws: 60_000)
    let mutants = Mutant.relaxedControls.filter { $0.name == "relax-score-averaging" }
    let result = try await Battery(problems: [problem], settings: settings).runMutants(mutants)
    #expect(result.mutants.first?.caughtBy == [.floatPath])
    #expect(mutants.first?.releasedCode != nil)
  }
}
