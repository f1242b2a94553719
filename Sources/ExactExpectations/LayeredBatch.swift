package import ElementwiseKernels
package import GradientEstimators

/// A batch of one layered estimator on a stochastic binary network: noise in; samples, values and gradients out. All buffers
/// are reused.
///
/// Each row has a data point of its own. This is the path that training takes: up through the layers, f, and down again.
package struct LayeredBatch<Scalar: KernelScalar> {
  /// One layer's parameters and buffers.
  package struct Layer {
    /// [width x inputs]
    let weights: [Scalar]
    let biases: [Scalar]
    package let noiseCounts: LayerNoise
    /// [paths below x rows x width]
    package fileprivate(set) var logits: [Scalar]
    /// [rows x own], then [rows x continuing]
    package var noise: [Scalar]
    /// [paths x rows x width]
    package fileprivate(set) var samples: [Scalar]
    /// With respect to the logits on the trunk, [rows x width].
    package fileprivate(set) var gradient: [Scalar]
    fileprivate var signal: [Scalar]
  }

  package let estimator: any LayeredGradientEstimator
  package let network: StochasticBinaryNetwork
  package let shape: LayeredShape
  package let tree: PathTree
  package var layers: [Layer]
  /// f at the paths of the last layer, [evaluations x rows].
  package private(set) var values: [Scalar]
  /// The estimator's weights of the evaluations, [evaluations x rows].
  package private(set) var evaluationWeights: [Scalar]
  private let backward: (any BackwardLayeredEstimator)?
  private let head: HeadEvaluation<Scalar>
  private let headParameterCount: Int
  /// [rows x inputs]
  private let inputs: [Scalar]
  private let targets: [Scalar]
  private let off: Scalar
  private let step: Scalar
  /// Derivatives of f by the bits of the last layer's trunk, [rows x width].
  private var slopes: [Scalar]

  /// - Precondition: at least one point; each point's input is as long as the network reads, the head fits the last layer.
  package init(
    estimator: any LayeredGradientEstimator, network: StochasticBinaryNetwork, head: NetworkHead,
    points: [NetworkPoint]
  ) {
    let rows = points.count
    let widths = network.widths
    let tree = estimator.tree(widths: widths)
    self.estimator = estimator
    self.network = network
    self.tree = tree
    backward = estimator as? any BackwardLayeredEstimator
    shape = LayeredShape(rows: rows, widths: widths)
    self.head = HeadEvaluation(head, network: network)
    headParameterCount = head.parameterCount
    inputs = points.flatMap { $0.input.map { Scalar($0) } }
    precondition(inputs.count == rows * network.inputs, "each point has one number for each input")
    targets = points.map { Scalar($0.target) }
    off = Scalar(network.states.off)
    step = Scalar(network.states.step)
    layers = network.layers.enumerated().map { index, layer in
      let counts = estimator.noise(layer: index, widths: widths)
      let size = rows * layer.width
      return Layer(
        weights: layer.weights.flatMap { $0.map { Scalar($0) } }, biases: layer.biases.map { Scalar($0) },
        noiseCounts: counts, logits: Self.zeros(tree.paths(ofLayer: index - 1) * size),
        noise: [Scalar](repeating: 0.5, count: rows * counts.perRow),
        samples: Self.zeros(tree.paths(ofLayer: index) * size), gradient: Self.zeros(size),
        signal: Self.zeros(size))
    }
    values = Self.zeros(tree.evaluations * rows)
    evaluationWeights = values
    slopes = Self.zeros(rows * widths[widths.count - 1])
  }

  /// Every row has the problem's point.
  package init(estimator: any LayeredGradientEstimator, problem: NetworkProblem, rows: Int) {
    self.init(
      estimator: estimator, network: problem.network, head: problem.head,
      points: [NetworkPoint](repeating: problem.point, count: rows))
  }

  /// Parameters of the network and its head, in the order of `NetworkProblem.parameterNames`.
  package var parameterCount: Int {
    layers.reduce(0) { $0 + $1.weights.count + $1.biases.count } + headParameterCount
  }

  /// Calls `fill` with each part of the noise, layer by layer: the uniform numbers of a row, and the part, [rows x per row].
  package mutating func forEachNoise(_ fill: (Int, inout MutableSpan<Scalar>) -> Void) {
    let rows = shape.rows
    for layer in layers.indices {
      let counts = layers[layer].noiseCounts
      var noise = layers[layer].noise.mutableSpan
      var own = noise._mutatingExtracting(0..<rows * counts.own)
      fill(counts.own, &own)
      guard counts.continuing > 0 else { continue }
      var continuing = noise._mutatingExtracting(rows * counts.own..<rows * counts.perRow)
      fill(counts.continuing, &continuing)
    }
  }

  /// Fills everything from the noise.
  package mutating func run() {
    for layer in layers.indices { draw(layer: layer) }
    evaluate()
    combine()
  }

  /// Fills a layer's logits from the samples of the layer below, and its samples from the noise.
  package mutating func draw(layer: Int) {
    computeLogits(layer: layer)
    var buffer = Self.take(&layers[layer].samples)
    var output = buffer.mutableSpan
    let current = layers[layer]
    estimator.draw(
      layer: layer, logits: current.logits.span, noise: current.noise.span, shape: shape, samples: &output)
    layers[layer].samples = buffer
  }

  /// Fills a layer's logits, [paths below x rows x width].
  package mutating func computeLogits(layer: Int) {
    var buffer = Self.take(&layers[layer].logits)
    var output = buffer.mutableSpan
    let current = layers[layer]
    if layer == 0 {
      AffineForward.logits(
        weights: current.weights.span, biases: current.biases.span, input: inputs.span, off: 0, step: 1,
        into: &output)
    } else {
      let below = layers[layer - 1].samples
      AffineForward.logits(
        weights: current.weights.span, biases: current.biases.span, input: below.span, off: off, step: step,
        into: &output)
    }
    layers[layer].logits = buffer
  }

  private mutating func evaluate() {
    var buffer = Self.take(&values)
    var output = buffer.mutableSpan
    let samples = layers[layers.count - 1].samples
    head.values(samples: samples.span, targets: targets.span, into: &output)
    values = buffer
  }
}

// MARK: Down through the layers

extension LayeredBatch {
  private mutating func combine() {
    start()
    for layer in layers.indices.reversed() {
      combine(layer: layer)
      if layer > 0 { descend(layer: layer) }
    }
    fillEvaluationWeights()
  }

  private mutating func start() {
    guard let backward else { return }
    let last = layers.count - 1
    if backward.readsSlopes {
      var buffer = Self.take(&slopes)
      var output = buffer.mutableSpan
      let samples = layers[last].samples
      head.slopes(samples: samples.span.extracting(trunk(last)), targets: targets.span, into: &output)
      slopes = buffer
    }
    var buffer = Self.take(&layers[last].signal)
    var output = buffer.mutableSpan
    backward.start(values: values.span, slopes: slopes.span, shape: shape, signal: &output)
    layers[last].signal = buffer
  }

  private mutating func combine(layer: Int) {
    var buffer = Self.take(&layers[layer].gradient)
    var output = buffer.mutableSpan
    let current = layers[layer]
    let logits = current.logits.span.extracting(trunkBelow(layer))
    if backward == nil {
      estimator.combine(
        layer: layer, logits: logits, noise: current.noise.span, samples: current.samples.span,
        values: values.span, signal: Span(), shape: shape, gradient: &output)
    } else {
      estimator.combine(
        layer: layer, logits: logits, noise: current.noise.span, samples: current.samples.span,
        values: values.span, signal: current.signal.span, shape: shape, gradient: &output)
    }
    layers[layer].gradient = buffer
  }

  private mutating func descend(layer: Int) {
    guard let backward else { return }
    var buffer = Self.take(&layers[layer - 1].signal)
    var output = buffer.mutableSpan
    let (upper, lower) = (layers[layer], layers[layer - 1])
    backward.descend(
      layer: layer, weights: upper.weights.span, stateStep: step,
      logits: upper.logits.span.extracting(trunkBelow(layer)),
      samples: upper.samples.span.extracting(trunk(layer)),
      below: lower.samples.span.extracting(trunk(layer - 1)), signal: upper.signal.span,
      gradient: upper.gradient.span, shape: shape, into: &output)
    layers[layer - 1].signal = buffer
  }

  private mutating func fillEvaluationWeights() {
    let last = layers.count - 1
    var buffer = Self.take(&evaluationWeights)
    var output = buffer.mutableSpan
    let current = layers[last]
    estimator.evaluationWeights(
      logits: current.logits.span.extracting(trunkBelow(last)), samples: current.samples.span, shape: shape,
      into: &output)
    evaluationWeights = buffer
  }

  /// The places of a layer's samples on its trunk.
  private func trunk(_ layer: Int) -> Range<Int> {
    let count = shape.rows * shape.widths[layer]
    return tree.trunk[layer] * count..<(tree.trunk[layer] + 1) * count
  }

  /// The places of a layer's logits on the trunk of the layer below.
  private func trunkBelow(_ layer: Int) -> Range<Int> {
    let count = shape.rows * shape.widths[layer]
    let path = tree.trunk(belowLayer: layer)
    return path * count..<(path + 1) * count
  }

  /// Moves a buffer out, so that it can be written while the others are read.
  private static func take(_ buffer: inout [Scalar]) -> [Scalar] {
    var taken: [Scalar] = []
    swap(&taken, &buffer)
    return taken
  }

  private static func zeros(_ count: Int) -> [Scalar] { [Scalar](repeating: 0, count: count) }
}

// MARK: Parameters

extension LayeredBatch {
  /// The gradients of each row with respect to all parameters, [rows x parameters], in the order of
  /// `NetworkProblem.parameterNames`.
  ///
  /// - Precondition: `gradients.count == rows * parameterCount`.
  package func parameterGradients(into gradients: inout MutableSpan<Scalar>) {
    let parameters = parameterCount
    precondition(gradients.count == shape.rows * parameters)
    var start = 0
    for (index, layer) in layers.enumerated() {
      let (input, off, step, places) =
        index == 0
        ? (inputs, 0, 1, 0..<inputs.count) : (layers[index - 1].samples, off, step, trunk(index - 1))
      AffineForward.parameterGradients(
        gradient: layer.gradient.span, input: input.span.extracting(places), off: off, step: step,
        rows: shape.rows, start: start, stride: parameters, into: &gradients)
      start += layer.weights.count + layer.biases.count
    }
    guard headParameterCount > 0 else { return }
    let samples = layers[layers.count - 1].samples
    for row in 0..<shape.rows {
      let first = row * parameters + start
      for i in first..<first + headParameterCount { gradients[i] = 0 }
      var sums = gradients._mutatingExtracting(first..<first + headParameterCount)
      for evaluation in 0..<tree.evaluations {
        let item = evaluation * shape.rows + row
        head.addParameterGradient(
          samples: samples.span, first: item * head.width, target: targets[row],
          factor: evaluationWeights[item], to: &sums)
      }
    }
  }
}

/// The affine map of a layer and its derivative by the parameters.
private enum AffineForward {
  /// W x + b for each item, x = off + step input: input [items x inputs], logits [items x width].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func logits<Scalar: KernelScalar>(
    weights: Span<Scalar>, biases: Span<Scalar>, input: Span<Scalar>, off: Scalar, step: Scalar,
    into logits: inout MutableSpan<Scalar>
  ) {
    let width = biases.count
    let (inputs, items) = (weights.count / width, logits.count / width)
    precondition(input.count == items * inputs)
    for item in 0..<items {
      for unit in 0..<width {
        var sum = biases[unit]
        for i in 0..<inputs { sum += weights[unit * inputs + i] * (off + step * input[item * inputs + i]) }
        logits[item * width + unit] = sum
      }
    }
  }

  /// gradient x^T and gradient of each row, written from `start` on in rows of `stride`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func parameterGradients<Scalar: KernelScalar>(
    gradient: Span<Scalar>, input: Span<Scalar>, off: Scalar, step: Scalar, rows: Int, start: Int,
    stride: Int, into gradients: inout MutableSpan<Scalar>
  ) {
    let (width, inputs) = (gradient.count / rows, input.count / rows)
    for row in 0..<rows {
      let first = row * stride + start
      for unit in 0..<width {
        let slope = gradient[row * width + unit]
        for i in 0..<inputs {
          gradients[first + unit * inputs + i] = slope * (off + step * input[row * inputs + i])
        }
        gradients[first + width * inputs + unit] = slope
      }
    }
  }
}
