internal import GradientEstimators

/// The noise of a layered estimator on a network, layer by layer: the law of a layer's noise is known once the samples of
/// the layer below are.
///
/// Runs through all nodes of the first layer; for each, through those of the second layer given its samples; and so on.
struct LayeredCubature {
  /// More nodes than this are refused: each passes all layers.
  static let largestNodeCount = 1 << 20
  private static let largestBatch = 4096

  private let estimator: any LayeredGradientEstimator
  private let problem: NetworkProblem
  private let widths: [Int]
  /// One row, for the samples that decide the law of the next layer.
  private var probe: LayeredBatch<Double>
  private var batch: LayeredBatch<Double>
  private var weights: [Double] = []
  private var total = CompensatedSum()
  /// For each layer, the cubature given the samples below.
  private var known: [[[Double]: NoiseCubature]]

  init(estimator: any LayeredGradientEstimator, problem: NetworkProblem) {
    self.estimator = estimator
    self.problem = problem
    widths = problem.network.widths
    probe = LayeredBatch(estimator: estimator, problem: problem, rows: 1)
    batch = probe
    known = widths.map { _ in [:] }
  }

  /// Calls `body` with batches that have run, and the weight of each of their rows.
  ///
  /// - Throws: `ExactExpectationError` if a layer's law is inconsistent, there are too many nodes, or the weights do not
  ///   sum to 1.
  mutating func forEachBatch(
    _ body: (LayeredBatch<Double>, [Double]) -> Void
  ) throws(ExactExpectationError) {
    let count = try nodeCountAlongOnePath()
    batch = LayeredBatch(estimator: estimator, problem: problem, rows: min(count, Self.largestBatch))
    try visit(layer: 0, weight: 1, body)
    flush(body)
    guard (total.value - 1).magnitude < 1e-12 else {
      throw .noiseLaw(
        estimator: estimator.name, problem: problem.name, fault: "its probabilities sum to \(total.value)")
    }
  }

  /// The product of the layers' node counts along one path; they hardly depend on the samples.
  ///
  /// - Throws: `ExactExpectationError.tooManyNodes`.
  mutating func nodeCountAlongOnePath() throws(ExactExpectationError) -> Int {
    var count = 1
    for layer in widths.indices {
      count *= try cubature(layer: layer).nodeCount
      guard count <= Self.largestNodeCount else {
        throw .tooManyNodes(
          estimator: estimator.name, problem: problem.name, limit: Self.largestNodeCount)
      }
      probe.draw(layer: layer)
    }
    return count
  }

  private mutating func visit(
    layer: Int, weight: Double, _ body: (LayeredBatch<Double>, [Double]) -> Void
  ) throws(ExactExpectationError) {
    let cubature = try cubature(layer: layer)
    for node in 0..<cubature.nodeCount {
      let nodeWeight = weight * fill(layer: layer, node: node, of: cubature)
      guard nodeWeight > 0 else { continue }
      if layer + 1 < widths.count {
        probe.draw(layer: layer)
        try visit(layer: layer + 1, weight: nodeWeight, body)
      } else {
        append(weight: nodeWeight, body)
      }
    }
  }

  /// The cubature of a layer's noise given the probe's samples below.
  private mutating func cubature(layer: Int) throws(ExactExpectationError) -> NoiseCubature {
    let below = layer == 0 ? [] : probe.layers[layer - 1].samples
    if let cubature = known[layer][below] { return cubature }
    probe.computeLogits(layer: layer)
    let cubature = try NoiseCubature(
      blocks: estimator.noiseLaw(layer: layer, logits: probe.layers[layer].logits, widths: widths),
      noisePerRow: probe.layers[layer].noiseCounts.perRow, estimator: estimator.name, problem: problem.name)
    known[layer][below] = cubature
    return cubature
  }

  /// Puts a node's noise into the probe; returns its weight.
  private mutating func fill(layer: Int, node: Int, of cubature: NoiseCubature) -> Double {
    var weight = [0.0]
    var output = weight.mutableSpan
    var noise = probe.layers[layer].noise.mutableSpan
    cubature.fill(from: node, noise: &noise, weights: &output)
    return weight[0]
  }

  /// Adds the probe's noise as a row of the batch.
  private mutating func append(weight: Double, _ body: (LayeredBatch<Double>, [Double]) -> Void) {
    let row = weights.count
    for layer in widths.indices {
      let counts = probe.layers[layer].noiseCounts
      for i in 0..<counts.own {
        batch.layers[layer].noise[row * counts.own + i] = probe.layers[layer].noise[i]
      }
      let start = batch.shape.rows * counts.own + row * counts.continuing
      for i in 0..<counts.continuing {
        batch.layers[layer].noise[start + i] = probe.layers[layer].noise[counts.own + i]
      }
    }
    weights.append(weight)
    if weights.count == batch.shape.rows { flush(body) }
  }

  private mutating func flush(_ body: (LayeredBatch<Double>, [Double]) -> Void) {
    guard !weights.isEmpty else { return }
    batch.run()
    for weight in weights { total.add(weight) }
    body(batch, weights)
    weights.removeAll(keepingCapacity: true)
  }
}
