public import Foundation
public import GradientEstimators
internal import RandomStreams

/// Independent gradients of an estimator on a problem, [draws x logits], in `Double`, from Philox streams.
///
/// Draw i is row i of the stream (seed, estimator noise, step 0): it does not depend on how many are drawn at a time.
/// A running-mean baseline stays where it is: the draws are identically distributed.
public struct SampleDraws: Sendable {
  private let estimator: any GradientEstimator
  private let problem: Problem
  private let stream: RandomStream

  /// - Throws: `ExactExpectationError.unsupported` if the estimator does not take the problem's variables.
  public init(
    estimator: any GradientEstimator, problem: Problem, seed: UInt64
  ) throws(ExactExpectationError) {
    try problem.requireSupport(by: estimator)
    self.estimator = estimator
    self.problem = problem
    stream = RandomStream(seed: seed, purpose: .estimatorNoise, step: 0)
  }

  /// The gradients of some draws, [draws x logits].
  ///
  /// - Precondition: `draws` is not empty and below 2^32.
  public func gradients(_ draws: Range<Int>) -> [Double] {
    var batch = EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: draws.count)
    let perRow = batch.noisePerRow
    var noise = batch.noise.mutableSpan
    stream.fillUniforms(rows: draws, perRow: perRow, into: &noise)
    batch.run()
    return batch.gradient
  }

  /// Writes `count` draws as a NumPy file, float64 [count, logits]; all or nothing.
  ///
  /// - Parameters:
  ///   - count: draws, at most 2^32.
  ///   - file: the target, replaced if it exists.
  ///   - progress: called with the number of draws written so far.
  /// - Throws: `NPYError` if the file cannot be written.
  public func write(
    count: Int, to file: URL, progress: (Int) -> Void = { _ in }
  ) throws(NPYError) {
    let columns = problem.shape(rows: 1).logitsPerRow
    var writer = try NPYWriter(file: file, rows: count, columns: columns)
    let chunk = 16_384
    for start in stride(from: 0, to: count, by: chunk) {
      let end = min(start + chunk, count)
      try writer.append(gradients(start..<end))
      progress(end)
    }
    try writer.finish()
  }
}
