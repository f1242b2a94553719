internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators
internal import RandomStreams

/// One gradient sample of a network's expected loss by a layered estimator: one stochastic forward pass for each point,
/// averaged over the points, for the weights and biases of every layer.
///
/// A worker with buffers that are used for every sample; a sample is a function of the stream alone.
struct NetworkGradient {
  private let estimator: AccuracyEstimator
  private let output: AccuracyNetwork.Layer
  private let targets: [Double]
  private var batch: LayeredBatch<Double>
  /// [points x parameters]
  private var perPoint: [Double]
  /// The gradient by all parameters, layer by layer: weights row by row, then biases.
  private(set) var gradient: [Double]

  init(estimator: AccuracyEstimator, problem: AccuracyProblem) {
    self.estimator = estimator
    output = problem.network.output
    targets = problem.data.targets
    batch = LayeredBatch(
      estimator: estimator.layered, network: problem.network.hidden, head: problem.network.head,
      points: problem.networkPoints)
    perPoint = [Double](repeating: 0, count: targets.count * batch.parameterCount)
    gradient = [Double](repeating: 0, count: batch.parameterCount)
  }

  /// Draws one gradient sample.
  ///
  /// - Complexity: one forward and one backward pass of the estimator for each point.
  mutating func draw(stream: RandomStream) {
    for layer in batch.layers.indices { fillNoise(layer, stream) }
    batch.run()
    fillPerPoint()
    average()
    if estimator.outputFollowsTrunk && batch.tree.evaluations > 1 { replaceOutputGradient() }
  }

  /// Own noise is row 2 layer of the stream, that of continuations row 2 layer + 1, so that estimators that draw one sample of
  /// each unit for their own see the same path.
  private mutating func fillNoise(_ layer: Int, _ stream: RandomStream) {
    let counts = batch.layers[layer].noiseCounts
    let own = targets.count * counts.own
    var noise = batch.layers[layer].noise.mutableSpan
    for (row, numbers) in [(2 * layer, 0..<own), (2 * layer + 1, own..<noise.count)] where !numbers.isEmpty {
      var part = noise._mutatingExtracting(numbers)
      stream.fillUniforms(rows: row..<row + 1, perRow: numbers.count, into: &part)
    }
  }

  private mutating func fillPerPoint() {
    // Moved out, so that the batch can be read while it is written.
    var buffer: [Double] = []
    swap(&buffer, &perPoint)
    var output = buffer.mutableSpan
    batch.parameterGradients(into: &output)
    perPoint = buffer
  }

  private mutating func average() {
    let parameters = gradient.count
    for i in 0..<parameters { gradient[i] = 0 }
    for row in targets.indices {
      for i in 0..<parameters { gradient[i] += perPoint[row * parameters + i] }
    }
    for i in 0..<parameters { gradient[i] /= Double(targets.count) }
  }

  /// The output layer's gradient at the trunk's sample alone.
  private mutating func replaceOutputGradient() {
    let last = batch.layers.count - 1
    let width = batch.shape.widths[last]
    let rows = targets.count
    let trunk = batch.tree.trunk[last] * rows * width
    let first = gradient.count - width - 1
    for i in first..<gradient.count { gradient[i] = 0 }
    for row in 0..<rows {
      let place = trunk + row * width
      var eta = output.bias[0]
      for i in 0..<width { eta += output.weight[0][i] * batch.layers[last].samples[place + i] }
      let slope = -targets[row] * .sigmoid(-targets[row] * eta) / Double(rows)
      for i in 0..<width { gradient[first + i] += slope * batch.layers[last].samples[place + i] }
      gradient[first + width] += slope
    }
  }
}
