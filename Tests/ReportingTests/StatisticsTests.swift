import Foundation
import RandomStreams
import ReferenceMath
import Testing

@testable import Reporting

@Suite("Statistics over seeds")
struct StatisticsTests {
  static let differences = [0.75, 0.25, -0.1, 0.4, 0.9, -0.35, 0.2]

  /// The share of all 2^n sign vectors, by recursion, whose sum is at least as large as the observed one.
  private func enumerated(_ differences: [Double]) -> Double {
    let scaled = differences.map { ($0 * 1000).rounded() }
    let observed = abs(scaled.reduce(0, +))
    func count(_ rest: ArraySlice<Double>, _ sum: Double) -> Int {
      guard let first = rest.first else { return abs(sum) >= observed ? 1 : 0 }
      return count(rest.dropFirst(), sum + first) + count(rest.dropFirst(), sum - first)
    }
    return Double(count(scaled[...], 0)) / Double(1 << differences.count)
  }

  /// The first two p-values are those of `scipy.stats.permutation_test` with `permutation_type="samples"`, all resamples.
  private static let signFlips: [([Double], Double)] = [
    (differences, 0.15625), ([3.2, 2.9, 3.8, 3.1, 2.2, 4.0], 0.03125), ([0.1, 0.2, 0.3, -0.6], 1),
    ([0, 0, 0], 1), ([2.5], 1), ([1, -1, 1, 1], 0.625),
  ]

  @Test(
    "The sign-flip test counts all sign vectors",
    arguments: signFlips)
  func signFlip(differences: [Double], expected: Double) {
    let test = SignFlipTest(differences)
    #expect(test.pValue == expected && test.isExact)
    #expect(test.pValue == enumerated(differences))
  }

  @Test("Sums that tie but for rounding count as ties")
  func ties() {
    #expect(SignFlipTest([0.1, 0.2, 0.3, 0.6]).pValue == SignFlipTest([1, 2, 3, 6]).pValue)
    #expect(SignFlipTest([0.1, 0.2, -0.3, 0.4, 0.7]).pValue == SignFlipTest([1, 2, -3, 4, 7]).pValue)
  }

  @Test("Under the hypothesis the p-value keeps every level exactly, by enumeration of all signs")
  func validity() {
    let magnitudes = Self.differences.prefix(6).map(\.magnitude)
    let pValues = (0..<64).map { signs in
      SignFlipTest(magnitudes.enumerated().map { signs >> $0 & 1 == 0 ? $1 : -$1 }).pValue
    }
    for level in Set(pValues) {
      #expect(Double(pValues.count { $0 <= level }) / 64 <= level)
    }
    #expect(pValues.min() == SignFlipTest.smallestPValue(pairs: 6))
  }

  @Test(
    "With more pairs than are enumerated, p agrees with the binomial law of equal steps (false alarm: 1e-6)")
  func manyPairs() throws {
    let differences = (0..<20).map { $0 < 14 ? 1.0 : -1.0 }
    let exact = 2 * (try binomialUpperTail(atLeast: 14, trials: 20, probability: 0.5))
    let test = SignFlipTest(differences, seed: AccuracyProblems.seed)
    #expect(!test.isExact)
    let hits = Int((test.pValue * Double(1 + SignFlipTest.draws)).rounded()) - 1
    let tail = 5e-7
    #expect(try binomialUpperTail(atLeast: hits, trials: SignFlipTest.draws, probability: exact) > tail)
    #expect(try binomialLowerTail(atMost: hits, trials: SignFlipTest.draws, probability: exact) > tail)
    #expect(
      try binomialUpperTail(atLeast: hits, trials: SignFlipTest.draws, probability: exact / 2) <= tail,
      "a one-sided p would be found out")
  }

  /// Holm's procedure is the closure of Bonferroni's test: the adjusted p of a hypothesis is the largest Bonferroni p of any
  /// set of hypotheses that it belongs to.
  @Test(
    "Holm's adjustment is the closure of Bonferroni's test, by enumeration of all subsets",
    arguments: [[0.01, 0.04, 0.03, 0.005], [0.2], [0.5, 0.5, 0.01], [0.001, 0.9, 0.02, 0.02, 0.4, 0.012]])
  func holm(pValues: [Double]) {
    var closure: [Double] = []
    for index in pValues.indices {
      var largest = 0.0
      for set in 1..<1 << pValues.count where set >> index & 1 == 1 {
        let members = pValues.indices.filter { set >> $0 & 1 == 1 }.map { pValues[$0] }
        largest = max(largest, min(1, Double(members.count) * (members.min() ?? 1)))
      }
      closure.append(largest)
    }
    for (found, expected) in zip(holmAdjusted(pValues), closure) {
      let difference: Double = found - expected
      #expect(abs(difference) < 1e-12)
    }
  }

  private static let names = ["a", "b", "c", "d"]

  /// Families of four estimators of one law on eight seeds, heavy-tailed and with a common part for each seed.
  private func nullFamily(_ index: Int, seed: UInt64) -> ComparisonFamily {
    var uniforms = [Double](repeating: 0, count: 40)
    var target = uniforms.mutableSpan
    RandomStream(seed: seed, purpose: .verification, step: UInt64(index)).fillUniforms(
      rows: 0..<1, perRow: 40, into: &target)
    let values = Self.names.indices.map { name in
      Dictionary(
        uniqueKeysWithValues: (0..<8).map { place in
          let noise = uniforms[8 + name * 8 + place]
          return (UInt64(place), 10 * uniforms[place] + noise / (1.01 - noise))
        })
    }
    return ComparisonFamily(
      Self.names.indices.flatMap { first in
        Self.names.indices.dropFirst(first + 1).map { second in
          PairedComparison(
            place: "p", first: Self.names[first], second: Self.names[second], values[first], values[second])
        }
      })
  }

  @Test(
    "Claims about estimators of one law are as rare as stated; without Holm they are not (false alarm: 1e-6)")
  func falseAlarms() throws {
    let families = (0..<1000).map { nullFamily($0, seed: AccuracyProblems.seed) }
    let alarms = families.count { family in
      family.comparisons.indices.contains { family.claim($0) != .noDifferenceShown }
    }
    let rate = ComparisonFamily.defaultErrorRate
    func tail(_ count: Int) throws -> Double {
      try binomialUpperTail(atLeast: count, trials: families.count, probability: rate)
    }
    #expect(try tail(alarms) > 1e-6, "\(alarms) of \(families.count)")
    let unadjusted = families.count { family in
      family.comparisons.contains { ($0.test?.pValue ?? 1) <= rate }
    }
    #expect(try tail(unadjusted) <= 1e-6, "\(unadjusted) of \(families.count)")
  }

  @Test("A claim names the winner, the difference, its interval and the adjusted p; a direction of its own")
  func sentences() {
    let seeds = (1...8).map { UInt64($0) }
    let good = Dictionary(uniqueKeysWithValues: seeds.map { ($0, 100 + Double($0)) })
    let bad = good.mapValues { $0 + 2 + ($0 - 104.5) / 10 }
    let family = ComparisonFamily([
      PairedComparison(place: "mnist", first: "reinforce", second: "arm", bad, good),
      PairedComparison(place: "mnist", first: "arm", second: "arm2", good, good),
      PairedComparison(place: "mnist", first: "arm", second: "none", good, [:]),
    ])
    #expect(family.tested == 2 && family.fewestSeeds == 7)
    #expect(family.claim(0) == .beats(winner: "arm", loser: "reinforce"))
    #expect(
      family.sentence(0)
        == "mnist: arm beats reinforce, lower by 2.00 ± 0.20 (mean paired difference over 8 seeds, 95 % t-interval; adjusted p = 0.016)."
    )
    #expect(family.sentence(1) == "mnist: no difference shown between arm and arm2 (adjusted p = 1.0).")
    #expect(family.sentence(2) == "mnist: arm and none share no seed.")
    #expect(family.rule.contains("for all 2 comparisons") && family.rule.contains("at most 5 %"))
  }

  @Test("Three seeds that all agree are no claim")
  func fewSeeds() {
    let family = ComparisonFamily([
      PairedComparison(place: "p", first: "a", second: "b", [1: 1, 2: 1, 3: 1], [1: 9, 2: 9.5, 3: 11])
    ])
    #expect(family.claim(0) == .noDifferenceShown && family.adjusted == [0.25])
  }

  /// With `scipy.stats.trim_mean(values, 0.25)`.
  private static let trimmedMeans: [([Double], Double)] = [
    ([121.4, 119.9, 125.0, 118.2, 140.7, 120.3, 122.8, 119.1, 121.0, 117.5, 123.3], 121.11428571428571),
    ([1, 2, 3, 10], 2.5), ([5, 1, 9], 5),
  ]

  @Test(
    "The interquartile mean cuts a quarter at each end",
    arguments: trimmedMeans)
  func trimmed(values: [Double], expected: Double) {
    #expect(abs(interquartileMean(values) - expected) < 1e-12)
  }

  /// Expected: 1 - U / (n m) of `scipy.stats.mannwhitneyu`, and the mean over strata by hand.
  @Test("The probability of improvement is Mann and Whitney's share of pairs, averaged over strata")
  func improvement() {
    let first = [1.2, 3.4, 2.2, 5.0, 2.2]
    let second = [2.2, 4.1, 3.9, 0.5, 6.0, 7.1]
    #expect(abs(probabilityOfImprovement([(first, second)]) - 2.0 / 3) < 1e-12)
    let both = probabilityOfImprovement([(first, second), ([1], [0])])
    #expect(abs(both - 1.0 / 3) < 1e-12)
  }

  @Test(
    "The bootstrap draws each seed of a stratum equally often, and never one of another (false alarm: 1e-6)")
  func bootstrapDraws() throws {
    let bootstrap = StratifiedBootstrap(resamples: 2000, seed: AccuracyProblems.seed)
    var counts = [[Int](repeating: 0, count: 3), [Int](repeating: 0, count: 5)]
    _ = bootstrap.interval(seedsOfStrata: [3, 5], index: 0) { drawn in
      #expect(drawn.map(\.count) == [3, 5])
      for (stratum, places) in drawn.enumerated() { for place in places { counts[stratum][place] += 1 } }
      return 0
    }
    for stratum in counts {
      let trials = 2000 * stratum.count
      #expect(stratum.reduce(0, +) == trials)
      for count in stratum {
        let share = 1 / Double(stratum.count)
        #expect(try binomialUpperTail(atLeast: count, trials: trials, probability: share) > 6e-8)
        #expect(try binomialLowerTail(atMost: count, trials: trials, probability: share) > 6e-8)
      }
    }
  }

  @Test("The same input gives the same interval, another statistic of the report other draws")
  func bootstrapDeterminism() {
    let values = [3.1, 1.7, 4.3, 1.2, 5.9, 9.4, 2.8, 6.5, 5.3, 3.6]
    func interval(_ index: Int) -> ClosedRange<Double> {
      StratifiedBootstrap().interval(seedsOfStrata: [10], index: index) { drawn in
        interquartileMean(drawn[0].map { values[$0] })
      }
    }
    #expect(interval(0) == interval(0) && interval(0) != interval(1))
    #expect(interval(0).contains(interquartileMean(values)))
    #expect(StratifiedBootstrap.quantile(0.25, ofSorted: [0, 1, 2, 3, 10]) == 1)
    #expect(StratifiedBootstrap.quantile(0.9, ofSorted: [0, 10]) == 9)
  }

  /// For two seeds the mean of a resample is a with probability 1/4, b with 1/4, (a + b) / 2 with 1/2: the 2.5 % and 97.5 %
  /// quantiles are a and b.
  @Test("For two seeds the interval is known by enumeration (false alarm: below 1e-200)")
  func bootstrapEnumerated() {
    let values = [2.0, 7.0]
    let interval = StratifiedBootstrap(seed: AccuracyProblems.seed).interval(seedsOfStrata: [2], index: 3) {
      $0[0].map { values[$0] }.reduce(0, +) / 2
    }
    #expect(interval == 2...7)
  }
}
