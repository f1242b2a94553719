internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks

/// What all shards of a step read.
struct LayeredContext<Scalar: KernelScalar>: Sendable {
  let model: LayeredModel<Scalar>
  let batchSize: Int
  let estimator: any LayeredGradientEstimator
  let noise: LayeredNoise<Scalar>
  /// log p(z_T = 0) under the prior.
  let logPriorOfZero: Scalar
  /// Subtracted from the objective before the estimator sees it.
  let baseline: Scalar
  /// Weights of the chain's networks, [width x width below], where the estimator looks into them; empty otherwise.
  let chainWeights: [[Scalar]]
}

/// A fixed part of a batch's rows, with all memory for going up and down the chain of layers.
///
/// Shards depend on the batch size only, never on the number of threads: that is why bits do not either.
struct LayeredShard<Scalar: KernelScalar>: RecordingShard, ConcurrentElement {
  /// Rows of the batch.
  let rows: Range<Int>
  let shape: LayeredShape
  let order: PathOrder
  let objective: LayeredModelConfiguration.Objective
  /// The pixels that the chain starts from, [rows x inputs].
  var inputs: [UInt8]
  /// The pixels to complete, [rows x pixels]; empty where there are none.
  var completions: [UInt8]
  /// The classes, [rows]; empty where there are none.
  var labels: [UInt16]
  /// In the order of the model's networks.
  var passes: [RecordedPass<Scalar>]
  var layers: [LayerMemory<Scalar>]
  /// Weighted sums over rows and paths of the last layer's latents, [width]: what the prior learns from.
  var latentSums: [Scalar]
  /// Whether the objective and its gradient with respect to all logits were finite.
  var isFinite = true
  /// Whether decoders learn from all paths, with the estimator's weights, rather than from the trunk.
  private let learnsFromAll: Bool
  private let isRelaxed: Bool
  /// The variables of each layer as samples have them: each component of a point is one.
  private let sampled: [LatentVariables]
  /// The objective of each path less the baseline, [evaluations x rows]: what the estimator sees.
  var centredValues: [Scalar]
  /// Derivatives of the objective by the bits of the last layer's trunk, [rows x width].
  var slopes: [Scalar]
  var rowScales: [Scalar]
  var scratch: [Scalar]

  init(
    rows: Range<Int>, model: LayeredModel<Scalar>, settings: OptimisationSettings,
    estimator: any LayeredGradientEstimator
  ) {
    let configuration = model.configuration
    let (widths, logitWidths) = (configuration.latents, configuration.latentWidths)
    let count = rows.count
    let tree = estimator.tree(widths: widths)
    let backward = estimator as? any BackwardLayeredEstimator
    let isRelaxed = estimator.relaxesSamples
    let learnsFromAll = settings.decoderSamples == .all && tree.evaluations > 1
    let sampled = widths.indices.map { layer in
      estimator.drawsPoints ? .binary(logitWidths[layer]) : configuration.variables(ofLayer: layer)
    }
    self.rows = rows
    self.isRelaxed = isRelaxed
    self.learnsFromAll = learnsFromAll
    self.sampled = sampled
    objective = configuration.objective
    shape = LayeredShape(rows: count, widths: widths, categories: configuration.categories)
    order = PathOrder(tree)
    inputs = Array(repeating: 0, count: count * configuration.inputs)
    completions = Array(
      repeating: 0,
      count: configuration.objective == .completion
        ? count * (configuration.pixels - configuration.inputs) : 0)
    labels = Array(repeating: 0, count: configuration.classes > 0 ? count : 0)
    passes = configuration.networks.indices.map { number in
      let layer = configuration.layerRead(byNetwork: number)
      let paths = layer.map { tree.paths(ofLayer: $0) } ?? 1
      let gradientPaths = number < configuration.layers || !learnsFromAll ? 1 : paths
      return isRelaxed && number > 0
        ? model.relaxedPass(network: number, rows: paths * count, gradientRows: gradientPaths * count)
        : model.pass(network: number, rows: paths * count, gradientRows: gradientPaths * count)
    }
    layers = logitWidths.enumerated().map { layer, width in
      let counts = estimator.noise(layer: layer, widths: widths)
      let (paths, below) = (tree.paths(ofLayer: layer), tree.paths(ofLayer: layer - 1))
      return LayerMemory(
        noiseCounts: counts, logits: zeroes(below * count * width),
        noise: zeroes(count * counts.perRow), samples: zeroes(paths * count * sampled[layer].count),
        values: zeroes(paths * count), logDensitiesOfZero: zeroes(below * count),
        gradient: zeroes(count * width), signal: zeroes(backward == nil ? 0 : count * width),
        pathWeights: zeroes(learnsFromAll ? paths * count : 0),
        rowWeights: Array(repeating: 1, count: (learnsFromAll ? paths : 1) * count),
        zeros: Array(repeating: 0, count: width))
    }
    let last = logitWidths[widths.count - 1]
    centredValues = zeroes(tree.evaluations * count)
    latentSums = zeroes(last)
    slopes = zeroes(backward?.readsSlopes == true ? count * last : 0)
    rowScales = zeroes(count)
    scratch = zeroes(count)
  }

  /// The two fixed shards of a batch; one if it has a single row.
  static func shards(
    model: LayeredModel<Scalar>, settings: OptimisationSettings, estimator: any LayeredGradientEstimator
  ) -> [LayeredShard] {
    let size = settings.batchSize
    let count = min(2, size)
    return (0..<count).map { shard in
      LayeredShard(
        rows: shard * size / count..<(shard + 1) * size / count, model: model, settings: settings,
        estimator: estimator)
    }
  }

  var last: Int { layers.count - 1 }

  /// The objective of each row on the trunk.
  func value(row: Int) -> Scalar { layers[last].values[order.tree.trunk[last] * shape.rows + row] }

  /// Everything of a step that needs only this shard: samples, objective, gradients down to every layer's outputs.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func run(_ context: LayeredContext<Scalar>, index: Int) {
    for layer in layers.indices { sample(layer, context) }
    for number in layers.count..<passes.count { runOutward(network: number, context) }
    evaluate(context)
    isFinite = areValuesFinite
    if learnsFromAll { weighPaths(context) }
    for number in layers.count..<passes.count { goBack(network: number, context) }
    if objective == .generation { sumLatents() }
    estimate(context)
  }

  private var areValuesFinite: Bool {
    let values = layers[last].values
    return allFinite(values.span)
  }

  // MARK: - Up the chain

  private mutating func sample(_ layer: Int, _ context: LayeredContext<Scalar>) {
    if layer == 0 {
      let inputs = inputs
      passes[0].loadBits { bytes in copyBytes(inputs.span, to: &bytes) }
    } else {
      load(layer - 1, network: layer, context)
    }
    passes[layer].forward(context.model.networks[layer].network)
    takeLogits(layer)
    draw(layer, context)
  }

  /// Gives a network a layer's latents, path after path in their order.
  private mutating func load(_ layer: Int, network: Int, _ context: LayeredContext<Scalar>) {
    let (samples, paths, variables) = (layers[layer].samples, order.paths[layer], sampled[layer])
    let (count, width) = (shape.rows * variables.count, shape.rows * variables.logitCount)
    guard isRelaxed else {
      passes[network].loadBits { bits in
        for position in paths.indices {
          var part = bits._mutatingExtracting(position * width..<(position + 1) * width)
          copyBits(
            samples.span.extracting(paths[position] * count..<(paths[position] + 1) * count), of: variables,
            to: &part)
        }
      }
      return
    }
    let encoding = context.model.networks[network].network.encoding
    let centre = encoding.centres.isEmpty ? 0 : encoding.centres[0]
    passes[network].loadNumbers { numbers in
      for position in paths.indices {
        let shift = (paths[position] - position) * count
        for place in position * count..<(position + 1) * count {
          numbers[place] = encoding.scale * (samples[place + shift] - centre)
        }
      }
    }
  }

  private mutating func takeLogits(_ layer: Int) {
    let (outputs, paths, count) = (
      passes[layer].outputs, order.pathsBelow(layer), shape.rows * shape.logitsPerRow(layer)
    )
    var logits = exchange(&layers[layer].logits, with: [])
    var target = logits.mutableSpan
    for position in paths.indices {
      let shift = (paths[position] - position) * count
      for place in position * count..<(position + 1) * count { target[place + shift] = outputs[place] }
    }
    layers[layer].logits = exchange(&logits, with: [])
  }

  private mutating func draw(_ layer: Int, _ context: LayeredContext<Scalar>) {
    var noise = exchange(&layers[layer].noise, with: [])
    fill(&noise, layer: layer, context)
    layers[layer].noise = exchange(&noise, with: [])
    var samples = exchange(&layers[layer].samples, with: [])
    var target = samples.mutableSpan
    let (logits, numbers) = (layers[layer].logits, layers[layer].noise)
    context.estimator.draw(
      layer: layer, logits: logits.span, noise: numbers.span, shape: shape, samples: &target)
    layers[layer].samples = exchange(&samples, with: [])
  }

  private func fill(_ noise: inout [Scalar], layer: Int, _ context: LayeredContext<Scalar>) {
    let counts = layers[layer].noiseCounts
    let own = shape.rows * counts.own
    var numbers = noise.mutableSpan
    var ownPart = numbers._mutatingExtracting(0..<own)
    context.noise.fill(part: 2 * layer, rows: rows, perRow: counts.own, into: &ownPart)
    var continuing = numbers._mutatingExtracting(own..<numbers.count)
    context.noise.fill(part: 2 * layer + 1, rows: rows, perRow: counts.continuing, into: &continuing)
  }

  /// Runs a decoder or predictor on the latents that it reads.
  private mutating func runOutward(network: Int, _ context: LayeredContext<Scalar>) {
    load(layerRead(by: network), network: network, context)
    passes[network].forward(context.model.networks[network].network)
  }

  /// The layer whose latents a decoder or predictor reads.
  func layerRead(by network: Int) -> Int { objective == .generation ? network - layers.count : last }
}

private func zeroes<Scalar: KernelScalar>(_ count: Int) -> [Scalar] { Array(repeating: 0, count: count) }
