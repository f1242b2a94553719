internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators
internal import RealModule
internal import ReferenceMath

/// Exact moments of Gumbel-softmax and straight-through Gumbel-softmax by quadrature over the Gumbels' differences.
///
/// For a bit, adaptively, over x = logit + logistic noise, with y = sigmoid(x / t); for three categories, by Gauss's rule on
/// fixed pieces, over the two differences of the scores logit_c + Gumbel_c to the last, with their joint density
/// 2 e^(-a-b) / (1 + e^-a + e^-b)^3 around the differences of the logits. Neither the estimators' noise nor their
/// cubature enters.
///
/// Several variables: where f is multilinear or a sum over the variables, f'_d is affine in every other y, so their
/// means take their place; the derivative at a hard sample is summed over the joint states.
struct RelaxationFormula {
  private let problem: Problem
  private let temperature: Double
  /// Whether f' is taken at the hard sample.
  private let isHard: Bool

  /// - Returns: nil for other estimators, and where there is no formula.
  init?(_ estimator: any GradientEstimator, on problem: Problem) {
    switch estimator {
    case let estimator as GumbelSoftmax: (temperature, isHard) = (estimator.temperature, false)
    case let estimator as StraightThroughGumbel: (temperature, isHard) = (estimator.temperature, true)
    default: return nil
    }
    guard problem.latentVariables.isBinary || problem.categories == 3 else { return nil }
    if case .perceptron = problem.objective, !isHard, problem.variables > 1 { return nil }
    self.problem = problem
  }

  private var width: Int { problem.latentVariables.logitsPerVariable }
}

// MARK: Means and variances

extension RelaxationFormula {
  func mean() -> [Double] {
    guard problem.variables > 1 else { return momentsOfOne().mean }
    return isHard ? hardMean() : relaxedMean()
  }

  /// The variances, with one variable only.
  func variance() -> [Double]? { problem.variables == 1 ? momentsOfOne().variance : nil }

  private func momentsOfOne() -> Moments {
    let slopes = (0..<problem.categories).map {
      problem.differentiated(at: problem.point(ofState: $0)).slope
    }
    let moments = expectations(ofVariable: 0) { y, value in
      let slope = isHard ? slopes[value] : problem.differentiated(at: y).slope
      let gradient = product(ofJacobianAt: y, slope)
      return gradient + gradient.map { $0 * $0 }
    }
    let mean = Array(moments.prefix(width))
    return Moments(mean: mean, variance: zip(moments.suffix(width), mean).map { $0 - $1 * $1 })
  }

  /// E[f'(y) dy / dlogits], the other variables at their means.
  private func relaxedMean() -> [Double] {
    let means = (0..<problem.variables).flatMap { expectations(ofVariable: $0) { y, _ in y } }
    return (0..<problem.variables).flatMap { variable in
      expectations(ofVariable: variable) { y, _ in
        var point = means
        for own in y.indices { point[variable * width + own] = y[own] }
        let slope = problem.differentiated(at: point).slope
        return product(ofJacobianAt: y, Array(slope[variable * width..<(variable + 1) * width]))
      }
    }
  }

  /// The sum over joint states of q(z of the others) E[f'(z) dy / dlogits; z_d].
  private func hardMean() -> [Double] {
    let probabilities = (0..<problem.variables).map { problem.probabilities(ofVariable: $0) }
    return (0..<problem.variables).flatMap { variable in
      var slopes = (0..<problem.categories).map { _ in [Double](repeating: 0, count: width) }
      for state in 0..<problem.stateCount {
        let others = (0..<problem.variables).filter { $0 != variable }.reduce(1) {
          $0 * probabilities[$1][problem.value(ofVariable: $1, inState: state)]
        }
        let slope = problem.differentiated(at: problem.point(ofState: state)).slope
        for own in 0..<width {
          slopes[problem.value(ofVariable: variable, inState: state)][own] +=
            others * slope[variable * width + own]
        }
      }
      return expectations(ofVariable: variable) { y, value in product(ofJacobianAt: y, slopes[value]) }
    }
  }

  /// dy / dlogits times a vector: y (1 - y) / t for a bit, the sum over k of y_c y_k (v_c - v_k) / t for a category.
  private func product(ofJacobianAt y: [Double], _ vector: [Double]) -> [Double] {
    guard width > 1 else { return [y[0] * (1 - y[0]) / temperature * vector[0]] }
    return y.indices.map { c in
      y.indices.reduce(0) { $0 + y[c] * y[$1] * (vector[c] - vector[$1]) } / temperature
    }
  }
}

// MARK: Quadrature

extension RelaxationFormula {
  /// A function of the relaxed and of the hard sample of one variable; several numbers at once.
  private typealias Integrand = (_ y: [Double], _ value: Int) -> [Double]

  /// Beyond it, either side of the middle, a difference of Gumbels has a probability below 1e-15.
  private static let reach = 36.0

  private func expectations(ofVariable variable: Int, of integrand: Integrand) -> [Double] {
    let logits = Array(problem.logits[variable * width..<(variable + 1) * width])
    return width == 1 ? bit(logits[0], integrand) : threeCategories(logits, integrand)
  }

  /// The density of x is the logistic one around the logit; y and z change at x = 0.
  ///
  /// Not a number, which agrees with nothing, if the quadrature fails.
  private func bit(_ logit: Double, _ integrand: Integrand) -> [Double] {
    let ends = [min(logit, 0) - Self.reach, min(logit, 0), max(logit, 0), max(logit, 0) + Self.reach]
    return integrand([0.5], 0).indices.map { place in
      zip(ends, ends.dropFirst()).filter(<).reduce(0) { sum, piece in
        let value = piece.0 + piece.1 > 0 ? 1 : 0
        let integral = try? integrate(
          from: piece.0, to: piece.1, absoluteError: 1e-14, relativeError: 1e-12
        ) { x in
          integrand([.sigmoid(x / temperature)], value)[place] * .sigmoid(x - logit) * .sigmoid(logit - x)
        }
        return sum + (integral?.value ?? .nan)
      }
    }
  }

  /// Over the scores a and b of the first two categories, less the third's; the hard sample changes at b = 0 and at
  /// a = max(b, 0).
  private func threeCategories(_ logits: [Double], _ integrand: Integrand) -> [Double] {
    let center = (a: logits[0] - logits[2], b: logits[1] - logits[2])
    var sums: [Double] = []
    for (b, outer) in nodes(around: center.b, split: 0) {
      let top = max(b, 0)
      for (a, inner) in nodes(around: center.a, split: top) {
        let terms = integrand(softmax(a / temperature, b / temperature), a > top ? 0 : (b > 0 ? 1 : 2))
        let weight = outer * inner * density(a - center.a, b - center.b)
        if sums.isEmpty { sums = terms.map { _ in 0 } }
        for place in terms.indices { sums[place] += weight * terms[place] }
      }
    }
    return sums
  }

  /// Gauss's rule on pieces that are as short as the temperature around the split and as the density around its centre.
  private func nodes(around center: Double, split: Double) -> [(place: Double, weight: Double)] {
    guard let rule = try? GaussLegendreRule(order: 14) else { return [(center, .nan)] }
    let steps = [2, 6, 16, 40].flatMap { [split - $0 * temperature, split + $0 * temperature] }
    let around = [3, 8, 16, Self.reach].flatMap { [center - $0, center + $0] }
    let range = center - Self.reach...center + Self.reach
    let ends = (steps + around + [split, center]).filter(range.contains).sorted()
    return zip(ends, ends.dropFirst()).flatMap { lower, upper in
      zip(rule.nodes, rule.weights).map { (lower + (upper - lower) * $0, (upper - lower) * $1) }
    }
  }

  /// Of Gumbel_1 - Gumbel_3 and Gumbel_2 - Gumbel_3.
  private func density(_ a: Double, _ b: Double) -> Double {
    let largest = max(0, -a, -b)
    let sum = Double.exp(-largest) + .exp(-a - largest) + .exp(-b - largest)
    return 2 * .exp(-a - b - 3 * largest) / (sum * sum * sum)
  }

  private func softmax(_ a: Double, _ b: Double) -> [Double] {
    let largest = max(a, b, 0)
    let weights = [Double.exp(a - largest), .exp(b - largest), .exp(-largest)]
    let sum = weights[0] + weights[1] + weights[2]
    return weights.map { $0 / sum }
  }
}
