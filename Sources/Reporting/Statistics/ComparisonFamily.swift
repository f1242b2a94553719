/// Two estimators on one protocol, their values paired by seed.
struct PairedComparison: Sendable {
  /// What they are compared on; the claims of a report name it.
  let place: String
  let first: String
  let second: String
  let seeds: [UInt64]
  /// First minus second, in the order of the seeds.
  let differences: [Double]
  let test: SignFlipTest?

  /// Only seeds that both have are compared.
  init(
    place: String, first: String, second: String, _ firstValues: [UInt64: Double],
    _ secondValues: [UInt64: Double]
  ) {
    self.place = place
    self.first = first
    self.second = second
    seeds = Set(firstValues.keys).intersection(secondValues.keys).sorted()
    differences = seeds.compactMap { seed in
      firstValues[seed].flatMap { value in secondValues[seed].map { value - $0 } }
    }
    test = differences.isEmpty || !differences.allSatisfy(\.isFinite) ? nil : SignFlipTest(differences)
  }
}

/// All comparisons of a report, and what may be claimed of them together.
///
/// A difference is claimed where Holm's adjusted p-value of the sign-flip test is at most `errorRate`: if estimators of one
/// law are compared, the probability that the report claims any difference between such estimators is at most `errorRate`.
struct ComparisonFamily: Sendable {
  enum Claim: Hashable, Sendable {
    /// Lower is better.
    case beats(winner: String, loser: String)
    case noDifferenceShown
  }

  static let defaultErrorRate = 0.05

  let errorRate: Double
  let comparisons: [PairedComparison]
  /// Holm's, for each comparison; nil where nothing could be tested.
  let adjusted: [Double?]

  init(_ comparisons: [PairedComparison], errorRate: Double = defaultErrorRate) {
    self.comparisons = comparisons
    self.errorRate = errorRate
    let tested = comparisons.indices.filter { comparisons[$0].test != nil }
    let found = holmAdjusted(tested.compactMap { comparisons[$0].test?.pValue })
    var adjusted = [Double?](repeating: nil, count: comparisons.count)
    for (index, value) in zip(tested, found) { adjusted[index] = value }
    self.adjusted = adjusted
  }

  /// Comparisons that were tested: those that the error rate is shared by.
  var tested: Int { adjusted.count { $0 != nil } }

  func claim(_ index: Int) -> Claim {
    let comparison = comparisons[index]
    guard let adjusted = adjusted[index], adjusted <= errorRate else { return .noDifferenceShown }
    let isFirst = comparison.differences.reduce(0, +) < 0
    return isFirst
      ? .beats(winner: comparison.first, loser: comparison.second)
      : .beats(winner: comparison.second, loser: comparison.first)
  }

  /// The fewest seeds with which a single one of the comparisons could ever be claimed.
  var fewestSeeds: Int {
    var seeds = 1
    while SignFlipTest.smallestPValue(pairs: seeds) * Double(max(1, tested)) > errorRate,
      seeds < SignFlipTest.largestEnumeration
    {
      seeds += 1
    }
    return seeds
  }

  /// A claim as a sentence of the report, generated from its test.
  func sentence(_ index: Int) -> String {
    let comparison = comparisons[index]
    guard let p = adjusted[index], comparison.test != nil else {
      return "\(comparison.place): \(comparison.first) and \(comparison.second) share no seed."
    }
    let value = NumberFormatting.significant(p, digits: 2)
    switch claim(index) {
    case .beats(let winner, let loser):
      // Loser minus winner, so that the difference is positive.
      let sign: Double = winner == comparison.first ? -1 : 1
      let summary = SeedSummary(comparison.differences.map { sign * $0 })
      return
        "\(comparison.place): \(winner) beats \(loser), lower by \(summary.text(decimals: 2)) "
        + "(mean paired difference over \(comparison.seeds.count) seeds, 95 % t-interval; adjusted p = \(value))."
    case .noDifferenceShown:
      return
        "\(comparison.place): no difference shown between \(comparison.first) and \(comparison.second) (adjusted p = \(value))."
    }
  }

  /// How many differences are claimed, in one sentence; nil where nothing was tested.
  var summary: String? {
    guard tested > 0 else { return nil }
    let claimed = comparisons.indices.count { claim($0) != .noDifferenceShown }
    let rate = NumberFormatting.significant(100 * errorRate, digits: 1)
    return
      "\(claimed) of \(tested) paired comparisons show a difference (error rate of all together: \(rate) %)."
  }

  /// What the claims rest on, with their error rate.
  var rule: String {
    let rate = NumberFormatting.significant(100 * errorRate, digits: 1)
    return
      "A difference is claimed where the two-sided sign-flip test on the differences paired by seed, exact at any number of "
      + "seeds, gives a p-value that is at most \(rate) % after Holm's adjustment for all \(tested) comparisons: the "
      + "probability that any difference is claimed between estimators of one law is at most \(rate) %. With \(tested) "
      + "comparisons the first claim needs at least \(fewestSeeds) seeds that all agree."
  }
}
