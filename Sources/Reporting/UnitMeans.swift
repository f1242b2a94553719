/// Means of short consecutive blocks of one layer's gradient samples: what longer blocks are resampled from.
struct UnitMeans: Sendable {
  /// Samples in a unit.
  let size: Int
  let parameters: Int
  /// Row-major, [units x parameters].
  private(set) var values: [Double] = []
  private var sum: [Double]
  private var filled = 0

  /// - Precondition: `size > 0`, `parameters > 0`.
  init(size: Int, parameters: Int) {
    precondition(size > 0 && parameters > 0)
    self.size = size
    self.parameters = parameters
    sum = [Double](repeating: 0, count: parameters)
  }

  var count: Int { values.count / parameters }

  /// The largest power of ten of which `samples` hold at least 200.
  static func size(for samples: Int) -> Int {
    [1000, 100, 10].first { samples / $0 >= 200 } ?? 1
  }

  mutating func add(_ sample: Span<Double>) {
    precondition(sample.count == parameters)
    for i in 0..<parameters { sum[i] += sample[i] }
    filled += 1
    guard filled == size else { return }
    for i in 0..<parameters {
      values.append(sum[i] / Double(size))
      sum[i] = 0
    }
    filled = 0
  }
}
