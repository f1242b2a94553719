internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators
internal import RealModule

/// Identities of ARS and ARSM.
extension PathwiseIdentity {
  /// ARS, averaged over the number that chooses its reference category, is ARSM.
  func meanOverReferences() -> Pair {
    let (categories, perRow) = (problem.categories, problem.logits.count + 1)
    var mean = [Double](repeating: 0, count: gradient.count)
    for reference in 0..<categories {
      var chosen = noise
      for row in 0..<noise.count / perRow {
        chosen[(row + 1) * perRow - 1] = (Double(reference) + 0.5) / Double(categories)
      }
      let part = Self.gradient(candidate.estimator, problem, chosen)
      for i in mean.indices { mean[i] += part[i] / Double(categories) }
    }
    let race = noise.indices.filter { $0 % perRow < perRow - 1 }.map { noise[$0] }
    return ("the mean over reference categories is arsm", mean, Self.gradient(ARSM(), problem, race))
  }

  /// With two categories ARSM is ARM at logit_0 - logit_1, u = pi_1: its gradient is that of logit 0, and minus that of
  /// logit 1. A state of the binary problem is 1 where the category is 0.
  func isARM() -> Pair {
    let states = problem.stateCount
    let logits = (0..<problem.variables).map { problem.logits[2 * $0] - problem.logits[2 * $0 + 1] }
    let table = (0..<states).map { problem.value(of: states - 1 - $0) }
    guard
      let binary = try? Problem(
        name: problem.name, latent: .binary(logits: logits), objective: .table(values: table))
    else { return ("with two categories, arm", gradient, []) }
    let shares = (0..<noise.count / 2).map { pair in
      let times = (-Double.log(noise[2 * pair]), -Double.log(noise[2 * pair + 1]))
      // Category 0 wins where pi_0 = 1 - u < sigmoid(difference): that is ARM's first sample.
      return times.1 / (times.0 + times.1)
    }
    let plain = Self.gradient(ARM(), binary, shares)
    return ("with two categories, arm", gradient, plain.flatMap { [$0, -$0] })
  }
}
