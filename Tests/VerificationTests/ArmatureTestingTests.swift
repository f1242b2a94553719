import ArmatureTesting
import ExactExpectations
import GradientEstimators
import Testing

@testable import Verification

@Suite("Helpers for other suites")
struct ArmatureTestingTests {
  private func mutant(_ name: String) throws -> any GradientEstimator {
    try #require(Mutant.all.first { $0.name == name }?.estimator)
  }

  @Test("A sound estimator meets both expectations; false-alarm probability 1e-9")
  func sound() throws {
    let problem = try Fixtures.problems(5)[0]
    #expect(expectExactlyUnbiased(ARMS(samples: 3), on: problem))
    #expect(expectUnbiased(ARMS(samples: 3), on: problem, draws: 2000, seed: TestSeed.value))
  }

  @Test("A mutant's exact bias is an issue at the caller's place")
  func exactMutant() throws {
    let problem = try Fixtures.problems(6)[0]
    let estimator = try mutant("arms-4-not-inverted-debias")
    withKnownIssue {
      #expect(!expectExactlyUnbiased(estimator, on: problem))
    } matching: { issue in
      issue.sourceLocation?.fileName == "ArmatureTestingTests.swift"
        && issue.comments.contains { $0.rawValue.contains("coordinate") }
    }
  }

  @Test("A mutant's drawn gradients are an issue with coordinate, interval and e-value")
  func drawnMutant() throws {
    let problem = try Fixtures.problems(5)[0]
    let estimator = try mutant("arm-sign")
    withKnownIssue {
      #expect(!expectUnbiased(estimator, on: problem, draws: 4000, seed: TestSeed.value))
    } matching: { issue in
      issue.comments.contains {
        $0.rawValue.contains("confidence interval") && $0.rawValue.contains("e-value")
      }
    }
  }
}
