internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks
internal import RandomStreams

/// Where the uniform numbers of a layered estimator come from: a stream, or given arrays, one for each part of the noise,
/// [batch x numbers of a row].
///
/// Part 2 t is the own noise of layer t, part 2 t + 1 that of continuing paths.
enum LayeredNoise<Scalar: KernelScalar>: Sendable {
  case stream(RandomStream)
  case given([[Scalar]])

  /// Rows of a stream that belong to one part: more than a batch has.
  private static var rowsPerPart: Int { 1 << 24 }

  func fill(part: Int, rows: Range<Int>, perRow: Int, into numbers: inout MutableSpan<Scalar>) {
    guard perRow > 0 else { return }
    switch self {
    case .stream(let stream):
      let first = part * Self.rowsPerPart
      stream.fillUniforms(
        rows: first + rows.lowerBound..<first + rows.upperBound, perRow: perRow, into: &numbers)
    case .given(let parts):
      for index in numbers.indices { numbers[index] = parts[part][rows.lowerBound * perRow + index] }
    }
  }
}

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

/// The paths of each layer in the order in which networks see them: the trunk first, whose rows have gradients.
struct PathOrder: Sendable {
  let tree: PathTree
  /// For each layer, the path at each position.
  let paths: [[Int]]
  /// For each layer, the position of each path.
  let positions: [[Int]]

  init(_ tree: PathTree) {
    self.tree = tree
    let paths = tree.trunk.indices.map { layer in
      [tree.trunk[layer]] + tree.parents[layer].indices.filter { $0 != tree.trunk[layer] }
    }
    self.paths = paths
    positions = paths.map { paths in
      var positions = [Int](repeating: 0, count: paths.count)
      for (position, path) in paths.enumerated() { positions[path] = position }
      return positions
    }
  }

  private static let input = [0]

  /// The paths that a layer continues, by position.
  func pathsBelow(_ layer: Int) -> [Int] { layer == 0 ? Self.input : paths[layer - 1] }
}

/// One layer's buffers; paths are in the order of the tree unless said otherwise.
struct LayerMemory<Scalar: KernelScalar>: Sendable {
  let noiseCounts: LayerNoise
  /// [paths below x rows x width]
  var logits: [Scalar]
  /// [rows x own], then [rows x continuing]
  var noise: [Scalar]
  /// [paths x rows x width]
  var samples: [Scalar]
  /// The objective's terms of this layer and those below, [paths x rows].
  var values: [Scalar]
  /// log q(z = 0) given each path below, [paths below x rows].
  var logDensitiesOfZero: [Scalar]
  /// With respect to the logits on the trunk, ascending, [rows x width].
  var gradient: [Scalar]
  /// What comes down to this layer, [rows x width]; empty for an estimator to which nothing does.
  var signal: [Scalar]
  /// How much of each row's gradient each path is given, [paths x rows].
  var pathWeights: [Scalar]
  /// The same by position, for the positions that are learnt from.
  var rowWeights: [Scalar]
  let zeros: [UInt8]
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
  private(set) var layers: [LayerMemory<Scalar>]
  /// Weighted sums over rows and paths of the last layer's latents, [width]: what the prior learns from.
  private(set) var latentSums: [Scalar]
  /// Whether the objective and its gradient with respect to all logits were finite.
  private(set) var isFinite = true
  /// Whether decoders learn from all paths, with the estimator's weights, rather than from the trunk.
  private let learnsFromAll: Bool
  private let isRelaxed: Bool
  /// The objective of each path less the baseline, [evaluations x rows]: what the estimator sees.
  private var centredValues: [Scalar]
  /// Derivatives of the objective by the bits of the last layer's trunk, [rows x width].
  private var slopes: [Scalar]
  private var rowScales: [Scalar]
  private var scratch: [Scalar]

  init(
    rows: Range<Int>, model: LayeredModel<Scalar>, settings: OptimisationSettings,
    estimator: any LayeredGradientEstimator
  ) {
    let configuration = model.configuration
    let widths = configuration.latents
    let count = rows.count
    let tree = estimator.tree(widths: widths)
    let backward = estimator as? any BackwardLayeredEstimator
    let isRelaxed = estimator.relaxesSamples
    let learnsFromAll = settings.decoderSamples == .all && tree.evaluations > 1
    self.rows = rows
    self.isRelaxed = isRelaxed
    self.learnsFromAll = learnsFromAll
    objective = configuration.objective
    shape = LayeredShape(rows: count, widths: widths)
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
    layers = widths.enumerated().map { layer, width in
      let counts = estimator.noise(layer: layer, widths: widths)
      let (paths, below) = (tree.paths(ofLayer: layer), tree.paths(ofLayer: layer - 1))
      return LayerMemory(
        noiseCounts: counts, logits: zeroes(below * count * width),
        noise: zeroes(count * counts.perRow), samples: zeroes(paths * count * width),
        values: zeroes(paths * count), logDensitiesOfZero: zeroes(below * count),
        gradient: zeroes(count * width), signal: zeroes(backward == nil ? 0 : count * width),
        pathWeights: zeroes(learnsFromAll ? paths * count : 0),
        rowWeights: Array(repeating: 1, count: (learnsFromAll ? paths : 1) * count),
        zeros: Array(repeating: 0, count: width))
    }
    let last = widths[widths.count - 1]
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

  private var last: Int { layers.count - 1 }

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
    let (samples, paths, count) = (
      layers[layer].samples, order.paths[layer], shape.rows * shape.widths[layer]
    )
    guard isRelaxed else {
      passes[network].loadBits { bits in
        for position in paths.indices {
          var part = bits._mutatingExtracting(position * count..<(position + 1) * count)
          copyBits(
            samples.span.extracting(paths[position] * count..<(paths[position] + 1) * count), to: &part)
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
      passes[layer].outputs, order.pathsBelow(layer), shape.rows * shape.widths[layer]
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
  private func layerRead(by network: Int) -> Int { objective == .generation ? network - layers.count : last }

  // MARK: - The objective

  private mutating func evaluate(_ context: LayeredContext<Scalar>) {
    guard objective == .generation else {
      predict()
      return
    }
    for layer in layers.indices { addTerms(of: layer) }
    addPrior(context)
  }

  /// log p(lower layer | z) - log q(z | lower layer) of each path's z, added to what its path has below.
  private mutating func addTerms(of layer: Int) {
    let (rows, width) = (shape.rows, shape.widths[layer])
    let (logits, outputs, bits) = (
      layers[layer].logits, passes[layers.count + layer].outputs, passes[layers.count + layer].bits
    )
    let targets = layer == 0 ? inputs : passes[layers.count + layer - 1].bits
    let below = layer == 0 ? [] : layers[layer - 1].values
    let targetCount = outputs.count / order.paths[layer].count
    var zeroDensities = exchange(&layers[layer].logDensitiesOfZero, with: [])
    logDensitiesOfZero(
      logits: logits.span, rows: zeroDensities.count, zeros: layers[layer].zeros, into: &zeroDensities)
    layers[layer].logDensitiesOfZero = exchange(&zeroDensities, with: [])
    let densities = layers[layer].logDensitiesOfZero
    var values = exchange(&layers[layer].values, with: [])
    var scratch = exchange(&scratch, with: [])
    var target = values.mutableSpan
    var likelihoods = scratch.mutableSpan
    let parents = order.tree.parents[layer]
    for path in parents.indices {
      let (position, parent) = (order.positions[layer][path], parents[path])
      let lower = layer == 0 ? 0 : order.positions[layer - 1][parent]
      var sums = target._mutatingExtracting(path * rows..<(path + 1) * rows)
      Scalar.maskedSums(
        bits: bits.span.extracting(position * rows * width..<(position + 1) * rows * width),
        values: logits.span.extracting(parent * rows * width..<(parent + 1) * rows * width), rows: rows,
        into: &sums)
      Scalar.bernoulliLogLikelihood(
        logits: outputs.span.extracting(position * targetCount..<(position + 1) * targetCount),
        targets: targets.span.extracting(lower * targetCount..<(lower + 1) * targetCount), rows: rows,
        into: &likelihoods)
      for row in 0..<rows {
        let term = likelihoods[row] - (sums[row] + densities[parent * rows + row])
        sums[row] = layer == 0 ? term : below[parent * rows + row] + term
      }
    }
    layers[layer].values = exchange(&values, with: [])
    self.scratch = exchange(&scratch, with: [])
  }

  /// log p(z_T) of each path.
  private mutating func addPrior(_ context: LayeredContext<Scalar>) {
    let (rows, width) = (shape.rows, shape.widths[last])
    let (prior, bits) = (context.model.priorLogits, passes[layers.count + last].bits)
    var values = exchange(&layers[last].values, with: [])
    var scratch = exchange(&scratch, with: [])
    var sums = scratch.mutableSpan
    for path in order.paths[last].indices {
      let position = order.positions[last][path]
      Scalar.maskedSums(
        bits: bits.span.extracting(position * rows * width..<(position + 1) * rows * width),
        values: prior.span, rows: rows, into: &sums)
      for row in 0..<rows { values[path * rows + row] += sums[row] + context.logPriorOfZero }
    }
    layers[last].values = exchange(&values, with: [])
    self.scratch = exchange(&scratch, with: [])
  }

  /// log p(y | z_T) of each path.
  private mutating func predict() {
    let rows = shape.rows
    let (outputs, completions, labels) = (passes[layers.count].outputs, completions, labels)
    let count = outputs.count / order.paths[last].count
    var values = exchange(&layers[last].values, with: [])
    var target = values.mutableSpan
    for path in order.paths[last].indices {
      let position = order.positions[last][path]
      let logits = outputs.span.extracting(position * count..<(position + 1) * count)
      var part = target._mutatingExtracting(path * rows..<(path + 1) * rows)
      if labels.isEmpty {
        Scalar.bernoulliLogLikelihood(
          logits: logits, targets: completions.span, rows: rows, into: &part)
      } else {
        LabelLikelihood.logLikelihoods(logits: logits, labels: labels.span, into: &part)
      }
    }
    layers[last].values = exchange(&values, with: [])
  }

  // MARK: - Decoders and predictor

  /// How much each path counts: the estimator's weights of the evaluations, added up over the paths that continue one.
  private mutating func weighPaths(_ context: LayeredContext<Scalar>) {
    var weights = exchange(&layers[last].pathWeights, with: [])
    var target = weights.mutableSpan
    let (logits, samples) = (layers[last].logits, layers[last].samples)
    context.estimator.evaluationWeights(
      logits: logits.span.extracting(trunkBelow(last)), samples: samples.span, shape: shape, into: &target)
    layers[last].pathWeights = exchange(&weights, with: [])
    for layer in layers.indices.reversed() {
      if layer < last { sumWeights(into: layer) }
      sortWeights(of: layer)
    }
  }

  private mutating func sumWeights(into layer: Int) {
    let (above, parents, rows) = (layers[layer + 1].pathWeights, order.tree.parents[layer + 1], shape.rows)
    var weights = exchange(&layers[layer].pathWeights, with: [])
    for place in weights.indices { weights[place] = 0 }
    for path in parents.indices {
      for row in 0..<rows { weights[parents[path] * rows + row] += above[path * rows + row] }
    }
    layers[layer].pathWeights = exchange(&weights, with: [])
  }

  private mutating func sortWeights(of layer: Int) {
    let (weights, paths, rows) = (layers[layer].pathWeights, order.paths[layer], shape.rows)
    for position in paths.indices {
      for row in 0..<rows {
        layers[layer].rowWeights[position * rows + row] = weights[paths[position] * rows + row]
      }
    }
  }

  /// Carries the loss back through a decoder or predictor.
  private mutating func goBack(network: Int, _ context: LayeredContext<Scalar>) {
    let layer = layerRead(by: network)
    let (rows, objective, order) = (shape.rows, objective, order)
    let (outputs, completions, labels) = (passes[network].outputs, completions, labels)
    let targets =
      objective != .generation ? completions : layer == 0 ? inputs : passes[network - 1].bits
    let weights = layers[layer].rowWeights
    let count = outputs.count / order.paths[layer].count
    var rowScales = exchange(&rowScales, with: [])
    let factor = -1 / Scalar(context.batchSize)
    passes[network].backward(context.model.networks[network].network) { gradient in
      for position in 0..<gradient.count / count {
        let parent = order.tree.parents[layer][order.paths[layer][position]]
        let lower = objective == .generation && layer > 0 ? order.positions[layer - 1][parent] : 0
        for row in 0..<rows { rowScales[row] = factor * weights[position * rows + row] }
        let logits = outputs.span.extracting(position * count..<(position + 1) * count)
        var part = gradient._mutatingExtracting(position * count..<(position + 1) * count)
        if labels.isEmpty {
          Scalar.bernoulliLogLikelihoodGradient(
            logits: logits, targets: targets.span.extracting(lower * count..<(lower + 1) * count),
            rowScales: rowScales.span, into: &part)
        } else {
          LabelLikelihood.gradient(
            logits: logits, labels: labels.span, rowScales: rowScales.span, into: &part)
        }
      }
    }
    self.rowScales = exchange(&rowScales, with: [])
  }

  private mutating func sumLatents() {
    let (samples, weights, paths) = (layers[last].samples, layers[last].rowWeights, order.paths[last])
    let (rows, width) = (shape.rows, shape.widths[last])
    var latentSums = exchange(&latentSums, with: [])
    var sums = latentSums.mutableSpan
    sums.update(repeating: 0)
    for place in weights.indices {
      let first = (paths[place / rows] * rows + place % rows) * width
      Scalar.addScaled(samples.span.extracting(first..<first + width), by: weights[place], to: &sums)
    }
    self.latentSums = exchange(&latentSums, with: [])
  }

  // MARK: - Down the chain

  private mutating func estimate(_ context: LayeredContext<Scalar>) {
    let (values, baseline) = (layers[last].values, context.baseline)
    for place in values.indices { centredValues[place] = values[place] - baseline }
    let backward = context.estimator as? any BackwardLayeredEstimator
    if let backward { start(backward, context) }
    for layer in layers.indices.reversed() {
      combine(layer, context)
      if layer > 0, let backward { descend(backward, layer, context) }
    }
  }

  private mutating func start(
    _ backward: any BackwardLayeredEstimator, _ context: LayeredContext<Scalar>
  ) {
    if backward.readsSlopes { takeSlopes(context) }
    let (values, slopes) = (centredValues, slopes)
    var signal = exchange(&layers[last].signal, with: [])
    var target = signal.mutableSpan
    backward.start(values: values.span, slopes: slopes.span, shape: shape, signal: &target)
    layers[last].signal = exchange(&signal, with: [])
  }

  /// The predictor's gradient at its input is that of the loss by what it sees of the latents.
  private mutating func takeSlopes(_ context: LayeredContext<Scalar>) {
    let network = context.model.networks[layers.count].network
    var slopes = exchange(&slopes, with: [])
    var target = slopes.mutableSpan
    network.inputGradient(rows: shape.rows, workspace: passes[layers.count].workspace, into: &target)
    Scalar.scale(&target, by: -Scalar(context.batchSize) * network.encoding.scale)
    self.slopes = exchange(&slopes, with: [])
  }

  private mutating func combine(_ layer: Int, _ context: LayeredContext<Scalar>) {
    var gradient = exchange(&layers[layer].gradient, with: [])
    var target = gradient.mutableSpan
    let values = centredValues
    let (logits, noise, samples, signal) = (
      layers[layer].logits, layers[layer].noise, layers[layer].samples, layers[layer].signal
    )
    context.estimator.combine(
      layer: layer, logits: logits.span.extracting(trunkBelow(layer)), noise: noise.span,
      samples: samples.span, values: values.span, signal: signal.span, shape: shape, gradient: &target)
    isFinite = isFinite && allFinite(gradient.span)
    layers[layer].gradient = exchange(&gradient, with: [])
    let (ascent, factor) = (layers[layer].gradient, -1 / Scalar(context.batchSize))
    passes[layer].backward(context.model.networks[layer].network) { loss in
      for place in loss.indices { loss[place] = factor * ascent[place] }
    }
  }

  private mutating func descend(
    _ backward: any BackwardLayeredEstimator, _ layer: Int, _ context: LayeredContext<Scalar>
  ) {
    var lower = exchange(&layers[layer - 1].signal, with: [])
    var target = lower.mutableSpan
    let weights = context.chainWeights[layer]
    let (logits, samples, below) = (
      layers[layer].logits, layers[layer].samples, layers[layer - 1].samples
    )
    let (signal, gradient) = (layers[layer].signal, layers[layer].gradient)
    backward.descend(
      layer: layer, weights: weights.span,
      stateStep: context.model.networks[layer].network.encoding.scale,
      logits: logits.span.extracting(trunkBelow(layer)), samples: samples.span.extracting(trunk(layer)),
      below: below.span.extracting(trunk(layer - 1)), signal: signal.span, gradient: gradient.span,
      shape: shape, into: &target)
    layers[layer - 1].signal = exchange(&lower, with: [])
  }

  /// The places of a layer's samples on its trunk.
  private func trunk(_ layer: Int) -> Range<Int> {
    let count = shape.rows * shape.widths[layer]
    return order.tree.trunk[layer] * count..<(order.tree.trunk[layer] + 1) * count
  }

  /// The places of a layer's logits on the trunk of the layer below.
  private func trunkBelow(_ layer: Int) -> Range<Int> {
    let count = shape.rows * shape.widths[layer]
    let path = order.tree.trunk(belowLayer: layer)
    return path * count..<(path + 1) * count
  }
}

private func zeroes<Scalar: KernelScalar>(_ count: Int) -> [Scalar] { Array(repeating: 0, count: count) }
