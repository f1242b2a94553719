internal import ElementwiseKernels
internal import ExactExpectations

/// Variances of REINFORCE, ARM and DisARM in networks, from the mean and the mean square of f given each state of a layer;
/// they share nothing with the estimators' code or their noise laws.
///
/// Continuations are independent: E[(f1 - f2)^2 | z1, z2] = E[f^2 | z1] + E[f^2 | z2] - 2 E[f | z1] E[f | z2].
enum NetworkVarianceFormula {
  private enum Rule { case reinforce, ar, arm, disarm }

  /// The variance of each parameter of the layers, or nil where there is no formula.
  static func variance(of candidate: NetworkCandidate, on problem: NetworkProblem) -> [Double]? {
    guard problem.network.widths.allSatisfy({ $0 <= 6 }) else { return nil }
    switch candidate.claimName {
    case "reinforce": return variance(.reinforce, skipsEqual: false, problem)
    case "ar": return variance(.ar, skipsEqual: false, problem)
    case "arm": return variance(.arm, skipsEqual: false, problem)
    case "arm+skip-equal": return variance(.arm, skipsEqual: true, problem)
    case "disarm": return variance(.disarm, skipsEqual: false, problem)
    default: return nil
    }
  }

  private static func variance(_ rule: Rule, skipsEqual: Bool, _ problem: NetworkProblem) -> [Double]? {
    guard
      let squared = try? NetworkProblem(
        name: problem.name, network: problem.network,
        head: .table(values: problem.headValues.map { $0 * $0 }),
        point: problem.point)
    else { return nil }
    let (mean, square) = (NetworkEnumeration(problem), NetworkEnumeration(squared))
    let gradient = mean.gradient
    return problem.network.layers.indices.flatMap { layer -> [Double] in
      let width = problem.network.widths[layer]
      let inputs = problem.network.inputs(ofLayer: layer)
      var seconds = [Double](repeating: 0, count: width * (inputs + 1))
      for (probability, input) in mean.inputs(ofLayer: layer) {
        let logits = problem.network.logits(layer: layer, input: input)
        let moments = secondMoments(
          rule, skipsEqual: skipsEqual, logits: logits, means: mean.means[layer], squares: square.means[layer]
        )
        for unit in 0..<width {
          for (i, x) in input.enumerated() {
            seconds[unit * inputs + i] += probability * moments[unit] * x * x
          }
          seconds[width * inputs + unit] += probability * moments[unit]
        }
      }
      return zip(seconds, gradient[problem.parameters(ofLayer: layer)]).map { $0 - $1 * $1 }
    }
  }

  /// E[g_d^2] of each variable of a layer.
  private static func secondMoments(
    _ rule: Rule, skipsEqual: Bool, logits: [Double], means: [Double], squares: [Double]
  ) -> [Double] {
    guard rule == .arm || rule == .disarm else {
      let law = NetworkEnumeration.law(logits)
      return logits.indices.map { unit in
        law.indices.reduce(0) { sum, state in
          sum + law[state] * squares[state]
            * squaredFactor(rule, logit: logits[unit], isOn: state >> unit & 1 == 1)
        }
      }
    }
    var sums = [Double](repeating: 0, count: logits.count)
    forEachPair(logits) { first, second, probability in
      guard !skipsEqual || first != second else { return }
      let difference = squares[first] + squares[second] - 2 * means[first] * means[second]
      for (unit, logit) in logits.enumerated() {
        let isEqual = (first ^ second) >> unit & 1 == 0
        sums[unit] += probability * difference * squaredWeight(rule, logit: logit, isEqual: isEqual)
      }
    }
    return sums
  }

  /// (z - p)^2, or the mean square of 1 - 2u given z.
  private static func squaredFactor(_ rule: Rule, logit: Double, isOn: Bool) -> Double {
    let (p, q) = (Double.sigmoid(logit), Double.sigmoid(-logit))
    if rule == .reinforce { return isOn ? q * q : p * p }
    let cube = (q - p) * (q - p) * (q - p)
    return isOn ? (1 - cube) / (6 * p) : (1 + cube) / (6 * q)
  }

  /// The mean square of u - 1/2, or of DisARM's weight, given whether the pair is equal in a variable.
  private static func squaredWeight(_ rule: Rule, logit: Double, isEqual: Bool) -> Double {
    let rare = min(Double.sigmoid(logit), 1 - .sigmoid(logit))
    let middle = 0.5 - rare
    switch (rule, isEqual) {
    case (.disarm, true): return 0
    case (.disarm, false): return (1 - rare) * (1 - rare) / 4
    case (_, true): return middle * middle / 3
    case (_, false): return (0.125 - middle * middle * middle) / (3 * rare)
    }
  }

  /// Every antithetic pair of joint states with its probability.
  private static func forEachPair(_ logits: [Double], _ body: (Int, Int, Double) -> Void) {
    let count = logits.reduce(1) { count, _ in 3 * count }
    for combination in 0..<count {
      var (rest, first, second, probability) = (combination, 0, 0, 1.0)
      for (unit, logit) in logits.enumerated() {
        let p = Double.sigmoid(logit)
        let rare = min(p, 1 - p)
        let (z1, z2) = [(0, 1), (1, 0), p > 0.5 ? (1, 1) : (0, 0)][rest % 3]
        probability *= rest % 3 == 2 ? 1 - 2 * rare : rare
        first |= z1 << unit
        second |= z2 << unit
        rest /= 3
      }
      body(first, second, probability)
    }
  }
}
