internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  static let importanceWeighted = [
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
}

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
