internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks

/// The objective of every path, term by term up the chain.
extension LayeredShard {
  mutating func evaluate(_ context: LayeredContext<Scalar>) {
    guard objective == .generation else {
      predict()
      return
    }
    for layer in layers.indices { addTerms(of: layer) }
    addPrior(context)
  }

  /// log p(lower layer | z) - log q(z | lower layer) of each path's z, added to what its path has below.
  private mutating func addTerms(of layer: Int) {
    let (rows, width, categories) = (shape.rows, shape.logitsPerRow(layer), shape.categories)
    let (logits, outputs, bits) = (
      layers[layer].logits, passes[layers.count + layer].outputs, passes[layers.count + layer].bits
    )
    let targets = layer == 0 ? inputs : passes[layers.count + layer - 1].bits
    let below = layer == 0 ? [] : layers[layer - 1].values
    let targetCount = outputs.count / order.paths[layer].count
    if categories == nil { takeDensitiesOfZero(layer) }
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
      densityTerms(
        bits: bits.span.extracting(position * rows * width..<(position + 1) * rows * width),
        logits: logits.span.extracting(parent * rows * width..<(parent + 1) * rows * width), rows: rows,
        categories: categories, into: &sums)
      logLikelihoods(
        logits: outputs.span.extracting(position * targetCount..<(position + 1) * targetCount),
        targets: targets.span.extracting(lower * targetCount..<(lower + 1) * targetCount), rows: rows,
        categories: layer == 0 ? nil : categories, into: &likelihoods)
      for row in 0..<rows {
        let term = likelihoods[row] - (sums[row] + densities[parent * rows + row])
        sums[row] = layer == 0 ? term : below[parent * rows + row] + term
      }
    }
    layers[layer].values = exchange(&values, with: [])
    self.scratch = exchange(&scratch, with: [])
  }

  /// log q(z = 0) given each path below, for Bernoulli variables.
  private mutating func takeDensitiesOfZero(_ layer: Int) {
    let logits = layers[layer].logits
    var densities = exchange(&layers[layer].logDensitiesOfZero, with: [])
    logDensitiesOfZero(
      logits: logits.span, rows: densities.count, zeros: layers[layer].zeros, into: &densities)
    layers[layer].logDensitiesOfZero = exchange(&densities, with: [])
  }

  /// log p(z_T) of each path.
  private mutating func addPrior(_ context: LayeredContext<Scalar>) {
    let (rows, width, categories) = (shape.rows, shape.logitsPerRow(last), shape.categories)
    let (prior, bits) = (context.model.priorLogits, passes[layers.count + last].bits)
    var values = exchange(&layers[last].values, with: [])
    var scratch = exchange(&scratch, with: [])
    var sums = scratch.mutableSpan
    for path in order.paths[last].indices {
      let position = order.positions[last][path]
      densityTerms(
        bits: bits.span.extracting(position * rows * width..<(position + 1) * rows * width),
        logits: prior.span, rows: rows, categories: categories, into: &sums)
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
}
