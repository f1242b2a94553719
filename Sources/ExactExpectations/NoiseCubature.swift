internal import GradientEstimators
internal import ReferenceMath

/// A finite set of noise vectors and weights that integrates an estimator's first two moments exactly.
///
/// The product of the noise blocks: the cells of a finite law; between neighbouring breakpoints of a uniform number, the
/// Gauss-Legendre nodes that are exact for the square of the gradient's degree, or double-exponential nodes, exact to
/// rounding but for narrow peaks, where the gradient is smooth only.
struct NoiseCubature: Sendable {
  /// What the nodes integrate exactly.
  enum Purpose: Sendable {
    /// The gradient and its square.
    case gradient
    /// The representative samples, which are constant between neighbouring breakpoints: one node stands for a piece.
    case samples
  }

  /// One independent factor of the product: nodes, each a value for each of its indices.
  private struct Factor: Sendable {
    let indices: [Int]
    /// [nodes x indices]
    let values: [Double]
    let weights: [Double]
  }

  /// More nodes than this are refused.
  static let largestNodeCount = 1 << 24

  let noisePerRow: Int
  let nodeCount: Int
  private let factors: [Factor]

  /// - Throws: `ExactExpectationError` if the estimator does not take the problem's variables, or as for blocks.
  init(
    estimator: any GradientEstimator, problem: Problem, for purpose: Purpose = .gradient
  ) throws(ExactExpectationError) {
    try problem.requireSupport(by: estimator)
    try self.init(
      blocks: estimator.noiseLaw(logits: problem.logits, variables: problem.latentVariables),
      noisePerRow: estimator.noisePerRow(variables: problem.latentVariables), estimator: estimator.name,
      problem: problem.name, for: purpose)
  }

  /// - Parameters:
  ///   - blocks: the law of a row's noise.
  ///   - noisePerRow: the numbers that the blocks must cover.
  ///   - estimator: whose noise it is, for messages.
  ///   - problem: where, for messages.
  ///   - purpose: what is integrated.
  /// - Throws: `ExactExpectationError` if a block has no law to integrate over, the blocks do not cover each noise number
  ///   once, a probability is negative, or the product has more than `largestNodeCount` nodes.
  init(
    blocks: [NoiseBlock], noisePerRow: Int, estimator: String, problem: String,
    for purpose: Purpose = .gradient
  ) throws(ExactExpectationError) {
    self.noisePerRow = noisePerRow
    for block in blocks {
      guard case .notEnumerable(let reason) = block.law else { continue }
      throw .notEnumerable(estimator: estimator, problem: problem, reason: reason)
    }
    let covered = blocks.flatMap(\.indices).sorted()
    guard covered == Array(0..<noisePerRow) else {
      throw .noiseLaw(
        estimator: estimator, problem: problem,
        fault: "its blocks cover \(covered.count) of \(noisePerRow) noise numbers, or some twice")
    }
    do {
      factors = try blocks.flatMap { try Self.factors(of: $0, for: purpose) }
    } catch {
      throw .noiseLaw(estimator: estimator, problem: problem, fault: "\(error)")
    }
    guard factors.allSatisfy({ $0.weights.allSatisfy { $0 >= 0 } }) else {
      throw .noiseLaw(estimator: estimator, problem: problem, fault: "a probability is negative")
    }
    var count = 1
    for factor in factors {
      count *= factor.weights.count
      guard count <= Self.largestNodeCount else {
        throw .tooManyNodes(
          estimator: estimator, problem: problem, limit: Self.largestNodeCount)
      }
    }
    nodeCount = count
  }

  /// Fills rows with the nodes from `start` on and their weights; rows beyond the last node get weight 0.
  func fill(from start: Int, noise: inout MutableSpan<Double>, weights: inout MutableSpan<Double>) {
    for row in 0..<weights.count {
      guard start + row < nodeCount else {
        weights[row] = 0
        continue
      }
      var remainder = start + row
      var weight = 1.0
      for factor in factors {
        let node = remainder % factor.weights.count
        remainder /= factor.weights.count
        weight *= factor.weights[node]
        for (place, index) in factor.indices.enumerated() {
          noise[row * noisePerRow + index] = factor.values[node * factor.indices.count + place]
        }
      }
      weights[row] = weight
    }
  }

  private static func factors(
    of block: NoiseBlock, for purpose: Purpose
  ) throws(GSLError) -> [Factor] {
    switch block.law {
    case .notEnumerable(let reason):
      preconditionFailure("a block without a law is refused before it is split into factors: \(reason)")
    case .cells(let cells):
      let possible = cells.filter { $0.probability != 0 }
      return [
        Factor(
          indices: block.indices, values: possible.flatMap(\.noise), weights: possible.map(\.probability))
      ]
    case .uniform(let breakpoints, let degree):
      // The squared gradient has twice the degree, and a rule of n nodes is exact up to degree 2n - 1.
      let rule = try piecewiseRule(
        breakpoints: breakpoints, order: purpose == .samples ? 1 : degree + 1)
      return block.indices.map { Factor(indices: [$0], values: rule.nodes, weights: rule.weights) }
    case .smooth(let breakpoints):
      let rule =
        purpose == .samples
        ? try piecewiseRule(breakpoints: breakpoints, order: 1) : smoothRule(breakpoints: breakpoints)
      return block.indices.map { Factor(indices: [$0], values: rule.nodes, weights: rule.weights) }
    }
  }

  /// Nodes and weights on (0, 1): the double-exponential rule between neighbouring breakpoints.
  private static func smoothRule(breakpoints: [Double]) -> (nodes: [Double], weights: [Double]) {
    let ends = [0] + breakpoints.filter { $0 > 0 && $0 < 1 }.sorted() + [1]
    let pieces = zip(ends, ends.dropFirst()).filter { $0 < $1 }
    let rules = pieces.map { DoubleExponentialRule(from: $0, to: $1) }
    return (rules.flatMap(\.nodes), rules.flatMap(\.weights))
  }

  /// Nodes and weights on (0, 1): the Gauss-Legendre rule of an order between neighbouring breakpoints.
  private static func piecewiseRule(
    breakpoints: [Double], order: Int
  ) throws(GSLError) -> (nodes: [Double], weights: [Double]) {
    let rule = try GaussLegendreRule(order: order)
    let ends = [0] + breakpoints.filter { $0 > 0 && $0 < 1 }.sorted() + [1]
    var nodes: [Double] = []
    var weights: [Double] = []
    for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
      for (node, weight) in zip(rule.nodes, rule.weights) {
        nodes.append(lower + (upper - lower) * node)
        weights.append((upper - lower) * weight)
      }
    }
    return (nodes, weights)
  }
}

extension NoiseCubature {
  /// Runs through all nodes in batches of an estimator's rows.
  ///
  /// - Throws: `ExactExpectationError` if the weights do not sum to 1.
  func forEachBatch(
    of estimator: any GradientEstimator, on problem: Problem,
    _ body: (inout EstimatorBatch<Double>, _ weights: [Double]) -> Void
  ) throws(ExactExpectationError) {
    let rows = min(nodeCount, 4096)
    var batch = EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: rows)
    var weights = [Double](repeating: 0, count: rows)
    var total = CompensatedSum()
    for start in stride(from: 0, to: nodeCount, by: rows) {
      var noiseSpan = batch.noise.mutableSpan
      var weightSpan = weights.mutableSpan
      fill(from: start, noise: &noiseSpan, weights: &weightSpan)
      body(&batch, weights)
      for weight in weights { total.add(weight) }
    }
    guard (total.value - 1).magnitude < 1e-12 else {
      throw .noiseLaw(
        estimator: estimator.name, problem: problem.name, fault: "its probabilities sum to \(total.value)")
    }
  }
}
