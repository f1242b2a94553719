internal import ExactExpectations
internal import GradientEstimators
internal import RandomStreams
internal import SequentialTesting

/// What sampling says of an estimator whose noise cannot be integrated: confidence sequences for the mean and for the
/// squared deviation from the exact gradient, for each coordinate.
///
/// The estimator's gradients lie within the bounds of its own formula, so both sequences cover at all times; each misses
/// with probability at most `falseAlarmRate`.
struct SampledMoments {
  private static let rows = 1024
  /// Steps of the baseline's stream from here on belong to sampling.
  private static let firstStep: UInt64 = 1 << 40

  let estimator: any GradientEstimator
  let problem: Problem
  /// The exact gradient of the estimator's target.
  let gradient: [Double]
  let seed: UInt64
  let draws: Int
  /// Of each single sequence.
  let falseAlarmRate: Double

  /// - Throws: `BaselineError.unbounded` where a coordinate has no finite bounds.
  func intervals() throws(BaselineError) -> Baseline.Sampled {
    var means: [MeanConfidenceSequence] = []
    var squares: [MeanConfidenceSequence] = []
    do {
      for coordinate in gradient.indices {
        let bounds = problem.gradientBounds(of: estimator, coordinate: coordinate)
        let reach = max(bounds.upperBound - gradient[coordinate], gradient[coordinate] - bounds.lowerBound)
        means.append(try MeanConfidenceSequence(bounds: bounds, falseAlarmRate: falseAlarmRate))
        squares.append(try MeanConfidenceSequence(bounds: 0...reach * reach, falseAlarmRate: falseAlarmRate))
      }
    } catch {
      throw .unbounded(estimator: estimator.name, problem: problem.name, reason: "\(error)")
    }
    observe(means: &means, squares: &squares)
    return Baseline.Sampled(
      draws: draws, seed: seed, mean: means.map { Baseline.Interval($0.interval) },
      squaredDeviation: squares.map { Baseline.Interval($0.interval) },
      outsideBounds: (means + squares).contains { $0.boundViolation != nil })
  }

  private func observe(
    means: inout [MeanConfidenceSequence], squares: inout [MeanConfidenceSequence]
  ) {
    var batch = EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: min(Self.rows, draws))
    let (rows, perRow) = (batch.shape.rows, batch.noisePerRow)
    let stream = RandomStream(seed: seed, purpose: .baseline, step: Self.firstStep)
    for start in stride(from: 0, to: draws, by: rows) {
      var noise = batch.noise.mutableSpan
      stream.fillUniforms(rows: start..<start + rows, perRow: perRow, into: &noise)
      batch.run()
      for row in 0..<min(rows, draws - start) {
        for coordinate in gradient.indices {
          let value = batch.gradient[row * gradient.count + coordinate]
          let deviation = value - gradient[coordinate]
          means[coordinate].observe(value)
          squares[coordinate].observe(deviation * deviation)
        }
      }
    }
  }
}
