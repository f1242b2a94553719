internal import Datasets
internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators
internal import RandomStreams

/// A digest of what an estimator makes of fixed noise: the bits of its samples and gradients on a problem.
///
/// Two batches of 128 rows from Philox; the estimator observes each, so that a baseline that learns is part of it. Equal
/// bits give equal digests, whatever the build.
enum GoldenBits {
  private static let rows = 128
  private static let batches = 2
  /// Steps of the baseline's stream below this belong to the cost workload.
  private static let firstStep: UInt64 = 1 << 32

  static func digests(of estimator: any GradientEstimator, on problem: Problem) -> Baseline.Golden {
    Baseline.Golden(
      float: digest(EstimatorBatch<Float>(estimator: estimator, problem: problem, rows: rows)),
      double: digest(EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: rows)))
  }

  /// The estimator as it is after a step.
  static func observing(_ estimator: any GradientEstimator, on problem: Problem) -> any GradientEstimator {
    var batch = EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: 4)
    step(&batch, place: batches)
    return batch.estimator
  }

  private static func step<Scalar: KernelScalar>(_ batch: inout EstimatorBatch<Scalar>, place: Int) {
    let (rows, perRow) = (batch.shape.rows, batch.noisePerRow)
    var noise = batch.noise.mutableSpan
    RandomStream(seed: 1, purpose: .baseline, step: firstStep + UInt64(place))
      .fillUniforms(rows: 0..<rows, perRow: perRow, into: &noise)
    batch.run()
    batch.observe()
  }

  /// The first 16 hexadecimal digits of SHA-256 over the numbers, widened to `Double`, least significant byte first.
  private static func digest<Scalar: KernelScalar>(_ start: EstimatorBatch<Scalar>) -> String {
    var batch = start
    var bytes: [UInt8] = []
    for place in 0..<batches {
      step(&batch, place: place)
      for number in batch.samples + batch.gradient {
        let bits = number.isNaN ? UInt64.max : Double(number).bitPattern
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
      }
    }
    return String(SHA256Stream.digest(of: bytes).prefix(16))
  }
}
