internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators

/// The exact mean of relaxed networks: f of the last layer's relaxed samples y = sigmoid((logit + x) / t), differentiated
/// forwards from each parameter on, and integrated over the logistic numbers x by the trapezoidal rule. Neither the
/// estimators' code nor their cubature enters.
///
/// Without noise, for the mean-field network, the sum has one term.
struct RelaxedNetworkFormula {
  /// The step of the trapezoidal rule in x, as a share of the smaller of 1 and the temperature. Their product with pi is the
  /// distance of the nearest poles of one layer from the real line; steep layers above it may halve that: the error is near
  /// e^(-pi^2 / 0.3) = 5e-15.
  private static let step = 0.3
  /// Beyond it the logistic density is below 1e-15.
  private static let reach = 36.0
  /// More points are not summed.
  private static let largestCount = 1 << 18

  let problem: NetworkProblem
  /// nil for a network of means.
  let temperature: Double?

  /// - Returns: nil for estimators that relax no samples.
  init?(_ estimator: (any LayeredGradientEstimator)?, on problem: NetworkProblem) {
    switch estimator {
    case is MeanField: temperature = nil
    case let estimator as DeepConcrete: temperature = estimator.temperature
    default: return nil
    }
    self.problem = problem
  }

  /// The derivatives by all parameters of the layers; nil where the sum has too many terms.
  func mean() -> [Double]? {
    let units = problem.network.widths.reduce(0, +)
    guard let temperature else { return gradient(noise: [Double](repeating: 0, count: units)) }
    let step = Self.step * min(1, temperature)
    let half = Int((Self.reach / step).rounded(.up))
    let count = (0..<units).reduce(1) { count, _ in min(count * (2 * half + 1), Self.largestCount + 1) }
    guard count <= Self.largestCount else { return nil }
    var sums = [Double](repeating: 0, count: problem.headParameters.lowerBound)
    for index in 0..<count {
      var (rest, weight) = (index, 1.0)
      let noise = (0..<units).map { _ in
        let x = Double(rest % (2 * half + 1) - half) * step
        rest /= 2 * half + 1
        weight *= step * .sigmoid(x) * .sigmoid(-x)
        return x
      }
      for (place, slope) in gradient(noise: noise).enumerated() { sums[place] += weight * slope }
    }
    return sums
  }

  /// df by each parameter of the layers, one after another, at the logistic numbers of all units.
  func gradient(noise: [Double]) -> [Double] {
    let temperature = temperature ?? 1
    let (states, widths) = (problem.network.states, problem.network.widths)
    var (input, place) = (problem.point.input, 0)
    var inputs: [[Double]] = []
    var slopes: [[Double]] = []
    var relaxed: [Double] = []
    for layer in widths.indices {
      let logits = problem.network.logits(layer: layer, input: input)
      relaxed = logits.enumerated().map { .sigmoid(($1 + noise[place + $0]) / temperature) }
      inputs.append(input)
      slopes.append(relaxed.map { $0 * (1 - $0) / temperature })
      input = relaxed.map { states.off + states.step * $0 }
      place += widths[layer]
    }
    let head = headSlopes(at: relaxed)
    return widths.indices.flatMap { layer -> [Double] in
      let byLogit = (0..<widths[layer]).map { unit -> Double in
        var change = (0..<widths[layer]).map { $0 == unit ? slopes[layer][unit] : 0 }
        for upper in layer + 1..<max(layer + 1, widths.count) {
          change = zip(problem.network.layers[upper].weights, slopes[upper]).map { weights, slope in
            slope * states.step * zip(weights, change).reduce(0) { $0 + $1.0 * $1.1 }
          }
        }
        return zip(head, change).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return byLogit.flatMap { slope in inputs[layer].map { slope * $0 } } + byLogit
    }
  }

  /// The derivatives of f by the last layer's bits at points between them.
  private func headSlopes(at point: [Double]) -> [Double] {
    switch problem.head {
    case .quadratic(let target): return point.map { 2 * ($0 - target) }
    case .logistic(let weights, let bias):
      let states = problem.network.states
      let activation = zip(weights, point).reduce(bias) { $0 + $1.0 * (states.off + states.step * $1.1) }
      let slope = -problem.point.target * Double.sigmoid(-problem.point.target * activation)
      return weights.map { slope * states.step * $0 }
    case .table(let values):
      return point.indices.map { unit in
        values.indices.reduce(0) { sum, state in
          let others = point.indices.filter { $0 != unit }.reduce(1) {
            $0 * (state >> $1 & 1 == 1 ? point[$1] : 1 - point[$1])
          }
          return sum + (state >> unit & 1 == 1 ? others : -others) * values[state]
        }
      }
    }
  }
}

/// Exact means of biased estimators of networks by formulas that share nothing with the estimators' code or noise laws.
enum NetworkMeanFormula {
  /// The expectation of the gradient by each parameter of the layers, or nil where there is no formula.
  static func mean(of candidate: NetworkCandidate, on problem: NetworkProblem) -> [Double]? {
    if let rule = NetworkIdentity.pathRule(of: candidate) {
      return PathFormulas(problem: problem, rule: rule).mean()
    }
    return RelaxedNetworkFormula(candidate.claim, on: problem)?.mean()
  }
}
