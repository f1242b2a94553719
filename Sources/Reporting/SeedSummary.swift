internal import ReferenceMath

/// Values of one quantity, one for each seed, in few words.
package struct SeedSummary: Hashable, Sendable {
  let values: [Double]

  /// - Precondition: at least one value.
  init(_ values: [Double]) {
    precondition(!values.isEmpty)
    self.values = values
  }

  var mean: Double { values.reduce(0, +) / Double(values.count) }

  /// Half the width of the 95 % t-interval for the mean; nil for a single seed.
  ///
  /// With s the standard deviation over n seeds: t(0.975; n - 1) s / sqrt(n). It holds if the seeds' values are
  /// independent and normal; n values of one or two seeds cannot show that they are.
  var halfWidth: Double? {
    guard values.count > 1, let quantile = Self.studentFactor(seeds: values.count) else { return nil }
    let count = Double(values.count)
    let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    return quantile * (squares / (count - 1)).squareRoot() / count.squareRoot()
  }

  /// `121.56 ± 0.89`, or the value alone for a single seed; what the ± is, stands in the report's text.
  func text(decimals: Int) -> String {
    let mean = NumberFormatting.fixed(mean, decimals: decimals)
    guard let halfWidth else { return mean }
    return "\(mean) ± \(NumberFormatting.fixed(halfWidth, decimals: decimals))"
  }

  /// Student's factor t(0.975; seeds - 1).
  static func studentFactor(seeds: Int) -> Double? {
    guard seeds > 1 else { return nil }
    return try? studentQuantile(0.975, degreesOfFreedom: Double(seeds - 1))
  }
}
