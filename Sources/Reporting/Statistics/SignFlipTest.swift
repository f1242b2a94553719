internal import RandomStreams

/// The sign-flip test: do paired differences lean to one side more than chance signs would let them?
///
/// Hypothesis: each difference d_i is symmetric about zero, given the others, as it is where the two things compared have the
/// same law for each seed. Then all sign vectors s in {-1, 1}^n are equally likely, and
///
///     p = #{s : |sum s_i d_i| >= |sum d_i|} / 2^n
///
/// is exact at any n: P(p <= a) <= a. Up to `largestEnumeration` pairs all sign vectors are counted; with more, `draws`
/// random ones, and p = (1 + #) / (1 + draws), which is exact too. The smallest p that n pairs can give is 2^(1-n).
///
/// - Complexity: n 2^(n-1) additions, or n `draws` of them.
///
/// Source: Fisher, "The Design of Experiments", 1935, section 21; for random sign vectors Phipson, Smyth, "Permutation
/// P-values Should Never Be Zero", 2010.
struct SignFlipTest: Hashable, Sendable {
  static let largestEnumeration = 16
  static let draws = 99_999

  let pairs: Int
  /// Two-sided.
  let pValue: Double
  var isExact: Bool { pairs <= Self.largestEnumeration }

  /// - Precondition: at least one difference, all finite.
  init(_ differences: [Double], seed: UInt64 = 1) {
    precondition(!differences.isEmpty && differences.allSatisfy(\.isFinite))
    pairs = differences.count
    let size = differences.reduce(0) { $0 + $1.magnitude }
    // Sign vectors whose sums tie with the observed one must count, whatever rounding makes of them; a larger p stays valid.
    let rounding = Double(differences.count) * size.ulp
    let observed = differences.reduce(0, +).magnitude - rounding
    pValue =
      differences.count <= Self.largestEnumeration
      ? Self.enumerated(differences, atLeast: observed)
      : Self.sampled(differences, atLeast: observed, seed: seed)
  }

  /// The smallest p-value that `pairs` pairs can give.
  static func smallestPValue(pairs: Int) -> Double {
    precondition(pairs > 0)
    return pairs <= largestEnumeration ? 1 / Double(1 << (pairs - 1)) : 1 / Double(1 + draws)
  }

  /// A sign vector and its opposite have the same magnitude, so the first sign stays.
  private static func enumerated(_ differences: [Double], atLeast observed: Double) -> Double {
    let vectors = 1 << (differences.count - 1)
    let values = differences.span
    var count = 0
    for signs in 0..<vectors {
      var sum = values[0]
      for place in 1..<max(1, values.count) {
        sum += signs >> (place - 1) & 1 == 0 ? values[place] : -values[place]
      }
      if sum.magnitude >= observed { count += 1 }
    }
    return Double(count) / Double(vectors)
  }

  private static func sampled(_ differences: [Double], atLeast observed: Double, seed: UInt64) -> Double {
    let stream = RandomStream(seed: seed, purpose: .reportStatistics, step: 0)
    let count = differences.count
    let values = differences.span
    var uniforms = [Double](repeating: 0, count: count)
    var found = 1
    for row in 0..<draws {
      var target = uniforms.mutableSpan
      stream.fillUniforms(rows: row..<row + 1, perRow: count, into: &target)
      var sum = 0.0
      for place in 0..<count { sum += uniforms[place] < 0.5 ? values[place] : -values[place] }
      if sum.magnitude >= observed { found += 1 }
    }
    return Double(found) / Double(1 + draws)
  }
}

extension StreamPurpose {
  /// Sign vectors and bootstrap samples of a report's statistics.
  static let reportStatistics = StreamPurpose(rawValue: 24)
}
