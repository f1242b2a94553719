internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators

/// Exact variances by formulas that share nothing with the estimators' code or with their noise laws.
///
/// - REINFORCE: sum_z q(z) f(z)^2 (z_d - p_d)^2 - G_d^2; for categorical variables, here and in LOORF, with indicators.
/// - AR: the same with E[(1 - 2u)^2 | z_d] for the squared score.
/// - DisARM, ARMS with two samples under either copula: sum over the pairs' 3^D regions of (1/2 (f - f') M_d)^2 where z_d differs.
/// - ARM: the same sum with E[(u_d - 1/2)^2 | region].
/// - DisARM with n pairs: that of one pair over n.
/// - Local expectation gradients: sum_z q(z) (p_d (1 - p_d) (f(z) - f(z with bit d flipped)))^2 - G_d^2; bitflip-1: the
///   same with D times the sum.
/// - Straight-through and MuProp: by enumeration, `StateFormula`. Gumbel-softmax and its straight-through form, with one
///   variable: by quadrature, `RelaxationFormula`.
/// - LOORF: a U-statistic with kernel h = 1/2 (f - f') (z - z'), so 2 / (n (n-1)) (2 (n-2) Var E[h | z] + Var h); Hoeffding,
///   "A Class of Statistics with Asymptotically Normal Distribution", Annals of Mathematical Statistics 19, 1948.
enum VarianceFormula {
  /// The variance of each coordinate, or nil where there is no formula.
  static func variance(of estimator: any GradientEstimator, on problem: Problem) -> [Double]? {
    if estimator is any DifferentiableGradientEstimator {
      return StateFormula.moments(of: estimator, on: problem)?.variance
        ?? RelaxationFormula(estimator, on: problem)?.variance()
    }
    let samples = estimator.evaluations(variables: problem.latentVariables)
    let gradient = exactGradient(of: problem)
    let second: [Double]
    let name = EstimatorCatalogue.entry(named: estimator.name)?.baseName
    guard problem.latentVariables.isBinary || ["reinforce", "reinforce-ema", "loorf"].contains(name) else {
      return nil
    }
    switch name {
    case "reinforce", "reinforce-ema": second = reinforce(problem)
    case "ar": second = ar(problem)
    case "arm": second = arm(problem)
    case "disarm":
      // Independent pairs share the variance of one.
      return zip(disarm(problem), gradient).map { max(0, $0 - $1 * $1) / Double(samples / 2) }
    case "arms" where samples == 2, "arms-normal" where samples == 2: second = disarm(problem)
    case "leg": second = localExpectations(problem)
    case "bitflip-1": second = localExpectations(problem).map { Double(problem.variables) * $0 }
    case "loorf": return loorf(problem, samples: samples, gradient: gradient)
    default: return nil
    }
    return zip(second, gradient).map { max(0, $0 - $1 * $1) }
  }

  private static func reinforce(_ problem: Problem) -> [Double] {
    let probabilities = stateProbabilities(problem)
    return problem.logits.indices.map { coordinate in
      let event = Event(coordinate, problem)
      return probabilities.indices.reduce(0) { sum, state in
        let score = event.indicator(state) - event.probability
        return sum + probabilities[state] * problem.value(of: state) * problem.value(of: state) * score
          * score
      }
    }
  }

  private static func ar(_ problem: Problem) -> [Double] {
    stateSum(problem) { state, value, variable, p in
      let slope = 1 - 2 * p
      let cube = slope * slope * slope
      let moment = state >> variable & 1 == 1 ? (1 - cube) / (6 * p) : (1 + cube) / (6 * (1 - p))
      return value * value * moment
    }
  }

  private static func disarm(_ problem: Problem) -> [Double] {
    pairSum(problem) { difference, region, e in
      let gradient = difference / 2 * (1 - e)
      return region == .equal ? 0 : gradient * gradient
    }
  }

  /// sum_z q(z) (p (1 - p) (f(z) - f(z with bit d flipped)))^2.
  private static func localExpectations(_ problem: Problem) -> [Double] {
    stateSum(problem) { state, value, variable, p in
      let difference = p * (1 - p) * (value - problem.value(of: state ^ (1 << variable)))
      return difference * difference
    }
  }

  private static func arm(_ problem: Problem) -> [Double] {
    pairSum(problem) { difference, region, e in
      let inner = 0.5 - e
      let moment = region == .equal ? inner * inner / 3 : (0.125 - inner * inner * inner) / (3 * e)
      return difference * difference * moment
    }
  }

  private static func loorf(_ problem: Problem, samples: Int, gradient: [Double]) -> [Double] {
    let probabilities = stateProbabilities(problem)
    return gradient.indices.map { coordinate in
      let event = Event(coordinate, problem)
      var conditional = 0.0
      var full = 0.0
      for (first, weight) in probabilities.enumerated() {
        var mean = 0.0
        for (second, other) in probabilities.enumerated() {
          let sign = event.indicator(first) - event.indicator(second)
          let kernel = (problem.value(of: first) - problem.value(of: second)) * sign / 2
          mean += other * kernel
          full += weight * other * kernel * kernel
        }
        conditional += weight * (mean - gradient[coordinate]) * (mean - gradient[coordinate])
      }
      full -= gradient[coordinate] * gradient[coordinate]
      let n = Double(samples)
      return max(0, 2 / (n * (n - 1)) * (2 * (n - 2) * conditional + full))
    }
  }
}

// MARK: Sums over states and over pairs

extension VarianceFormula {
  /// What a logit stands for: that its bit is 1, or that its variable has its category.
  private struct Event {
    let variable: Int
    let value: Int
    let probability: Double
    let problem: Problem

    init(_ coordinate: Int, _ problem: Problem) {
      let perVariable = problem.latentVariables.logitsPerVariable
      variable = coordinate / perVariable
      value = problem.latentVariables.isBinary ? 1 : coordinate % perVariable
      probability = problem.probabilities(ofVariable: variable)[value]
      self.problem = problem
    }

    func indicator(_ state: Int) -> Double {
      problem.value(ofVariable: variable, inState: state) == value ? 1 : 0
    }
  }

  private static func stateProbabilities(_ problem: Problem) -> [Double] {
    let probabilities = (0..<problem.variables).map { problem.probabilities(ofVariable: $0) }
    return (0..<problem.stateCount).map { state in
      probabilities.indices.reduce(1) { product, variable in
        product * probabilities[variable][problem.value(ofVariable: variable, inState: state)]
      }
    }
  }

  /// For each variable, the sum over states of q(z) term(z, f(z), variable, p).
  private static func stateSum(
    _ problem: Problem, _ term: (Int, Double, Int, Double) -> Double
  ) -> [Double] {
    let probabilities = stateProbabilities(problem)
    return problem.logits.indices.map { variable in
      let p = Double.sigmoid(problem.logits[variable])
      return probabilities.indices.reduce(0) { sum, state in
        sum + probabilities[state] * term(state, problem.value(of: state), variable, p)
      }
    }
  }

  private enum Region { case firstOne, secondOne, equal }

  /// For each variable, the sum over the 3^D regions of the antithetic pair of P term(f(z1) - f(z2), region, e).
  private static func pairSum(
    _ problem: Problem, _ term: (Double, Region, Double) -> Double
  ) -> [Double] {
    let logits = problem.logits
    let rare = logits.map { Double.sigmoid(-$0.magnitude) }
    var sums = logits.map { _ in 0.0 }
    let count = logits.indices.reduce(1) { count, _ in 3 * count }
    for index in 0..<count {
      let regions = regions(of: index, count: logits.count)
      var probability = 1.0
      var first = 0
      var second = 0
      for (variable, region) in regions.enumerated() {
        probability *= region == .equal ? 1 - 2 * rare[variable] : rare[variable]
        let both = region == .equal && logits[variable] > 0
        if both || region == .firstOne { first |= 1 << variable }
        if both || region == .secondOne { second |= 1 << variable }
      }
      let difference = problem.value(of: first) - problem.value(of: second)
      for variable in logits.indices {
        sums[variable] += probability * term(difference, regions[variable], rare[variable])
      }
    }
    return sums
  }

  private static func regions(of index: Int, count: Int) -> [Region] {
    var rest = index
    return (0..<count).map { _ in
      defer { rest /= 3 }
      return [.firstOne, .secondOne, .equal][rest % 3]
    }
  }
}
