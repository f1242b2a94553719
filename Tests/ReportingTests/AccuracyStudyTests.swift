import ElementwiseKernels
import ExactExpectations
import Foundation
import GradientEstimators
import Testing

@testable import Reporting
@testable import Verification

/// An estimator with a planted fault: the gradient of every hidden layer is multiplied by a factor.
private struct ScaledLayers: FaultyLayeredEstimator {
  let base = LayeredBranching(ARM())
  let factor: Double

  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: values, signal: signal,
      shape: shape, gradient: &gradient)
    Scalar.scale(&gradient, by: Scalar(factor))
  }
}

@Suite("The study of gradient accuracy")
struct AccuracyStudyTests {
  private func rightARM() throws -> AccuracyEstimator { try .make("arm") }

  private func scaledARM(_ factor: Double) -> AccuracyEstimator {
    AccuracyEstimator(layered: ScaledLayers(factor: factor), outputFollowsTrunk: true)
  }

  @Test("The exact loss is that of an enumeration of all paths")
  func exactLoss() throws {
    let problem = try AccuracyProblems.small()
    let exact = try AccuracyStudy.Exact(of: problem)
    #expect(abs(exact.expectedLoss - AccuracyProblems.bruteForceLoss(problem)) < 1e-14)
  }

  @Test("The exact gradient of every parameter is the derivative of the enumerated loss")
  func exactGradient() throws {
    let problem = try AccuracyProblems.small()
    let exact = try AccuracyStudy.Exact(of: problem)
    #expect(exact.gradients.map(\.count) == [6, 9, 4])
    for (layer, gradient) in exact.gradients.enumerated() {
      for (parameter, derivative) in gradient.enumerated() {
        func loss(_ change: Double) throws -> Double {
          AccuracyProblems.bruteForceLoss(
            try AccuracyProblems.changed(problem, layer: layer, parameter: parameter, by: change))
        }
        // Differences of the fourth order; what is left is rounding, about 1e-13.
        let step = 1e-3
        let near = try loss(step) - loss(-step)
        let far = try loss(2 * step) - loss(-2 * step)
        #expect(abs((8 * near - far) / (12 * step) - derivative) < 1e-11, "layer \(layer), \(parameter)")
      }
    }
  }

  @Test("The outcome does not depend on the number of threads, and does on the seed")
  func deterministic() async throws {
    let estimators = try AccuracyEstimator.standardNames.map { try AccuracyEstimator.make($0) }
    let one = try await AccuracyProblems.run(estimators, samples: 130, seed: 5, threads: 1)
    let three = try await AccuracyProblems.run(estimators, samples: 130, seed: 5, threads: 3)
    let other = try await AccuracyProblems.run(estimators, samples: 130, seed: 6, threads: 3)
    #expect(one.rows == three.rows)
    #expect(one.rows != other.rows)
    #expect(one.rows.count == 7 * 3 * 19)
    #expect(one.rows.allSatisfy { $0.blocks == 130 / $0.samples && $0.cosineLow <= $0.cosineHigh })
    let tanh = one.rows.filter { $0.estimator == "tanh" && $0.layer == 0 }
    #expect(tanh.allSatisfy { $0.cosineLow == $0.cosineHigh && abs($0.cosine - tanh[0].cosine) < 1e-12 })
  }

  @Test("Estimators that sample one path see the same one: the output layer's errors are equal")
  func commonRandomNumbers() async throws {
    let outcome = try await AccuracyProblems.run(
      ["reinforce", "deep-st"].map { try AccuracyEstimator.make($0) }, samples: 20)
    let rows = outcome.rows.filter { $0.layer == 2 }
    #expect(rows.prefix(rows.count / 2).map(\.cosine) == rows.suffix(rows.count / 2).map(\.cosine))
  }

  @Test("Two right studies agree (false alarms: below 1e-6); a factor of 1.2 in the hidden layers is flagged")
  func plantedFault() async throws {
    let right = try await AccuracyProblems.run([rightARM()], samples: 2000)
    // Blocks of 1 and 10 samples: at least 200 of both, so that the normal law holds far out.
    let published = try AccuracyProblems.published(right, sizes: [1, 10])
    let again = try await AccuracyProblems.run([rightARM()], samples: 2000, seed: AccuracyProblems.seed &+ 1)
    let agreement = try await AccuracyComparison(again, with: published, falseAlarmRate: 1e-7, draws: 100)
    #expect(agreement.holds && agreement.count(.agrees) == agreement.cells.count)
    #expect(agreement.cells.count == 2 * 3 * 2)
    #expect(agreement.sentence.hasPrefix("12 of 12 cells agree"))

    let faulty = try await AccuracyProblems.run([scaledARM(1.2)], samples: 2000)
    let comparison = try await AccuracyComparison(faulty, with: published, falseAlarmRate: 1e-7, draws: 100)
    #expect(!comparison.holds)
    let differing = comparison.cells.filter { $0.verdict == .differs }
    // A factor leaves the cosine similarity as it is, and the output layer is not touched.
    #expect(Set(differing.map(\.layer)) == [0, 1])
    #expect(differing.allSatisfy { $0.quantity == .relativeRMSE })
  }

  @Test("A sign error is flagged by the cosine similarity, also where only a few blocks are left")
  func plantedSign() async throws {
    let right = try await AccuracyProblems.run([rightARM()], samples: 2000)
    let published = try AccuracyProblems.published(right, sizes: [500])
    let faulty = try await AccuracyProblems.run([scaledARM(-1)], samples: 2000)
    let comparison = try await AccuracyComparison(faulty, with: published, draws: 200)
    let cells = comparison.cells.filter { $0.quantity == .cosine && $0.layer < 2 }
    #expect(cells.count == 2 && cells.allSatisfy { $0.verdict == .differs })
  }

  @Test("Cells that a short study lacks are missing, and contradict nothing")
  func missing() async throws {
    let long = try await AccuracyProblems.run([rightARM()], samples: 200)
    let published = try AccuracyProblems.published(long, sizes: [1, 100])
    let short = try await AccuracyProblems.run([.make("psa")], samples: 20)
    let comparison = try await AccuracyComparison(short, with: published, draws: 20)
    #expect(comparison.count(.missing) == comparison.cells.count && comparison.holds)
  }

  @Test("Settings that make no study are refused in one line")
  func settings() throws {
    let problem = try AccuracyProblems.small()
    let psa = try AccuracyEstimator.make("psa")
    #expect(throws: AccuracyError.self) {
      try AccuracyStudy(problem: problem, estimators: [psa], samples: 0, seed: 1)
    }
    #expect(throws: AccuracyError.self) {
      try AccuracyStudy(problem: problem, estimators: [], samples: 1, seed: 1)
    }
    #expect(throws: AccuracyError.self) {
      try AccuracyStudy(problem: problem, estimators: [psa, psa], samples: 1, seed: 1)
    }
    for name in ["pas", "gumbel:0", "gumbel:x", "reinforce-ema", "carms-i:3", ""] {
      #expect(throws: AccuracyError.self, "\(name)") { try AccuracyEstimator.make(name) }
    }
    #expect(try AccuracyEstimator.make("gumbel:1.0").name == "gumbel:1")
    #expect(try AccuracyEstimator.make("disarm:2").name == "disarm:2")
  }

  @Test("A layer without gradient has no relative error, and the study says which")
  func zeroGradient() async throws {
    let problem = try AccuracyProblem(
      network: AccuracyNetwork(layers: [
        .init(weight: [[1], [-1]], bias: [0, 0.5]), .init(weight: [[0, 0]], bias: [0.3]),
      ]), data: LabelledPoints(points: [[1]], targets: [1]))
    let study = try AccuracyStudy(
      problem: problem, estimators: [.make("psa")], samples: 1, seed: 1)
    await #expect(throws: AccuracyError.zeroGradient(layer: 0)) { _ = try await study.run(threads: 1) }
  }

  @Test(
    "The published checkpoint has the published loss and gradient norms",
    .enabled(if: ProcessInfo.processInfo.environment["ARMATURE_DATA"] != nil))
  func publishedCheckpoint() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["ARMATURE_DATA"])
    let problem = try AccuracyProblem(
      networkFile: folder + "/psa-5-5-5/checkpoint-100.json", pointsFile: nil)
    let exact = try AccuracyStudy.Exact(of: problem)
    #expect(problem.network.widths == [2, 5, 5, 5, 1] && problem.data.count == 200)
    #expect(abs(exact.expectedLoss - 0.6838682289) <= 0.5e-10)
    for (norm, expected) in zip(exact.gradientNorms, [4.7326e-3, 5.9063e-3, 9.6893e-3, 5.32714e-2]) {
      #expect(abs(norm - expected) <= 1e-5 * expected)
    }
    let published = try PublishedAccuracy.load(file: PublishedFixture.path)
    #expect(published.isAbout(expectedLoss: exact.expectedLoss, gradientNorms: exact.gradientNorms))
    #expect(
      !published.isAbout(expectedLoss: exact.expectedLoss + 1e-9, gradientNorms: exact.gradientNorms))
  }
}

private enum PublishedFixture {
  static let path = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/Published/" + PublishedAccuracy.fileName).path
}

@Suite("Published errors of gradients")
struct PublishedAccuracyTests {
  @Test("The fixture has every cell of both tables")
  func fixture() throws {
    let published = try PublishedAccuracy.load(file: PublishedFixture.path)
    #expect(Set(published.estimators) == Set(AccuracyEstimator.standardNames))
    #expect(published.value(.cosine, estimator: "psa", layer: 0, size: 1) == 0.991)
    #expect(published.value(.relativeRMSE, estimator: "reinforce", layer: 3, size: 9000) == 0.005)
    #expect(published.value(.cosine, estimator: "psa", layer: 4, size: 1) == nil)
    #expect(published.value(.cosine, estimator: "psa", layer: 0, size: 2) == nil)
    #expect(published.rounding == 0.0005)
  }

  @Test(
    "A number matches a text to the text's last digit",
    arguments: [
      (0.6838682289, "0.6838682289", true), (0.68386822895, "0.6838682289", true),
      (0.683868230, "0.6838682289", false), (4.7326e-3, "4.7326e-3", true), (4.7329e-3, "4.7326e-3", false),
      (2, "2", true), (1, "one", false),
    ])
  func rounding(number: Double, text: String, expected: Bool) {
    #expect(PublishedAccuracy.rounds(number, to: text) == expected)
  }

  @Test("A file with a missing row is refused, with the place")
  func malformed() throws {
    let folder = try TemporaryFolder()
    let text = try String(contentsOfFile: PublishedFixture.path, encoding: .utf8)
    let file = try folder.write(
      text.replacing("    - [0.991, 0.998, 0.999, 0.999, 0.999]\n", with: ""), to: "published.yaml")
    #expect {
      _ = try PublishedAccuracy.load(file: file)
    } throws: {
      "\($0)".contains("cosine, psa") && "\($0)".contains("4 rows")
    }
  }
}
