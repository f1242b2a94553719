/// Errors of M-sample means of one layer's gradient, for one M: consecutive blocks of M gradient samples, without overlap.
///
/// For each full block with mean g_M: the cosine similarity of g_M with the exact gradient g, and ||g_M - g||^2 / ||g||^2.
/// A mean that is exactly zero has the cosine similarity 0. A block that is not full counts for nothing.
struct BlockErrors: Sendable {
  /// M.
  let size: Int
  private let exact: [Double]
  private let squaredNorm: Double
  private var sum: [Double]
  private var filled = 0
  private(set) var cosines: [Double] = []
  private(set) var squaredErrors: [Double] = []

  /// - Precondition: `size > 0`, `exact` is not zero.
  init(size: Int, exact: [Double]) {
    squaredNorm = exact.reduce(0) { $0 + $1 * $1 }
    precondition(size > 0 && squaredNorm > 0)
    self.size = size
    self.exact = exact
    sum = [Double](repeating: 0, count: exact.count)
  }

  var blocks: Int { cosines.count }

  /// Takes the next gradient sample.
  ///
  /// - Precondition: as many numbers as the exact gradient.
  /// - Complexity: one addition for each number, three multiplications more where a block ends.
  mutating func add(_ sample: Span<Double>) {
    precondition(sample.count == sum.count)
    for i in 0..<sample.count { sum[i] += sample[i] }
    filled += 1
    if filled == size { close() }
  }

  private mutating func close() {
    var product = 0.0
    var square = 0.0
    var error = 0.0
    for i in sum.indices {
      let mean = sum[i] / Double(size)
      product += mean * exact[i]
      square += mean * mean
      error += (mean - exact[i]) * (mean - exact[i])
      sum[i] = 0
    }
    cosines.append(square == 0 ? 0 : product / (square * squaredNorm).squareRoot())
    squaredErrors.append(error / squaredNorm)
    filled = 0
  }

  /// The mean cosine similarity, or nil before the first full block.
  var cosine: Double? { Self.mean(cosines) }

  /// sqrt(mean ||g_M - g||^2 / ||g||^2), or nil before the first full block.
  var relativeRMSE: Double? { Self.mean(squaredErrors).map { $0.squareRoot() } }

  /// The quantile of the blocks' cosine similarities, interpolated linearly between order statistics.
  ///
  /// - Precondition: 0 <= probability <= 1, at least one block.
  func cosineQuantile(_ probability: Double) -> Double {
    let sorted = cosines.sorted()
    let place = probability * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}

/// The numbers of samples M that a study averages over.
enum AccuracySizes {
  /// 1 to 9, 10 to 90 in tens, and so on, as far as `samples` fill a block, up to 9000.
  static func upTo(_ samples: Int) -> [Int] {
    [1, 10, 100, 1000].flatMap { unit in (1...9).map { $0 * unit } }.filter { $0 <= samples }
  }
}
