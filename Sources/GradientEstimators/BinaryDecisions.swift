internal import ElementwiseKernels
internal import RealModule

/// A categorical variable as a tree of C - 1 binary decisions, each with the probability that it goes left.
///
/// A node stands for a range of places, and splits it in two; it is numbered by its split, the first place of its right
/// part less 1. The conditional probabilities come from sums of exp(logit - largest logit), so a logit of any size is
/// harmless: where a sum underflows to 0 the node is never reached.
///
/// One value serves variable after variable of a batch and allocates nothing. Reading is mutating too: to read a value of
/// this size otherwise, the optimiser copies it.
struct BinaryDecisions: ~Copyable {
  enum Tree: Sendable {
    /// Stick breaking: one category after another, in the order of ascending probability, or all the rest. The
    /// probability of stopping is at most 1/2 at every node, and below 1/2 at all but the last.
    case sticks
    /// The categories in their own order, split into halves; the first half is the smaller one where they are unequal.
    case balanced

    /// The first place of the right part.
    func split(_ places: Range<Int>) -> Int {
      switch self {
      case .sticks: places.lowerBound + 1
      case .balanced: (places.lowerBound + places.upperBound) / 2
      }
    }
  }

  let tree: Tree
  private(set) var categories = 0
  /// The category at each place, and the place of each category.
  private var order = InlineArray<256, Int>(repeating: 0)
  private var places = InlineArray<256, Int>(repeating: 0)
  /// exp(logit - largest logit), by place.
  private var weights = InlineArray<256, Double>(repeating: 0)
  /// The probabilities of going left and right, by node.
  private var left = InlineArray<256, Double>(repeating: 0)
  private var right = InlineArray<256, Double>(repeating: 0)

  init(_ tree: Tree) { self.tree = tree }

  /// - Precondition: 2 to `LatentVariables.largestCategoryCount` logits.
  /// - Complexity: one exponential for each logit; for sticks, a sort by insertion.
  mutating func load<Scalar: KernelScalar>(_ logits: Span<Scalar>) {
    precondition(logits.count > 1 && logits.count <= LatentVariables.largestCategoryCount)
    categories = logits.count
    for category in 0..<categories { order[category] = category }
    if tree == .sticks { sort(logits) }
    var largest = logits[0]
    for category in 1..<categories { largest = max(largest, logits[category]) }
    for place in 0..<categories {
      places[order[place]] = place
      weights[place] = Double.exp(Double(logits[order[place]]) - Double(largest))
    }
    if tree == .sticks { loadSticks() } else { _ = loadNodes(0..<categories) }
  }

  /// By logit, ascending; equal ones keep their order.
  private mutating func sort<Scalar: KernelScalar>(_ logits: Span<Scalar>) {
    for end in 1..<categories {
      var place = end
      while place > 0 && logits[order[place - 1]] > logits[end] {
        order[place] = order[place - 1]
        place -= 1
      }
      order[place] = end
    }
  }

  private mutating func loadSticks() {
    var rest = weights[categories - 1]
    for node in (0..<categories - 1).reversed() {
      let total = weights[node] + rest
      left[node] = weights[node] / total
      right[node] = rest / total
      rest = total
    }
  }

  /// Fills the nodes within some places; returns the sum of their weights.
  private mutating func loadNodes(_ range: Range<Int>) -> Double {
    guard range.count > 1 else { return weights[range.lowerBound] }
    let split = tree.split(range)
    let first = loadNodes(range.lowerBound..<split)
    let second = loadNodes(split..<range.upperBound)
    let total = first + second
    left[split - 1] = total > 0 ? first / total : 0.5
    right[split - 1] = total > 0 ? second / total : 0.5
    return total
  }

  mutating func place(of category: Int) -> Int { places[category] }

  mutating func category(at place: Int) -> Int { order[place] }

  /// The probabilities of a node.
  mutating func probabilities(of node: Int) -> (left: Double, right: Double) { (left[node], right[node]) }

  /// The category that the decisions lead to, each going left iff its uniform number u (1 - u if `isMirrored`) is below
  /// its probability; `uniforms` has one number for each node.
  mutating func category<Scalar: KernelScalar>(uniforms: Span<Scalar>, isMirrored: Bool) -> Int {
    precondition(uniforms.count == categories - 1)
    var range = 0..<categories
    while range.count > 1 {
      let split = tree.split(range)
      let uniform = uniforms[split - 1]
      let goesLeft = Double(isMirrored ? 1 - uniform : uniform) < left[split - 1]
      range = goesLeft ? range.lowerBound..<split : split..<range.upperBound
    }
    return order[range.lowerBound]
  }
}
