import ElementwiseKernels
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

/// ARM with a planted fault: it states the law of its noise without breakpoints, so that its cubature is wrong.
private struct MisstatedARM: GradientEstimator {
  private let arm = ARM()
  var name: String { "misstated" }
  func evaluations(variables: LatentVariables) -> Int { arm.evaluations(variables: variables) }
  func noisePerRow(variables: LatentVariables) -> Int { arm.noisePerRow(variables: variables) }
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    logits.indices.map { NoiseBlock(indices: [$0], law: .uniform(breakpoints: [], degree: 1)) }
  }
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    arm.gradientBounds(objective: objective, logits: logits, variables: variables, coordinate: coordinate)
  }
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    arm.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    arm.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
  }
}

@Suite("The toy study of ARM")
struct ArmToyTests {
  private func smallStudy() throws -> ArmToyStudy {
    var study = try ArmToyStudy()
    study.iterations = 200
    study.probabilities = [0.2, 0.5]
    study.draws = 3000
    study.seed = testSeed
    return study
  }

  @Test(
    "At p = 1/2 the exact variance is (1 - 2 p0)^2 times the closed form's factor",
    arguments: [("arm", 1.0 / 48), ("disarm", 0), ("loorf:2", 1.0 / 16)])
  func closedForms(name: String, factor: Double) throws {
    let study = try ArmToyStudy()
    let estimator = try EstimatorCatalogue.make(name)
    for target in study.targets {
      let difference = 1 - 2 * target
      let exact = try study.exactVariance(of: estimator, target: target, at: 0.5)
      #expect(abs(exact - factor * difference * difference) <= 1e-12 * difference * difference)
    }
  }

  @Test("The exact trajectory follows its differential equation to the right optimum")
  func exactTrajectory() throws {
    func climb(_ target: Double) throws -> [Double] {
      try ToyAscent.bernoulli(target: target).exact(steps: 2000).map { .sigmoid($0[0]) }
    }
    let (up, down) = (try climb(0.49), try climb(0.51))
    #expect(up.count == 2001 && up[0] == 0.5)
    #expect(zip(up, up.dropFirst()).allSatisfy { $0 < $1 })
    #expect(zip(up, down).allSatisfy { abs($0 + $1 - 1) < 1e-12 })
    #expect(abs(up[1] - 1 / (1 + exp(-0.005))) < 1e-15)
  }

  @Test("DisARM without noise at p = 1/2 makes exactly the exact gradient's first step")
  func firstStep() throws {
    let ascent = ToyAscent.bernoulli(target: 0.49)
    let sampled = try ascent.sampled(
      by: try EstimatorCatalogue.make("disarm"), seed: testSeed, firstRow: 0, steps: 1)
    #expect(abs(sampled[1][0] - (try ascent.exact(steps: 1)[1][0])) < 1e-15)
  }

  @Test("Every measured variance agrees with the exact one (false alarms: at most 1e-6 for the whole study)")
  func agreement() throws {
    let outcome = try smallStudy().run()
    #expect(outcome.variances.count == 4 * 6 * 2)
    #expect(outcome.trajectories.count == 4 * 7)
    #expect(outcome.variances.allSatisfy { $0.agrees == true })
    #expect(outcome.variances.allSatisfy { $0.interval.contains($0.measured) })
  }

  @Test("A planted fault, a noise law without its breakpoints, fails the study")
  func fault() throws {
    var study = try smallStudy()
    study.estimators = [MisstatedARM()]
    study.targets = [0.49]
    study.probabilities = [0.05]
    study.draws = 30_000
    let outcome = try study.run()
    #expect(outcome.variances.map(\.agrees) == [false])
    let folder = try TemporaryFolder()
    let written = try ArmToyReport(outcome).write(context: fixedContext(output: folder.path))
    #expect(!written.holds)
    #expect(written.verdict.hasPrefix("1 of 1 measured variances contradict the exact ones"))
    #expect(try folder.text("arm-toy.md").contains("**contradicts**"))
  }

  @Test("The same study gives the same report, byte by byte")
  func deterministic() throws {
    let folder = try TemporaryFolder()
    var study = try smallStudy()
    study.targets = [0.49]
    study.draws = 500
    for place in 0..<2 {
      _ = try ArmToyReport(try study.run()).write(context: fixedContext(output: folder.file("\(place)")))
    }
    for file in ["arm-toy.md", "figures/arm-toy-variance.dat", "figures/arm-toy-trajectories.gp"] {
      #expect(try folder.text("0/" + file) == folder.text("1/" + file))
    }
  }
}
