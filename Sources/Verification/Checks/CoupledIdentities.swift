internal import ExactExpectations
internal import GradientEstimators
internal import RealModule

// Identities of the coupled estimators of categorical variables.
extension PathwiseIdentity {
  /// Those that rest on the candidate's own samples and their values.
  func coupled(claim: String) -> [Pair] {
    switch claim {
    case "carms-i": [invariance(), pairForm { rectangleRatio($0, $1, $2) }]
    case "carms-g": [invariance()]
    case "carms-sb": [invariance(), pairForm { stickRatio($0, $1, $2) }]
    case "disarm-iw": [invariance(), pairForm { Self.importanceWeight($0, $1, $2) }]
    case "disarm-sb": [invariance(), nodeGradients { .ascendingSticks($0) }]
    case "disarm-tree": [invariance(), nodeGradients { .balanced($0) }]
    default: []
    }
  }

  /// p_c p_c' / J(c, c') of CARMS-I: J is the mean over the orders of the copula's mass on the rectangle of the two
  /// categories' intervals. An order begins with one category of a pair, then the others follow cyclically up to the
  /// other one of the pair.
  private func rectangleRatio(_ category: Int, _ other: Int, _ probabilities: [Double]) -> Double {
    let categories = probabilities.count
    var joint = 0.0
    for first in 0..<categories {
      for last in first + 1..<max(categories, first + 1) {
        let others = (1...categories).map { (last + $0) % categories }.filter { $0 != first }
        var place = 0.0
        var intervals = [ClosedRange<Double>](repeating: 0...0, count: categories)
        for next in [first] + others {
          let end = next == last ? 1 : place + probabilities[next]
          intervals[next] = place...max(place, end)
          place = end
        }
        joint += rectangle(intervals[category], intervals[other])
      }
    }
    return probabilities[category] * probabilities[other] * Double(categories * (categories - 1) / 2) / joint
  }

  /// The mass of a rectangle under the joint law of two numbers of the Dirichlet copula, as published.
  private func rectangle(_ first: ClosedRange<Double>, _ second: ClosedRange<Double>) -> Double {
    let exponent = Double(samples - 1)
    func below(_ u: Double, _ v: Double) -> Double {
      .pow(max(0, .pow(u, 1 / exponent) + .pow(v, 1 / exponent) - 1), exponent)
    }
    return below(first.upperBound, second.upperBound) + below(first.lowerBound, second.lowerBound)
      - below(first.lowerBound, second.upperBound) - below(first.upperBound, second.lowerBound)
  }

  /// p_c p_c' / J(c, c') of stick-breaking CARMS from the two numbers' joint probabilities.
  private func stickRatio(_ category: Int, _ other: Int, _ probabilities: [Double]) -> Double {
    let sticks = DecisionNodes.ascendingSticks(probabilities)
    let earlier = min(sticks.stick(of: category), sticks.stick(of: other))
    return sticks.nodes[...earlier].enumerated().reduce(1) { ratio, item in
      let share = item.element.share
      let both = dirichletPair(share, samples: samples)
      return item.offset == earlier
        ? ratio * share * (1 - share) / (share - both)
        : ratio * (1 - share) * (1 - share) / (1 - 2 * share + both)
    }
  }

  /// P(z) P(z') / P(z, z') of DisARM-IW, with the joint probability as a product over the sticks: neither taken before
  /// the earlier one, that one by one walk only, and then the other walk alone.
  private static func importanceWeight(_ category: Int, _ other: Int, _ probabilities: [Double]) -> Double {
    let sticks = DecisionNodes.ascendingSticks(probabilities)
    let places = (sticks.stick(of: category), sticks.stick(of: other))
    let (earlier, later) = (min(places.0, places.1), max(places.0, places.1))
    let shares = sticks.nodes.map(\.share) + [1]
    let before = shares[..<earlier].reduce(1) { $0 * (1 - 2 * $1) }
    let between = shares[(earlier + 1)..<later].reduce(1) { $0 * (1 - $1) }
    let joint = before * shares[earlier] * between * shares[later]
    return probabilities[category] * probabilities[other] / joint
  }

  /// The pair form with ratios of the probabilities, on the candidate's own samples.
  private func pairForm(_ ratio: (Int, Int, [Double]) -> Double) -> Pair {
    let expected = fromSamples { values, drawn, probabilities in
      var gradient = probabilities.map { _ in 0.0 }
      for first in 0..<samples {
        for second in 0..<first where drawn[first] != drawn[second] {
          let weight =
            ratio(drawn[first], drawn[second], probabilities) * (values[first] - values[second])
            / Double(samples * (samples - 1))
          gradient[drawn[first]] += weight
          gradient[drawn[second]] -= weight
        }
      }
      return gradient
    }
    return ("the pair form, written out", gradient, expected)
  }

  /// DisARM of each decision's log odds times their derivatives, on the candidate's own samples.
  private func nodeGradients(_ decisions: ([Double]) -> DecisionNodes) -> Pair {
    let expected = fromSamples { values, drawn, probabilities in
      let tree = decisions(probabilities)
      let half = (values[0] - values[1]) / 2
      var gradient = probabilities.map { _ in 0.0 }
      for node in tree.nodes {
        let taken = drawn.map { node.left.contains($0) ? 1.0 : 0 }
        let weight =
          switch (node.isReached(by: drawn[0]), node.isReached(by: drawn[1])) {
          case (true, true): (taken[0] - taken[1]) * node.larger
          case (true, false): taken[0] - node.share
          case (false, true): node.share - taken[1]
          case (false, false): 0.0
          }
        for (category, slope) in tree.slopes(of: node).enumerated() {
          gradient[category] += half * weight * slope
        }
      }
      return gradient
    }
    return ("the chain rule for each decision, written out", gradient, expected)
  }

  /// A gradient [rows x logits] from each variable's values of f, categories drawn and probabilities.
  private func fromSamples(_ formula: ([Double], [Int], [Double]) -> [Double]) -> [Double] {
    var batch = EstimatorBatch<Double>(estimator: candidate.estimator, problem: problem, rows: Self.rows)
    batch.noise = noise
    batch.run()
    return (0..<Self.rows).flatMap { row in
      let values = (0..<samples).map { batch.values[$0 * Self.rows + row] }
      return (0..<problem.variables).flatMap { variable in
        let drawn = (0..<samples).map {
          Int(batch.samples[($0 * Self.rows + row) * problem.variables + variable])
        }
        return formula(values, drawn, problem.probabilities(ofVariable: variable))
      }
    }
  }
}
