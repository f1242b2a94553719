internal import RandomStreams

/// The mean of what is left when a quarter of the values is cut off at each end, floor(n / 4) of them.
///
/// It bears outliers as the median does, and uses half of the values instead of one or two.
///
/// - Precondition: at least one value.
///
/// Source: Agarwal, Schwarzer, Castro, Courville, Bellemare, "Deep Reinforcement Learning at the Edge of the Statistical
/// Precipice", NeurIPS 2021, section 4.3.
func interquartileMean(_ values: [Double]) -> Double {
  precondition(!values.isEmpty)
  let cut = values.count / 4
  let middle = values.sorted()[cut..<values.count - cut]
  return middle.reduce(0, +) / Double(middle.count)
}

/// P(X < Y) + P(X = Y) / 2 for one value of each of two samples: the share of pairs (Mann and Whitney's U / (n m)), averaged
/// over strata with equal weight.
///
/// - Precondition: at least one stratum, no empty sample.
///
/// Source: as `interquartileMean`, section 4.3; Mann, Whitney, "On a Test of Whether One of Two Random Variables Is
/// Stochastically Larger than the Other", 1947.
func probabilityOfImprovement(_ strata: [(first: [Double], second: [Double])]) -> Double {
  precondition(!strata.isEmpty && strata.allSatisfy { !$0.first.isEmpty && !$0.second.isEmpty })
  let shares = strata.map { stratum in
    let wins = stratum.first.reduce(0.0) { sum, x in
      sum + stratum.second.reduce(0.0) { $0 + (x < $1 ? 1 : x == $1 ? 0.5 : 0) }
    }
    return wins / Double(stratum.first.count * stratum.second.count)
  }
  return shares.reduce(0, +) / Double(shares.count)
}

/// Bootstrap intervals for statistics of several strata: seeds are drawn with replacement within each stratum, so that each
/// keeps its number of seeds. Seeds, not values, are drawn: what shares a seed stays together.
///
/// Percentile intervals, approximate: their coverage tends to `level` with the number of seeds, and with few of them is
/// lower. The draws are Philox's, addressed by (seed, statistic, resample), so an interval is a function of its input.
///
/// Source: Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979; the strata as in Agarwal et al., 2021.
struct StratifiedBootstrap: Sendable {
  let resamples: Int
  let level: Double
  let seed: UInt64

  init(resamples: Int = 2000, level: Double = 0.95, seed: UInt64 = 1) {
    precondition(resamples > 1 && level > 0 && level < 1)
    self.resamples = resamples
    self.level = level
    self.seed = seed
  }

  /// The interval of a statistic of the places drawn in each stratum; `index` tells the statistics of one report apart.
  ///
  /// - Precondition: no empty stratum.
  /// - Complexity: `resamples` evaluations of the statistic.
  func interval(
    seedsOfStrata counts: [Int], index: Int, statistic: ([[Int]]) -> Double
  ) -> ClosedRange<Double> {
    precondition(counts.allSatisfy { $0 > 0 })
    let stream = RandomStream(seed: seed, purpose: .reportStatistics, step: UInt64(index + 1))
    var uniforms = [Double](repeating: 0, count: counts.reduce(0, +))
    let values = (0..<resamples).map { resample in
      var target = uniforms.mutableSpan
      stream.fillUniforms(rows: resample..<resample + 1, perRow: target.count, into: &target)
      var start = 0
      return statistic(
        counts.map { count in
          defer { start += count }
          return (start..<start + count).map { min(count - 1, Int(uniforms[$0] * Double(count))) }
        })
    }.sorted()
    let tail = (1 - level) / 2
    return Self.quantile(tail, ofSorted: values)...Self.quantile(1 - tail, ofSorted: values)
  }

  /// Interpolated linearly between order statistics.
  static func quantile(_ probability: Double, ofSorted sorted: [Double]) -> Double {
    let place = probability * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
