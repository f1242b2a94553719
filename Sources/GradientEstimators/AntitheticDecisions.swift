internal import ElementwiseKernels

/// The sample pair of the categorical DisARM estimators: two walks through the same tree of binary decisions, one with
/// uniforms u, the other with 1 - u, one u for each node.
///
/// A row's noise is [variables x nodes].
enum AntitheticDecisions {
  /// Draws the pair, samples [2 x rows x variables].
  ///
  /// - Complexity: one exponential for each logit, and the decisions on two paths for each variable.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func draw<Scalar: KernelScalar>(
    _ tree: BinaryDecisions.Tree, logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape,
    into samples: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    let nodes = categories - 1
    precondition(!shape.isBinary && logits.count == shape.logitCount && noise.count == count * nodes)
    precondition(samples.count == 2 * count)
    var decisions = BinaryDecisions(tree)
    for i in 0..<count {
      decisions.load(logits.extracting(i * categories..<(i + 1) * categories))
      let uniforms = noise.extracting(i * nodes..<(i + 1) * nodes)
      samples[i] = Scalar(decisions.category(uniforms: uniforms, isMirrored: false))
      samples[count + i] = Scalar(decisions.category(uniforms: uniforms, isMirrored: true))
    }
  }

  static func noisePerRow(_ variables: LatentVariables) -> Int {
    variables.count * (variables.categories - 1)
  }

  /// One uniform number for each variable and node, split where either walk turns.
  static func noiseLaw(
    _ tree: BinaryDecisions.Tree, logits: [Double], variables: LatentVariables
  ) -> [NoiseBlock] {
    let (categories, nodes) = (variables.categories, variables.categories - 1)
    var decisions = BinaryDecisions(tree)
    return (0..<variables.count).flatMap { variable in
      decisions.load(logits.span.extracting(variable * categories..<(variable + 1) * categories))
      return (0..<nodes).map { node in
        let left = decisions.probabilities(of: node).left
        return NoiseBlock(
          indices: [variable * nodes + node],
          law: .uniform(breakpoints: [left, 1 - left].sorted(), degree: 0))
      }
    }
  }

  /// The gradient from the pair's values: `weigh` adds a pair of different categories, with half the difference of their
  /// values, to the gradient of a variable's logits.
  @inline(__always)
  static func combine<Scalar: KernelScalar>(
    _ tree: BinaryDecisions.Tree, logits: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, into gradient: inout MutableSpan<Scalar>,
    weigh: (inout BinaryDecisions, (Int, Int), Double, inout MutableSpan<Scalar>) -> Void
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    precondition(!shape.isBinary && logits.count == shape.logitCount && gradient.count == shape.logitCount)
    precondition(samples.count == 2 * count && values.count == 2 * shape.rows)
    var decisions = BinaryDecisions(tree)
    gradient.update(repeating: 0)
    for i in 0..<count where samples[i] != samples[count + i] {
      let (row, range) = (i / shape.variables, i * categories..<(i + 1) * categories)
      decisions.load(logits.extracting(range))
      let half = (values[row] - values[shape.rows + row]) / 2
      var part = gradient._mutatingExtracting(range)
      weigh(&decisions, (categoryIndex(samples[i]), categoryIndex(samples[count + i])), Double(half), &part)
    }
  }

  /// Bounds of a coordinate: the largest weight over all pairs of categories, times half the objective's range.
  static func bounds(
    _ tree: BinaryDecisions.Tree, objective: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int,
    weigh: (inout BinaryDecisions, (Int, Int), Double, inout MutableSpan<Double>) -> Void
  ) -> ClosedRange<Double> {
    let categories = variables.categories
    let start = coordinate / categories * categories
    var decisions = BinaryDecisions(tree)
    decisions.load(logits.span.extracting(start..<start + categories))
    let half = (objective.upperBound - objective.lowerBound) / 2
    var largest = 0.0
    for first in 0..<categories {
      for second in 0..<categories where first != second {
        var gradient = [Double](repeating: 0, count: categories)
        var output = gradient.mutableSpan
        weigh(&decisions, (first, second), half, &output)
        largest = max(largest, gradient[coordinate % categories].magnitude)
      }
    }
    return -largest...largest
  }
}

extension BinaryDecisions {
  /// DisARM for the log odds of every node, carried over to the logits.
  ///
  /// A node on both paths gets `half` times (b - b') max(p, 1 - p), with b and b' 1 where the paths go left and p the
  /// probability of that; a node on the first path only, `half` times (b - p); on the second only, -`half` times (b' - p).
  /// The log odds of a node are a difference of two logarithms of sums of exponentials, so their gradient h, on top of
  /// what its parent passes on, goes to the left part's categories as h times their conditional probabilities there, and
  /// to the right part's as -h times theirs: from the root down, each node splits what it has by p, and moves h.
  ///
  /// - Complexity: a few multiplications for each node.
  mutating func addNodeGradients<Scalar: KernelScalar>(
    _ pair: (Int, Int), half: Double, to gradient: inout MutableSpan<Scalar>
  ) {
    let paths = (place(of: pair.0), place(of: pair.1))
    spread(0, over: 0..<categories, paths: paths, half: half, to: &gradient)
  }

  private mutating func spread<Scalar: KernelScalar>(
    _ inherited: Double, over places: Range<Int>, paths: (Int, Int), half: Double,
    to gradient: inout MutableSpan<Scalar>
  ) {
    var range = places
    var mass = inherited
    // The right part by iteration: a tree of sticks is as deep as it has categories.
    while range.count > 1 {
      let split = tree.split(range)
      let (left, right) = probabilities(of: split - 1)
      let moved = half * nodeWeight(range, split: split, paths: paths)
      spread(mass * left + moved, over: range.lowerBound..<split, paths: paths, half: half, to: &gradient)
      mass = mass * right - moved
      range = split..<range.upperBound
    }
    gradient[category(at: range.lowerBound)] += Scalar(mass)
  }

  private mutating func nodeWeight(_ range: Range<Int>, split: Int, paths: (Int, Int)) -> Double {
    let (left, right) = probabilities(of: split - 1)
    switch (range.contains(paths.0), range.contains(paths.1)) {
    case (true, true):
      let (first, second) = (paths.0 < split, paths.1 < split)
      return first == second ? 0 : first ? max(left, right) : -max(left, right)
    case (true, false): return paths.0 < split ? right : -left
    case (false, true): return paths.1 < split ? -right : left
    case (false, false): return 0
    }
  }
}
