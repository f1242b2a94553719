internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let decisions = [DecisionTree.sticks, .balanced].flatMap { tree in
    FaultyDecisions.Fault.allCases.map { fault in
      Mutant(
        "\(tree.rawValue)-\(fault.rawValue)", base: tree.rawValue, fault: fault.description,
        FaultyDecisions(tree: tree, fault: fault))
    }
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
