internal import RealModule

/// A categorical variable as binary decisions, from its probabilities and by plain sums: what the estimators' compact
/// forms are held to, and what their mutants get wrong.
struct DecisionNodes {
  struct Node {
    let left: [Int]
    let right: [Int]
    let leftProbability: Double
    let rightProbability: Double

    /// The conditional probability of going left.
    var share: Double { leftProbability / (leftProbability + rightProbability) }
    /// The larger of the two conditional probabilities, sigmoid(|log odds|).
    var larger: Double { max(share, 1 - share) }

    func isReached(by category: Int) -> Bool { left.contains(category) || right.contains(category) }
  }

  let probabilities: [Double]
  let nodes: [Node]

  /// One category after another, or all the rest, in the order given.
  static func sticks(_ probabilities: [Double], order: [Int]) -> DecisionNodes {
    let ranges = (0..<order.count - 1).map { (left: [order[$0]], right: Array(order[($0 + 1)...])) }
    return DecisionNodes(probabilities, ranges)
  }

  /// The categories by ascending probability; equal ones in their own order.
  static func ascending(_ probabilities: [Double]) -> [Int] {
    probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
  }

  static func ascendingSticks(_ probabilities: [Double]) -> DecisionNodes {
    sticks(probabilities, order: ascending(probabilities))
  }

  /// Halves of halves, each node before those of its parts.
  static func balanced(_ probabilities: [Double]) -> DecisionNodes {
    func ranges(_ range: Range<Int>) -> [(left: [Int], right: [Int])] {
      guard range.count > 1 else { return [] }
      let middle = (range.lowerBound + range.upperBound) / 2
      let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
      return [(Array(left), Array(right))] + ranges(left) + ranges(right)
    }
    return DecisionNodes(probabilities, ranges(probabilities.indices))
  }

  private init(_ probabilities: [Double], _ ranges: [(left: [Int], right: [Int])]) {
    self.probabilities = probabilities
    nodes = ranges.map { range in
      Node(
        left: range.left, right: range.right,
        leftProbability: range.left.reduce(0) { $0 + probabilities[$1] },
        rightProbability: range.right.reduce(0) { $0 + probabilities[$1] })
    }
  }

  /// The place in the order of sticks at which a category is taken.
  func stick(of category: Int) -> Int { nodes.firstIndex { $0.left == [category] } ?? nodes.count }

  /// d (log odds of a node) / d (logit of each category).
  func slopes(of node: Node) -> [Double] {
    probabilities.indices.map { category in
      if node.left.contains(category) { return probabilities[category] / node.leftProbability }
      if node.right.contains(category) { return -probabilities[category] / node.rightProbability }
      return 0
    }
  }
}

/// Joint probabilities of two uniform numbers of the Dirichlet copula, as published.
func dirichletPair(_ probability: Double, samples: Int) -> Double {
  let exponent = Double(samples - 1)
  return .pow(max(0, 2 * .pow(probability, 1 / exponent) - 1), exponent)
}
