internal import ExactExpectations
internal import GradientEstimators
internal import RealModule

// MARK: Identities of estimators that use derivatives

extension PathwiseIdentity {
  /// Whether f is multilinear between the states.
  var isTable: Bool {
    if case .table = problem.objective { return true }
    return false
  }

  func derivativeIdentities() -> [Pair] {
    guard isTable else { return [] }
    let isAffine = problem.variables == 1
    switch candidate.claim {
    case is MuProp: return [invariance()] + (isAffine ? [exactWhereAffine()] : [])
    case let claim as StraightThrough where claim.proxy == .mean: return [invariance(), localExpectations()]
    case is StraightThrough: return [invariance()]
    case let claim as GumbelSoftmax:
      let other = StraightThroughGumbel(temperature: claim.temperature)
      return [invariance()] + (isAffine ? [agreement(with: other), relaxed(claim.temperature)] : [])
    case let claim as StraightThroughGumbel:
      let other = GumbelSoftmax(temperature: claim.temperature)
      return [invariance()] + (isAffine ? [agreement(with: other), relaxed(claim.temperature)] : [])
    default: return []
    }
  }

  private func exactWhereAffine() -> Pair {
    let exact = exactGradient(of: problem)
    return (
      "the exact gradient where f is affine", gradient, gradient.indices.map { exact[$0 % exact.count] }
    )
  }

  /// p_c times what f(z with z_d = c) exceeds its mean over z_d by, on the same z; for bits, leg itself.
  private func localExpectations() -> Pair {
    guard !problem.latentVariables.isBinary else {
      return (
        "st = leg on a multilinear f", gradient, Self.gradient(LocalExpectationGradients(), problem, noise)
      )
    }
    let categories = problem.categories
    var batch = EstimatorBatch<Double>(
      estimator: REINFORCE(), problem: problem, rows: noise.count / problem.variables)
    batch.noise = noise
    batch.run()
    var expected: [Double] = []
    for row in 0..<noise.count / problem.variables {
      let z = (0..<problem.variables).map { Int(batch.samples[row * problem.variables + $0]) }
      var place = 1
      for variable in 0..<problem.variables {
        let state = z.reversed().reduce(0) { $0 * categories + $1 } - z[variable] * place
        let values = (0..<categories).map { problem.value(of: state + $0 * place) }
        let p = problem.probabilities(ofVariable: variable)
        let mean = zip(p, values).reduce(0) { $0 + $1.0 * $1.1 }
        expected += zip(p, values).map { $0 * ($1 - mean) }
        place *= categories
      }
    }
    return ("local expectations on a multilinear f, written out", gradient, expected)
  }

  private func agreement(with other: any GradientEstimator) -> Pair {
    ("gumbel = st-gumbel where f is affine", gradient, Self.gradient(other, problem, noise))
  }

  /// One variable: (f(1) - f(0)) y (1 - y) / t, or sum over k of y_c y_k (f(c) - f(k)) / t, from y by powers.
  private func relaxed(_ temperature: Double) -> Pair {
    let name = "y (1 - y) / t times the difference of f, written out"
    let rows = noise.count / candidate.estimator.noisePerRow(variables: problem.latentVariables)
    let values = (0..<problem.stateCount).map { problem.value(of: $0) }
    guard problem.latentVariables.isBinary else {
      let expected = (0..<rows).flatMap { row -> [Double] in
        let y = raceByPowers(row, temperature)
        return y.indices.map { c in
          y.indices.reduce(0) { $0 + y[c] * y[$1] * (values[c] - values[$1]) / temperature }
        }
      }
      return (name, gradient, expected)
    }
    let odds = Double.exp(problem.logits[0])
    let expected = noise.map { u in
      let relaxedOdds = Double.pow(odds * (1 - u) / u, 1 / temperature)
      let y = relaxedOdds / (1 + relaxedOdds)
      return (values[1] - values[0]) * y * (1 - y) / temperature
    }
    return (name, gradient, expected)
  }

  /// y of one categorical variable: the chosen category first, the shares of the simplex by roots, arrival times by powers.
  private func raceByPowers(_ row: Int, _ temperature: Double) -> [Double] {
    let categories = problem.categories
    let numbers = Array(noise[row * categories..<(row + 1) * categories])
    let p = problem.probabilities(ofVariable: 0)
    var winner = 0
    var sum = p[0]
    while numbers[0] >= sum && winner < categories - 1 {
      winner += 1
      sum += p[winner]
    }
    var rest = 1.0
    var shares: [Double] = []
    for (place, uniform) in numbers.dropFirst().enumerated() {
      let kept = Double.pow(uniform, 1 / Double(categories - 1 - place))
      shares.append(rest * (1 - kept))
      rest *= kept
    }
    shares.append(rest)
    var weights = p
    var next = 1
    for category in p.indices {
      guard category != winner else { continue }
      weights[category] = .pow(shares[0] / (shares[0] + shares[next] / p[category]), 1 / temperature)
      next += 1
    }
    weights[winner] = 1
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }
}
