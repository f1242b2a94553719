internal import ElementwiseKernels
internal import RealModule

/// The multi-sample bound L = log (1/K) sum_k w_k of one row, and what changes when one weight is replaced.
///
/// Holds log weights; sums are taken relative to the largest, and never by subtracting a weight from a sum. Reading is
/// mutating too: to read a value of this size otherwise, the optimiser copies it.
struct MultiSampleBound: ~Copyable {
  private var logWeights = InlineArray<256, Double>(repeating: 0)
  private(set) var count = 0

  /// Takes `count` log weights of a row: values[(first + k stride) rows + row].
  @inline(__always)
  mutating func load<Scalar: KernelScalar>(
    _ values: Span<Scalar>, row: Int, rows: Int, first: Int = 0, stride: Int = 1, count: Int
  ) {
    self.count = count
    for k in 0..<count { logWeights[k] = Double(values[(first + k * stride) * rows + row]) }
  }

  /// L.
  var value: Double {
    mutating get { with(replaced: 0, by: logWeights[0]) }
  }

  /// L with one log weight replaced by another.
  mutating func with(replaced k: Int, by logWeight: Double) -> Double {
    var largest = logWeight
    for j in 0..<count where j != k { largest = max(largest, logWeights[j]) }
    var sum = Double.exp(logWeight - largest)
    for j in 0..<count where j != k { sum += .exp(logWeights[j] - largest) }
    return largest + .log(sum / Double(count))
  }

  /// L with one log weight replaced by the mean of the others: by their geometric mean, as a weight.
  mutating func withMean(replaced k: Int) -> Double {
    var sum = 0.0
    for j in 0..<count where j != k { sum += logWeights[j] }
    return with(replaced: k, by: sum / Double(count - 1))
  }

  /// w_k / sum w.
  mutating func share(of k: Int) -> Double {
    var sum = 0.0
    for j in 0..<count { sum += .exp(logWeights[j] - logWeights[k]) }
    return 1 / sum
  }

  // MARK: Bounds

  /// The range of L less L with one weight replaced by the others' geometric mean, for log weights in a range of width r:
  /// log((K-1)/K) to log((K-1 + e^r)/K).
  static func signalRange(width: Double, samples: Int) -> ClosedRange<Double> {
    let (others, all) = (Double(samples - 1), Double(samples))
    // log((K-1 + e^r)/K), without overflow.
    return .log(others / all)...width + .log((1 + others * .exp(-width)) / all)
  }

  /// The range of a sum of K terms, each a number of `signal` times a score.
  static func scoreRange(
    signal: ClosedRange<Double>, samples: Int, odds: (probability: Double, complement: Double)
  ) -> ClosedRange<Double> {
    let one = ObjectiveRange.scoreFunctionBounds(objective: signal, baseline: 0...0, odds: odds)
    return Double(samples) * one.lowerBound...Double(samples) * one.upperBound
  }
}
