/// The exact joint law of the samples of one categorical variable, by enumeration of their values.
enum JointCells {
  /// More cells than this are not enumerated.
  private static let largestCount = 4096

  /// Calls `cell` with each joint value [samples], the first sample's value changing fastest; nil is an impossible value.
  static func law(
    samples: Int, categories: Int, cell: ([Int]) -> NoiseBlock.Cell?
  ) -> NoiseBlock.Law {
    guard let values = values(samples: samples, categories: categories) else {
      return .notEnumerable(
        reason: "the joint law of \(samples) samples of \(categories) categories has more than "
          + "\(largestCount) cells")
    }
    return .cells(values.compactMap(cell))
  }

  /// All joint values; nil if there are too many.
  private static func values(samples: Int, categories: Int) -> [[Int]]? {
    let count = (0..<samples).reduce(1) { count, _ in min(count * categories, largestCount + 1) }
    guard count <= largestCount else { return nil }
    return (0..<count).map { index in
      var rest = index
      return (0..<samples).map { _ in
        defer { rest /= categories }
        return rest % categories
      }
    }
  }
}
