internal import RandomStreams
internal import ReferenceMath

/// How far two independent runs of a study can lie apart by chance in one quantity of one layer for one M.
///
/// A run's value is a function of the mean over its blocks. With at least 200 blocks on both sides the law of the
/// difference is normal: variance s^2 (1/B + 1/B'), s^2 the variance of the blocks' values, and for the relative RMSE that
/// divided by (2 RMSE)^2. With fewer blocks the law is resampled: blocks of M are built from short consecutive block means
/// drawn with replacement, each run from as many blocks as it has (or normal, where it alone has 200), and all pairs of
/// such runs are compared.
///
/// Guarantee: two runs of the same estimator differ by more than `allowed(rate)` with probability about `rate`; what is
/// approximate is the normal law of means over at least 200 blocks, the 200 or more short means that stand for their law,
/// and the resampled runs' centre, which lies off the true one by the run's own error and so widens the law a little where
/// an unbiased estimator is averaged over nearly the whole run.
struct RunDifferenceLaw: Sendable {
  static let blocksForNormalLaw = 200

  let quantity: AccuracyQuantity
  /// Our blocks.
  let errors: BlockErrors
  let units: UnitMeans
  let exact: [Double]
  /// Blocks of the other run.
  let otherBlocks: Int
  /// Resampled runs on either side.
  let draws: Int

  /// The difference that two runs exceed with probability `rate`; nil where units cannot make blocks of M.
  ///
  /// - Precondition: 0 < rate < 1, at least one block on both sides.
  /// - Complexity: where resampled, `draws` x fewer than 200 blocks x M / unit size x parameters additions.
  func allowed(rate: Double, stream: RandomStream) throws(GSLError) -> Double? {
    if min(errors.blocks, otherBlocks) >= Self.blocksForNormalLaw {
      return try -normalQuantile(rate / 2) * standardDeviation
    }
    guard units.count > 1, errors.size.isMultiple(of: units.size) else { return nil }
    let ours = try runs(blocks: errors.blocks, stream: stream, firstRow: 0)
    let others = try runs(blocks: otherBlocks, stream: stream, firstRow: draws)
    return Self.exceeded(with: rate, ours, others)
  }

  private var standardDeviation: Double {
    let values = quantity == .cosine ? errors.cosines : errors.squaredErrors
    let moments = SampleMoments(values)
    let scaled = moments.variance * (1 / Double(values.count) + 1 / Double(otherBlocks))
    switch quantity {
    case .cosine: return scaled.squareRoot()
    case .relativeRMSE: return moments.mean == 0 ? 0 : (scaled / (4 * moments.mean)).squareRoot()
    }
  }

  /// The quantity in `draws` runs of so many blocks, ascending: resampled, or with at least 200 blocks the quantiles of the
  /// normal law whose mean and variance are those of resampled blocks.
  private func runs(blocks: Int, stream: RandomStream, firstRow: Int) throws(GSLError) -> [Double] {
    guard blocks >= Self.blocksForNormalLaw else {
      return resampled(blocks: blocks, stream: stream, firstRow: firstRow).map {
        quantity == .cosine ? $0 : $0.squareRoot()
      }
      .sorted()
    }
    let moments = SampleMoments(resampled(blocks: 1, stream: stream, firstRow: firstRow))
    let deviation = (moments.variance / Double(blocks)).squareRoot()
    var runs: [Double] = []
    runs.reserveCapacity(draws)
    for draw in 0..<draws {
      let mean = moments.mean + deviation * (try normalQuantile((Double(draw) + 0.5) / Double(draws)))
      runs.append(quantity == .cosine ? mean : max(mean, 0).squareRoot())
    }
    return runs
  }

  /// Means over so many resampled blocks of the cosine similarity or the squared relative error, `draws` of them.
  private func resampled(blocks: Int, stream: RandomStream, firstRow: Int) -> [Double] {
    let perBlock = errors.size / units.size
    var uniforms = [Double](repeating: 0, count: blocks * perBlock)
    return (0..<draws).map { draw in
      var output = uniforms.mutableSpan
      stream.fillUniforms(
        rows: firstRow + draw..<firstRow + draw + 1, perRow: blocks * perBlock, into: &output)
      var errors = BlockErrors(size: perBlock, exact: exact)
      let values = units.values.span
      for uniform in uniforms {
        let unit = min(Int(uniform * Double(units.count)), units.count - 1)
        errors.add(values.extracting(unit * exact.count..<(unit + 1) * exact.count))
      }
      let blocks = quantity == .cosine ? errors.cosines : errors.squaredErrors
      return blocks.reduce(0, +) / Double(blocks.count)
    }
  }

  /// The smallest q such that at most the share `rate` of all pairs differs by more than q; both lists ascend.
  static func exceeded(with rate: Double, _ first: [Double], _ second: [Double]) -> Double {
    let allowedPairs = Int(rate * Double(first.count) * Double(second.count))
    var low = 0.0
    var high = max(first[first.count - 1] - second[0], second[second.count - 1] - first[0], 0)
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return high }
      if pairs(first, second, furtherThan: middle) <= allowedPairs { high = middle } else { low = middle }
    }
  }

  private static func pairs(_ first: [Double], _ second: [Double], furtherThan distance: Double) -> Int {
    var below = 0
    var notAbove = 0
    var count = 0
    for value in first {
      while below < second.count, second[below] < value - distance { below += 1 }
      while notAbove < second.count, second[notAbove] <= value + distance { notAbove += 1 }
      count += below + second.count - notAbove
    }
    return count
  }
}

/// Mean and variance of a sample, n - 1 in the denominator.
private struct SampleMoments {
  let mean: Double
  let variance: Double

  /// - Precondition: at least two values.
  init(_ values: [Double]) {
    precondition(values.count > 1)
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }
}
