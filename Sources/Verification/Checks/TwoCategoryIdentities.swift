internal import ExactExpectations
internal import GradientEstimators

/// Identities of categorical estimators with two categories: each is an estimator of the bit that is 1 in category 1.
extension PathwiseIdentity {
  func twoCategories() -> [Pair] {
    guard problem.categories == 2 else { return [] }
    switch candidate.claim {
    case let claim as CARMSI: return [rarerFirstIsARMS(claim.samples)]
    case let claim as CARMSSB:
      return [isOfBits(ARMS(samples: claim.samples), "arms:\(claim.samples)", noise: samplesFirst())]
    case is DisARMIW, is DisARMSB: return [isOfBits(DisARM(), "disarm", noise: rarerFirst())]
    case is DisARMTree: return [isOfBits(DisARM(), "disarm", noise: noise)]
    default: return []
    }
  }

  private func isOfBits(_ estimator: any GradientEstimator, _ name: String, noise: [Double]) -> Pair {
    (
      "with two categories, \(name)", gradient,
      ofCategories(Self.gradient(estimator, Self.bits(of: problem), noise))
    )
  }

  /// CARMS-I has no inverted copula: it is ARMS where category 0 is the rarer one, so the categories change places where
  /// it is not.
  private func rarerFirstIsARMS(_ samples: Int) -> Pair {
    let swapped = (0..<problem.variables).filter { problem.logits[2 * $0] > problem.logits[2 * $0 + 1] }
    let mask = swapped.reduce(0) { $0 | 1 << $1 }
    let logits = (0..<problem.variables).map { variable in
      let own = [problem.logits[2 * variable], problem.logits[2 * variable + 1]]
      return mask >> variable & 1 == 1 ? [own[1], own[0]] : own
    }
    let table = (0..<problem.stateCount).map { problem.value(of: $0 ^ mask) }
    let name = "with two categories, the rarer first, arms:\(samples)"
    guard
      let relabelled = try? Problem(
        name: problem.name, latent: .categorical(categories: 2, logits: logits),
        objective: .table(values: table))
    else { return (name, gradient, []) }
    let perRow = noise.count / Self.rows
    let drawing = noise.indices.filter { $0 % perRow < samples * problem.variables }.map { noise[$0] }
    return (
      name, Self.gradient(candidate.estimator, relabelled, noise),
      ofCategories(Self.gradient(ARMS(samples: samples), Self.bits(of: relabelled), drawing))
    )
  }

  /// The first walk over sticks takes the rarer category where u is small, the first of DisARM's pair takes 0 there.
  private func rarerFirst() -> [Double] {
    noise.indices.map { place in
      let variable = place % problem.variables
      let isRarerOne = problem.logits[2 * variable] > problem.logits[2 * variable + 1]
      return isRarerOne ? 1 - noise[place] : noise[place]
    }
  }

  /// Noise [variables x samples] of each row as [samples x variables].
  private func samplesFirst() -> [Double] {
    let (perRow, variables) = (noise.count / Self.rows, problem.variables)
    let samples = perRow / variables
    return noise.indices.map { place in
      let (row, within) = (place / perRow, place % perRow)
      return noise[row * perRow + within % variables * samples + within / variables]
    }
  }

  /// The same problem of bits; a problem of categories, which no estimator of bits takes, if there is none.
  private static func bits(of problem: Problem) -> Problem {
    let logits = (0..<problem.variables).map { problem.logits[2 * $0 + 1] - problem.logits[2 * $0] }
    let table = (0..<problem.stateCount).map { problem.value(of: $0) }
    let bits = try? Problem(
      name: problem.name, latent: .binary(logits: logits), objective: .table(values: table))
    return bits ?? problem
  }

  /// The derivatives by the logits of both categories, given that by their difference.
  private func ofCategories(_ ofBits: [Double]) -> [Double] { ofBits.flatMap { [-$0, $0] } }
}
