internal import ElementwiseKernels

/// The exact gradient d/d(logits) E[f(z)] of a problem, by enumeration of its joint states.
///
/// For a binary variable, p (1 - p) E[f(z with z_d = 1) - f(z with z_d = 0)]: differences of f are summed, so a large
/// constant part of f costs no digits.
///
/// - Complexity: variables x 2^variables evaluations of f; compensated summation.
public func exactGradient(of problem: Problem) -> [Double] {
  switch problem.latent {
  case .binary(let logits):
    logits.indices.map { binaryGradient(of: problem, logits: logits, variable: $0) }
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
