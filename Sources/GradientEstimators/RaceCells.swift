internal import RealModule

/// The exact joint law of two or three samples of CARMS-G, for exact moments.
///
/// Sample i takes category z_i at time s_i. With m = n - 1, P the largest probability, q_k = p_k / P, a_i = exp(-P s_i / m),
/// B_k = sum over i of a_i^(q_k) - (n - 1) and g_k the number of samples that take k, mixed derivatives of the survival
/// functions max(0, B_k)^m give
///
///     P(z) = integral over all a of product over i of q_{z_i} a_i^(q_{z_i} - 1) / B_{z_i},
///            times product over k of m (m-1) ... (m - g_k + 1) B_k^m
///
/// unless all samples are equal. That they are is possible for the one most probable category alone: among n shares of one
/// copula some sample's is at most as large as that of the likelier category. Its probability is what the others leave.
enum RaceCells {
  static let largestSampleCount = 3

  static func law(samples: Int, probabilities: [Double]) -> NoiseBlock.Law {
    guard samples <= largestSampleCount else {
      return .notEnumerable(
        reason: "the joint law of the samples of CARMS-G is integrated up to \(largestSampleCount) samples")
    }
    let race = Race(samples: samples, probabilities: probabilities)
    let ordered = race.orderedProbabilities()
    let orders = permutations(samples)
    func probability(_ values: [Int]) -> Double {
      orders.reduce(0) { sum, order in
        sum + ordered[race.index(of: order.map { values[$0] })]
      }
    }
    var others = 0.0
    let law = JointCells.law(samples: samples, categories: probabilities.count) { values in
      guard Set(values).count > 1 else { return nil }
      let probability = probability(values)
      others += probability
      guard probability > 0 else { return nil }
      return NoiseBlock.Cell(probability: probability, noise: race.member(values))
    }
    guard case .cells(var cells) = law, let favourite = race.favourite else { return law }
    // Where all but certainly some sample differs, what is left is the rounding of the others' sum.
    guard 1 - others > 1e-12 else { return law }
    cells.append(
      NoiseBlock.Cell(
        probability: 1 - others,
        noise: race.member([Int](repeating: favourite, count: samples))))
    return .cells(cells)
  }

  private static func permutations(_ count: Int) -> [[Int]] {
    guard count > 1 else { return [[0]] }
    return permutations(count - 1).flatMap { shorter in
      (0..<count).map { place in
        Array(shorter[..<place]) + [count - 1] + Array(shorter[place...])
      }
    }
  }
}

private struct Race {
  let samples: Int
  let probabilities: [Double]
  /// p_k / P.
  let shares: [Double]
  /// (n - 1) / P.
  let scale: Double

  init(samples: Int, probabilities: [Double]) {
    self.samples = samples
    self.probabilities = probabilities
    let largest = probabilities.reduce(0, max)
    shares = probabilities.map { $0 / largest }
    scale = Double(samples - 1) / largest
  }

  /// The most probable category; nil if several are.
  var favourite: Int? {
    let best = shares.indices.filter { shares[$0] == 1 }
    return best.count == 1 ? best[0] : nil
  }

  func index(of values: [Int]) -> Int {
    values.reversed().reduce(0) { $0 * shares.count + $1 }
  }

  // MARK: Probabilities

  /// P(z and s_1 > s_2 > ... > s_n) for each joint value z, those of equal samples left out.
  ///
  /// With 1 - a_2 = a_1 y / (1 + v) and 1 - a_3 = (1 - a_2) v, the region is a cube in s, y and v, a_1 = s / (1 + y / (1 + v)); s and
  /// y are substituted as in `RacePairs`. For two samples there is no v.
  func orderedProbabilities() -> [Double] {
    let outer = GaussLegendreQuadrature<32>()
    let inner = GaussLegendreQuadrature<20>()
    var sums = [Double](repeating: 0, count: (0..<samples).reduce(1) { count, _ in count * shares.count })
    let crowding = (scale - 1) / 4
    for i in 0..<32 {
      let s = Double.exp(4 * .log(outer.nodes[i]) / scale)
      let sWeight = outer.weights[i] * 4 * s / (scale * outer.nodes[i])
      for j in 0..<32 {
        let stretch = 1 + crowding * (1 - outer.nodes[j])
        let y = outer.nodes[j] / stretch
        let weight = sWeight * outer.weights[j] * (1 + crowding) / (stretch * stretch)
        guard samples == 3 else {
          let a = s / (1 + y)
          add([a, 1 - a * y], complements: [1 - a, a * y], weight: weight / (1 + y) * a, to: &sums)
          continue
        }
        for k in 0..<20 {
          let v = inner.nodes[k]
          let part = y / (1 + v)
          let a = s / (1 + part)
          let (second, third) = (a * part, a * part * v)
          let jacobian = a * a * part / ((1 + part) * (1 + v))
          add(
            [a, 1 - second, 1 - third], complements: [1 - a, second, third],
            weight: weight * inner.weights[k] * jacobian, to: &sums)
        }
      }
    }
    return sums.indices.map { sums[$0] * factorials(of: $0) }
  }

  /// Adds the integrand at a point for all joint values; `complements` are 1 - a.
  private func add(_ a: [Double], complements: [Double], weight: Double, to sums: inout [Double]) {
    var common = weight
    // [samples x categories]
    var factors = [Double](repeating: 0, count: samples * shares.count)
    for (category, share) in shares.enumerated() {
      var excess = 1.0
      for sample in 0..<samples {
        let power = Double.exp(share * .log(onePlus: -complements[sample]))
        factors[sample * shares.count + category] = share * power / a[sample]
        excess += power - 1
      }
      common *= .pow(excess, samples - 1)
      for sample in 0..<samples { factors[sample * shares.count + category] /= excess }
    }
    let count = shares.count
    for first in 0..<count {
      let outer = common * factors[first]
      for second in 0..<count {
        let middle = outer * factors[count + second]
        let place = first + count * second
        if samples == 2 {
          sums[place] += middle
          continue
        }
        for third in 0..<count { sums[place + count * count * third] += middle * factors[2 * count + third] }
      }
    }
  }

  /// The product over the categories of m (m-1) ... (m - g + 1): 0 where all samples are equal.
  private func factorials(of index: Int) -> Double {
    var rest = index
    var factor = 1.0
    var counts = [Int](repeating: 0, count: shares.count)
    for _ in 0..<samples {
      let category = rest % shares.count
      factor *= Double(samples - 1 - counts[category])
      counts[category] += 1
      rest /= shares.count
    }
    return factor
  }

  // MARK: Members

  /// Noise [categories x samples] that leads to these values.
  ///
  /// A category that some samples take gives them shares of p / (4 n), and equal ones to the others; all other shares are
  /// 1/n, at which the most probable category wins.
  func member(_ values: [Int]) -> [Double] {
    let total = 30.0
    return probabilities.enumerated().flatMap { category, probability in
      let taking = values.filter { $0 == category }.count
      guard taking > 0 && taking < samples else { return [Double](repeating: 0.5, count: samples) }
      let small = probability / Double(4 * samples)
      let large = (1 - Double(taking) * small) / Double(samples - taking)
      return values.map { Double.exp(-total * ($0 == category ? small : large)) }
    }
  }
}
