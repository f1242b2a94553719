internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  static let stickBreakingCARMS = [
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
