import ExactExpectations
import GradientEstimators
import RandomStreams
import SequentialTesting
import Testing

/// Exact variances of ARS and ARSM against drawn gradients. A right variance is refuted with a probability of at most 1e-6
/// for both estimators and problems together.
@Suite("Exact variances of swapped races of four categories, against draws")
struct SwappedRaceVarianceTests {
  private static let rows = 2048
  private static let falseAlarmRate = 1e-6 / 4

  /// Whether the squared distance of drawn gradients from the exact gradient speaks against `factor` times its exact mean.
  private func isRefuted(_ estimator: any GradientEstimator, _ problem: Problem, factor: Double) throws
    -> Bool
  {
    let moments = try exactMoments(of: estimator, on: problem)
    let coordinates = moments.gradient.indices
    let largest = coordinates.reduce(0) { sum, coordinate in
      let bounds = problem.gradientBounds(of: estimator, coordinate: coordinate)
      let gradient = moments.gradient[coordinate]
      let reach = max(bounds.upperBound - gradient, gradient - bounds.lowerBound)
      return sum + reach * reach
    }
    var test = try BoundedMeanTest(
      mean: factor * moments.variance.reduce(0, +), bounds: 0...largest, falseAlarmRate: Self.falseAlarmRate)
    var batch = EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: Self.rows)
    let perRow = batch.noisePerRow
    for step in 0..<4 where !test.isRejected {
      var noise = batch.noise.mutableSpan
      RandomStream(seed: TestSeed.value, purpose: .verification, step: UInt64(step))
        .fillUniforms(rows: 0..<Self.rows, perRow: perRow, into: &noise)
      batch.run()
      for row in 0..<Self.rows {
        test.observe(
          coordinates.reduce(0) { sum, coordinate in
            let error = batch.gradient[row * coordinates.count + coordinate] - moments.gradient[coordinate]
            return sum + error * error
          })
      }
    }
    return test.isRejected
  }

  private func problems() throws -> [Problem] {
    try Fixtures.problems(12) + [
      Problem(
        name: "soft", latent: .categorical(categories: 4, logits: [[0.2, -0.4, 0.6, 0.2]]),
        objective: .table(values: [1.4, -0.7, 2.6, 0.3]))
    ]
  }

  @Test("8192 gradients do not speak against the exact variance")
  func agreement() throws {
    for problem in try problems() {
      #expect(try !isRefuted(ARS(), problem, factor: 1))
      #expect(try !isRefuted(ARSM(), problem, factor: 1))
    }
  }

  @Test("They refute twice and half the exact variance", arguments: [0.5, 2])
  func fault(factor: Double) throws {
    let soft = try problems()[1]
    #expect(try isRefuted(ARS(), soft, factor: factor))
    #expect(try isRefuted(ARSM(), soft, factor: factor))
  }
}
