internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks

/// The gradient of a shard's loss, down to the outputs of every layer.
extension LayeredShard {
  // MARK: - Decoders and predictor

  /// How much each path counts: the estimator's weights of the evaluations, added up over the paths that continue one.
  mutating func weighPaths(_ context: LayeredContext<Scalar>) {
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
  mutating func goBack(network: Int, _ context: LayeredContext<Scalar>) {
    let layer = layerRead(by: network)
    let (rows, objective, order, categories) = (shape.rows, objective, order, shape.categories)
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
        guard labels.isEmpty else {
          LabelLikelihood.gradient(
            logits: logits, labels: labels.span, rowScales: rowScales.span, into: &part)
          continue
        }
        let seen = targets.span.extracting(lower * count..<(lower + 1) * count)
        if objective == .generation, layer > 0, let categories {
          CategoricalLikelihood.gradient(
            logits: logits, unitVectors: seen, categories: categories, rowScales: rowScales.span, into: &part)
        } else {
          Scalar.bernoulliLogLikelihoodGradient(
            logits: logits, targets: seen, rowScales: rowScales.span, into: &part)
        }
      }
    }
    self.rowScales = exchange(&rowScales, with: [])
  }

  mutating func sumLatents() {
    guard shape.categories == nil else { return sumUnitVectors() }
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

  private mutating func sumUnitVectors() {
    let (bits, weights, width) = (
      passes[layers.count + last].bits, layers[last].rowWeights, shape.logitsPerRow(last)
    )
    var latentSums = exchange(&latentSums, with: [])
    for component in 0..<width {
      var sum: Scalar = 0
      for place in weights.indices where bits[place * width + component] == 1 { sum += weights[place] }
      latentSums[component] = sum
    }
    self.latentSums = exchange(&latentSums, with: [])
  }

  // MARK: - Down the chain

  mutating func estimate(_ context: LayeredContext<Scalar>) {
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
    passes[layers.count].inputGradient(network, into: &target)
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
    let count = layers[layer].samples.count / order.tree.paths(ofLayer: layer)
    return order.tree.trunk[layer] * count..<(order.tree.trunk[layer] + 1) * count
  }

  /// The places of a layer's logits on the trunk of the layer below.
  private func trunkBelow(_ layer: Int) -> Range<Int> {
    let count = shape.rows * shape.logitsPerRow(layer)
    let path = order.tree.trunk(belowLayer: layer)
    return path * count..<(path + 1) * count
  }
}
