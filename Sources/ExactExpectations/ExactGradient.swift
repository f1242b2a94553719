internal import ElementwiseKernels
public import GradientEstimators
internal import RealModule

/// The exact gradient d/d(logits) E[f(z)] of a problem, by enumeration of its joint states.
///
/// For a binary variable, p (1 - p) E[f(z with z_d = 1) - f(z with z_d = 0)]: differences of f are summed, so a large
/// constant part of f costs no digits. For a categorical one, p_c sum over c' of p_c' E[f(z with z_d = c) - f(z with
/// z_d = c')].
///
/// - Complexity: variables x categories x joint states evaluations of f; compensated summation.
public func exactGradient(of problem: Problem) -> [Double] {
  switch problem.latent {
  case .binary(let logits):
    logits.indices.map { binaryGradient(of: problem, logits: logits, variable: $0) }
  case .categorical:
    (0..<problem.variables).flatMap { categoricalGradient(of: problem, variable: $0) }
  }
}

/// The exact gradient of an estimator's target, by enumeration.
///
/// For a multi-sample bound L with K samples and normalised weights v, by symmetry K E[(L - c - v_1) score(z_1)], any
/// constant c.
///
/// - Throws: `ExactExpectationError.tooManyStates` if K samples have more than 2^22 joint states.
public func exactGradient(
  of problem: Problem, for estimator: any GradientEstimator
) throws(ExactExpectationError) -> [Double] {
  guard case .importanceWeightedBound(let samples) = estimator.target else {
    return exactGradient(of: problem)
  }
  let limit = 1 << 22
  let sets = (0..<samples).reduce(1) { count, _ in min(count * problem.stateCount, limit + 1) }
  guard sets <= limit else {
    throw .tooManyStates(estimator: estimator.name, problem: problem.name, limit: limit)
  }
  return boundGradient(of: problem, samples: samples, sets: sets)
}

private func boundGradient(of problem: Problem, samples: Int, sets: Int) -> [Double] {
  let states = problem.stateCount
  let logProbabilities = (0..<states).map { problem.logProbability(of: $0) }
  let logWeights = (0..<states).map { problem.value(of: $0) - logProbabilities[$0] }
  let center = zip(logProbabilities, logWeights).reduce(0) { $0 + .exp($1.0) * $1.1 }
  var factors = [CompensatedSum](repeating: CompensatedSum(), count: states)
  for set in 0..<sets {
    let members = sequence(first: set) { $0 / states }.prefix(samples).map { $0 % states }
    let largest = members.reduce(-Double.infinity) { max($0, logWeights[$1]) }
    let weights = members.map { Double.exp(logWeights[$0] - largest) }
    let total = weights.reduce(0, +)
    let bound = largest + .log(total / Double(samples))
    let probability = Double.exp(members.reduce(0) { $0 + logProbabilities[$1] })
    factors[members[0]].add(probability * (bound - center - weights[0] / total))
  }
  return problem.logits.indices.map { coordinate in
    var sum = CompensatedSum()
    for state in 0..<states {
      sum.add(
        Double(samples) * factors[state].value * problem.score(ofCoordinate: coordinate, inState: state))
    }
    return sum.value
  }
}

private func binaryGradient(of problem: Problem, logits: [Double], variable: Int) -> Double {
  let place = 1 << variable
  var sum = CompensatedSum()
  for state in 0..<problem.stateCount where state & place == 0 {
    var probability = 1.0
    for other in logits.indices where other != variable {
      probability *= .sigmoid(state >> other & 1 == 1 ? logits[other] : -logits[other])
    }
    sum.add(probability * (problem.value(of: state | place) - problem.value(of: state)))
  }
  return .sigmoid(logits[variable]) * .sigmoid(-logits[variable]) * sum.value
}

private func categoricalGradient(of problem: Problem, variable: Int) -> [Double] {
  let categories = problem.categories
  let probabilities = (0..<problem.variables).map { problem.probabilities(ofVariable: $0) }
  let place = (0..<variable).reduce(1) { place, _ in place * categories }
  var sums = [CompensatedSum](repeating: CompensatedSum(), count: categories)
  for state in 0..<problem.stateCount where problem.value(ofVariable: variable, inState: state) == 0 {
    var probability = 1.0
    for other in 0..<problem.variables where other != variable {
      probability *= probabilities[other][problem.value(ofVariable: other, inState: state)]
    }
    let values = (0..<categories).map { problem.value(of: state + place * $0) }
    for category in 0..<categories {
      for other in 0..<categories where other != category {
        sums[category].add(
          probability * probabilities[variable][other] * (values[category] - values[other]))
      }
    }
  }
  return zip(probabilities[variable], sums).map { $0 * $1.value }
}
