internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  static let coupled = stickBreakingCARMS + gumbelCARMS + importanceWeighted + decisions

  private static let stickBreakingCARMS = [
    Mutant(
      "carms-sb-2-without-ratio", base: "carms-sb:2", fault: "p p' / J is missing",
      FaultyStickCARMS(samples: 2, fault: .missingRatio)),
    Mutant(
      "carms-sb-3-without-earlier-sticks", base: "carms-sb:3",
      fault: "the product over the sticks before the earlier one is missing",
      FaultyStickCARMS(samples: 3, fault: .missingEarlierSticks)),
    Mutant(
      "carms-sb-3-not-squared", base: "carms-sb:3",
      fault: "1 - pi in place of its square in the product over earlier sticks",
      FaultyStickCARMS(samples: 3, fault: .notSquared)),
    Mutant(
      "carms-sb-3-later-stick", base: "carms-sb:3", fault: "the ratio of the later of the two sticks",
      FaultyStickCARMS(samples: 3, fault: .laterStick)),
    Mutant(
      "carms-sb-3-wrong-exponent", base: "carms-sb:3", fault: "the joint probabilities of one more sample",
      FaultyStickCARMS(samples: 3, fault: .wrongExponent)),
    Mutant(
      "carms-sb-3-over-n", base: "carms-sb:3", fault: "1/n in place of 1/(n-1)",
      FaultyStickCARMS(samples: 3, fault: .overN)),
    Mutant(
      "carms-sb-2-sign", base: "carms-sb:2", fault: "the two values are swapped",
      FaultyStickCARMS(samples: 2, fault: .sign)),
    Mutant(
      "carms-sb-2-native-order", base: "carms-sb:2",
      fault: "sticks in the categories' own order: behind one of more than 1/2 no pair is ever apart",
      FaultyStickCARMS(samples: 2, fault: .nativeOrder)),
    Mutant(
      "carms-sb-3-epsilon", base: "carms-sb:3",
      fault: "1e-6 added to pi - Phi, and 1e-8 to 1 - 2 pi + Phi",
      releasedCode:
        "Dimitriev, Zhou, code of CARMS (NeurIPS 2021), antithetic.py, StickBreakingCategorical.bivariate_ratio",
      FaultyStickCARMS(samples: 3, fault: .epsilon)),
  ]

  private static let gumbelCARMS = [
    Mutant(
      "carms-g-2-without-ratio", base: "carms-g:2", fault: "p p' / J is missing",
      FaultyRaceCARMS(samples: 2, fault: .missingRatio)),
    Mutant(
      "carms-g-3-over-n", base: "carms-g:3", fault: "1/n in place of 1/(n-1)",
      FaultyRaceCARMS(samples: 3, fault: .overN)),
    Mutant(
      "carms-g-2-sign", base: "carms-g:2", fault: "the two values are swapped",
      FaultyRaceCARMS(samples: 2, fault: .sign)),
    Mutant(
      "carms-g-2-inverse-ratio", base: "carms-g:2", fault: "J / (p p') in place of p p' / J",
      FaultyRaceCARMS(samples: 2, fault: .inverseRatio)),
    Mutant(
      "carms-g-2-ratio-of-carms-i", base: "carms-g:2",
      fault: "the ratio of inverse CDF sampling", FaultyRaceCARMS(samples: 2, fault: .ratioOfCARMSI)),
    Mutant(
      "carms-g-2-monte-carlo", base: "carms-g:2",
      fault:
        "J from 100 draws, 1e-3 added above and below the ratio, which is then clipped to 0.01 ... 10; its mean over those draws",
      releasedCode:
        "Dimitriev, Zhou, code of CARMS (NeurIPS 2021), antithetic.py, GumbelCategorical.bivariate_pmf, and vae.py, matrix_grad",
      FaultyRaceCARMS(samples: 2, fault: .monteCarlo)),
  ]

  private static let importanceWeighted = [
    Mutant(
      "disarm-iw-without-ordering", base: "disarm-iw",
      fault:
        "sticks in the categories' own order; the factor of a stick with log odds of at least -1e-5 is 0",
      releasedCode:
        "Dong, Mnih, Tucker, code of their NeurIPS 2021 paper (disarm/categorical), the importance-weighted branch, where the order of the logits stays None",
      FaultyImportanceWeights(fault: .nativeOrder)),
    Mutant(
      "disarm-iw-without-half", base: "disarm-iw", fault: "the factor 1/2 is missing",
      FaultyImportanceWeights(fault: .missingHalf)),
    Mutant(
      "disarm-iw-sign", base: "disarm-iw", fault: "the two values are swapped",
      FaultyImportanceWeights(fault: .sign)),
    Mutant(
      "disarm-iw-signed-log-odds", base: "disarm-iw", fault: "sigmoid(alpha) in place of sigmoid(|alpha|)",
      FaultyImportanceWeights(fault: .signedLogOdds)),
    Mutant(
      "disarm-iw-not-squared", base: "disarm-iw",
      fault: "1 - pi in place of its square in the product over earlier sticks",
      FaultyImportanceWeights(fault: .notSquared)),
    Mutant(
      "disarm-iw-without-earlier-sticks", base: "disarm-iw",
      fault: "the product over the sticks before the earlier one is missing",
      FaultyImportanceWeights(fault: .missingEarlierSticks)),
    Mutant(
      "disarm-iw-shared-uniform", base: "disarm-iw", fault: "one uniform number for all sticks",
      FaultyImportanceWeights(fault: .sharedUniform)),
  ]

  private static let decisions = [DecisionTree.sticks, .balanced].flatMap { tree in
    FaultyDecisions.Fault.allCases.map { fault in
      Mutant(
        "\(tree.rawValue)-\(fault.rawValue)", base: tree.rawValue, fault: fault.description,
        FaultyDecisions(tree: tree, fault: fault))
    }
  }
}

// MARK: CARMS

/// The pair form with a ratio of its own for each pair of categories, times a factor.
private func pairForm<Scalar: KernelScalar>(
  evaluations: Int, factor: Double = 1, logits: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
  shape: LatentShape, gradient: inout MutableSpan<Scalar>, ratio: (Int, Int, [Double]) -> Double
) {
  let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
  let scale = factor / Double(evaluations * (evaluations - 1))
  gradient.update(repeating: 0)
  for i in 0..<count {
    let row = i / shape.variables
    let own = (0..<categories).map { Double(logits[i * categories + $0]) }
    for first in 0..<evaluations {
      for second in 0..<first {
        let (category, other) = (Int(samples[first * count + i]), Int(samples[second * count + i]))
        guard category != other else { continue }
        let difference = values[first * shape.rows + row] - values[second * shape.rows + row]
        let weight = Scalar(scale * ratio(category, other, own)) * difference
        gradient[i * categories + category] += weight
        gradient[i * categories + other] -= weight
      }
    }
  }
}

private func softmax(_ logits: [Double]) -> [Double] {
  let law = CategoricalLaw(variable: 0, logits: logits, variables: .categorical(1, categories: logits.count))
  return logits.indices.map { law.probability(of: $0) }
}

private struct FaultyStickCARMS: FaultyEstimator {
  enum Fault {
    case missingRatio, missingEarlierSticks, notSquared, laterStick, wrongExponent, overN, sign, nativeOrder,
      epsilon
  }

  let samples: Int
  let fault: Fault
  var base: CARMSSB { CARMSSB(samples: samples) }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  /// Two uniforms of a Dirichlet copula are u and 1 - u: the sticks of another order split them elsewhere.
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    guard fault == .nativeOrder else { return base.noiseLaw(logits: logits, variables: variables) }
    let categories = variables.categories
    return (0..<variables.count).flatMap { variable in
      let own = Array(logits[variable * categories..<(variable + 1) * categories])
      return sticks(own).nodes.enumerated().map { stick, node in
        let start = (variable * (categories - 1) + stick) * 2
        let rare = min(node.share, 1 - node.share)
        let cells = [(rare, rare / 2), (1 - 2 * rare, 0.5), (rare, 1 - rare / 2)].map { probability, share in
          NoiseBlock.Cell(probability: probability, noise: [.exp(-8 * share), .exp(-8 * (1 - share))])
        }
        return NoiseBlock(indices: [start, start + 1], law: .cells(cells))
      }
    }
  }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    guard fault == .nativeOrder else {
      return base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
    }
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    for i in 0..<count {
      let nodes = sticks((0..<categories).map { Double(logits[i * categories + $0]) }).nodes
      for sample in 0..<2 {
        let taken = nodes.indices.first { stick in
          let start = (i * (categories - 1) + stick) * 2
          let logarithms = (0..<2).map { Double.log(Double(noise[start + $0])) }
          return 1 - logarithms[sample] / (logarithms[0] + logarithms[1]) < nodes[stick].share
        }
        samples[sample * count + i] = Scalar(taken ?? categories - 1)
      }
    }
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let factor: Double =
      switch fault {
      case .overN: Double(self.samples - 1) / Double(self.samples)
      case .sign: -1
      default: 1
      }
    pairForm(
      evaluations: self.samples, factor: factor, logits: logits, samples: samples, values: values,
      shape: shape, gradient: &gradient, ratio: ratio)
  }

  private func sticks(_ logits: [Double]) -> DecisionNodes {
    let probabilities = softmax(logits)
    return fault == .nativeOrder
      ? .sticks(probabilities, order: Array(logits.indices)) : .ascendingSticks(probabilities)
  }

  private func ratio(_ category: Int, _ other: Int, _ logits: [Double]) -> Double {
    guard fault != .missingRatio else { return 1 }
    let sticks = sticks(logits)
    let places = (sticks.stick(of: category), sticks.stick(of: other))
    let last = fault == .laterStick ? max(places.0, places.1) : min(places.0, places.1)
    let epsilons = fault == .epsilon ? (earlier: 1e-8, last: 1e-6) : (earlier: 0, last: 0)
    var ratio = 1.0
    for (place, node) in sticks.nodes.prefix(last + 1).enumerated() {
      let (taken, passed) = (node.share, 1 - node.share)
      let both = dirichletPair(taken, samples: fault == .wrongExponent ? samples + 1 : samples)
      if place == last {
        ratio *= taken * passed / (taken - both + epsilons.last)
      } else if fault != .missingEarlierSticks {
        let neither = 1 - 2 * taken + both + epsilons.earlier
        ratio *= neither > 0 ? (fault == .notSquared ? passed : passed * passed) / neither : 0
      }
    }
    return ratio
  }
}

private struct FaultyRaceCARMS: FaultyEstimator {
  enum Fault { case missingRatio, overN, sign, inverseRatio, ratioOfCARMSI, monteCarlo }

  let samples: Int
  let fault: Fault
  var base: CARMSG { CARMSG(samples: samples) }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    switch fault {
    case .overN, .sign:
      base.combine(
        logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
      let factor = fault == .sign ? -1 : Scalar(self.samples - 1) / Scalar(self.samples)
      for i in 0..<gradient.count { gradient[i] *= factor }
    case .missingRatio, .inverseRatio, .ratioOfCARMSI, .monteCarlo:
      pairForm(
        evaluations: self.samples, logits: logits, samples: samples, values: values, shape: shape,
        gradient: &gradient, ratio: ratio)
    }
  }

  private func ratio(_ category: Int, _ other: Int, _ logits: [Double]) -> Double {
    guard fault != .missingRatio else { return 1 }
    let probabilities = softmax(logits)
    let product = probabilities[category] * probabilities[other]
    guard fault != .ratioOfCARMSI else {
      let law = CategoricalLaw(
        variable: 0, logits: logits, variables: .categorical(1, categories: logits.count))
      return product / CARMSI(samples: samples).pairProbability(category, other, law: law)
    }
    let joint = base.pairProbability(category, other, logits: logits)
    return fault == .inverseRatio ? joint / product : Self.meanRatio(product: product, joint: joint)
  }

  /// The mean of the clipped ratio over 100 draws of two samples: J is half the share of draws with both categories.
  private static func meanRatio(product: Double, joint: Double) -> Double {
    let draws = 100
    var mean = 0.0
    for found in 0...draws {
      let logarithm =
        Double.logGamma(Double(draws + 1)) - .logGamma(Double(found + 1))
        - .logGamma(Double(draws - found + 1))
        + Double(found) * .log(2 * joint) + Double(draws - found) * .log(onePlus: -2 * joint)
      let estimate = Double(found) / Double(2 * draws)
      mean += .exp(logarithm) * min(max((product + 1e-3) / (estimate + 1e-3), 0.01), 10)
    }
    return mean
  }
}

// MARK: DisARM

private struct FaultyImportanceWeights: FaultyEstimator {
  enum Fault {
    case nativeOrder, missingHalf, sign, signedLogOdds, notSquared, missingEarlierSticks, sharedUniform
  }

  let fault: Fault
  var base: DisARMIW { DisARMIW() }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  private var walks: DecisionWalks {
    DecisionWalks(sharesUniform: fault == .sharedUniform, decisions: sticks)
  }

  private func sticks(_ logits: [Double]) -> DecisionNodes {
    let probabilities = softmax(logits)
    return fault == .nativeOrder
      ? .sticks(probabilities, order: Array(logits.indices)) : .ascendingSticks(probabilities)
  }

  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    walks.noiseLaw(logits: logits, variables: variables)
  }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    walks.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    // For two samples 1 / (n (n-1)) is the half.
    let factor: Double = fault == .missingHalf ? 2 : fault == .sign ? -1 : 1
    pairForm(
      evaluations: 2, factor: factor, logits: logits, samples: samples, values: values, shape: shape,
      gradient: &gradient, ratio: weight)
  }

  private func weight(_ category: Int, _ other: Int, _ logits: [Double]) -> Double {
    let sticks = sticks(logits)
    let earlier = min(sticks.stick(of: category), sticks.stick(of: other))
    let node = sticks.nodes[earlier]
    let before = sticks.nodes[..<earlier].reduce(1.0) { product, node in
      let passed = 1 - node.share
      switch fault {
      case .missingEarlierSticks: return 1
      case .notSquared: return product * passed / (1 - 2 * node.share)
      case .nativeOrder where Double.log(node.share / passed) >= -1e-5: return 0
      default: return product * passed * passed / (1 - 2 * node.share)
      }
    }
    return before * (fault == .signedLogOdds ? node.share : node.larger)
  }
}

/// The trees of DisARM-SB and DisARM-Tree, by the names of the estimators.
private enum DecisionTree: String, Sendable {
  case sticks = "disarm-sb"
  case balanced = "disarm-tree"

  func decisions(_ logits: [Double]) -> DecisionNodes {
    self == .sticks ? .ascendingSticks(softmax(logits)) : .balanced(softmax(logits))
  }
}

private struct FaultyDecisions: FaultyEstimator {
  enum Fault: String, CaseIterable, CustomStringConvertible {
    case signedLogOdds = "signed-log-odds"
    case missingHalf = "without-half"
    case sign = "sign"
    case sharedPathOnly = "shared-path-only"
    case secondPathSign = "second-path-sign"
    case missingProbability = "without-probability"
    case noChainRule = "without-chain-rule"
    case sharedUniform = "shared-uniform"

    var description: String {
      switch self {
      case .signedLogOdds: "sigmoid(alpha) in place of sigmoid(|alpha|)"
      case .missingHalf: "the factor 1/2 is missing"
      case .sign: "the two values are swapped"
      case .sharedPathOnly: "decisions on one path only contribute nothing"
      case .secondPathSign: "decisions on the second path only have the first path's sign"
      case .missingProbability: "b in place of b - p at decisions on one path only"
      case .noChainRule: "the gradient of a decision's log odds goes to its left categories alone"
      case .sharedUniform: "one uniform number for all decisions"
      }
    }
  }

  let tree: DecisionTree
  let fault: Fault
  var base: DisARMSB { DisARMSB() }
  var name: String { tree.rawValue }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  private var walks: DecisionWalks {
    DecisionWalks(sharesUniform: fault == .sharedUniform, decisions: tree.decisions)
  }

  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    walks.noiseLaw(logits: logits, variables: variables)
  }

  /// Wide enough for every fault of either tree.
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let range = objective.upperBound - objective.lowerBound
    let size = 2 * Double(variables.categories) * range
    return -size...size
  }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    walks.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    let factor = fault == .missingHalf ? 1 : fault == .sign ? -0.5 : 0.5
    gradient.update(repeating: 0)
    for i in 0..<count {
      let row = i / shape.variables
      let decisions = tree.decisions((0..<categories).map { Double(logits[i * categories + $0]) })
      let drawn = (Int(samples[i]), Int(samples[count + i]))
      let difference = values[row] - values[shape.rows + row]
      for node in decisions.nodes {
        let weight = Scalar(factor * weight(node, drawn)) * difference
        for (category, slope) in decisions.slopes(of: node).enumerated() {
          guard fault != .noChainRule || slope > 0 else { continue }
          gradient[i * categories + category] += weight * Scalar(slope)
        }
      }
    }
  }

  private func weight(_ node: DecisionNodes.Node, _ drawn: (Int, Int)) -> Double {
    let (first, second) = (
      node.left.contains(drawn.0) ? 1.0 : 0, node.left.contains(drawn.1) ? 1.0 : 0
    )
    let baseline = fault == .missingProbability ? 0 : node.share
    switch (node.isReached(by: drawn.0), node.isReached(by: drawn.1)) {
    case (true, true): return (first - second) * (fault == .signedLogOdds ? node.share : node.larger)
    case (true, false): return fault == .sharedPathOnly ? 0 : first - baseline
    case (false, true):
      return fault == .sharedPathOnly
        ? 0 : fault == .secondPathSign ? second - baseline : baseline - second
    case (false, false): return 0
    }
  }
}

/// Two walks through decisions, with u and 1 - u; noise [variables x decisions], of which the first is used for all
/// decisions of a variable where it is shared.
private struct DecisionWalks {
  let sharesUniform: Bool
  let decisions: ([Double]) -> DecisionNodes

  /// Numbered as the estimators do, by the first place of the right part.
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    let categories = variables.categories
    return (0..<variables.count).flatMap { variable in
      let tree = decisions(Array(logits[variable * categories..<(variable + 1) * categories]))
      let all = tree.nodes.flatMap { [$0.share, 1 - $0.share] }
      return tree.nodes.enumerated().map { number, node in
        let place = Self.place(of: node, number: number, in: tree)
        let breakpoints = !sharesUniform ? [node.share, 1 - node.share] : place == 0 ? all : []
        return NoiseBlock(
          indices: [variable * (categories - 1) + place],
          law: .uniform(breakpoints: breakpoints.sorted(), degree: 0))
      }
    }
  }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    for i in 0..<count {
      let tree = decisions((0..<categories).map { Double(logits[i * categories + $0]) })
      for sample in 0..<2 {
        var left = Array(0..<categories)
        for (number, node) in tree.nodes.enumerated() where node.isReached(by: left[0]) && left.count > 1 {
          guard Set(node.left + node.right) == Set(left) else { continue }
          let place = sharesUniform ? 0 : Self.place(of: node, number: number, in: tree)
          let uniform = Double(noise[i * (categories - 1) + place])
          left = (sample == 0 ? uniform : 1 - uniform) < node.share ? node.left : node.right
        }
        samples[sample * count + i] = Scalar(left[0])
      }
    }
  }

  /// Sticks are numbered one by one; the nodes of a balanced tree by their split.
  private static func place(of node: DecisionNodes.Node, number: Int, in tree: DecisionNodes) -> Int {
    let isSticks = tree.nodes.allSatisfy { $0.left.count == 1 }
    return isSticks ? number : node.right[0] - 1
  }
}
