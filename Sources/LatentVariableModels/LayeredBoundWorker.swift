internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks
internal import RandomStreams

/// What all workers of a layered model's importance-weighted bound read.
struct LayeredBoundContext<Scalar: KernelScalar>: Sendable {
  let model: LayeredModel<Scalar>
  /// 0/1 bytes, [count x pixels].
  let images: [UInt8]
  /// One for each image, or none.
  let labels: [UInt16]
  /// Row of the first image: addresses its noise, and its place in a block.
  let firstRow: Int
  let noise: NoiseSource<Scalar>
  let logPriorOfZero: Scalar
  let workers: Int

  /// Blocks of rows that hold an image.
  var blocks: Range<Int> {
    let blockRows = LayeredBoundWorker<Scalar>.blockRows
    return firstRow / blockRows..<(firstRow + count + blockRows - 1) / blockRows
  }

  var count: Int { images.count / model.configuration.pixels }
}

/// One worker's memory for importance-weighted bounds of a layered model; samples are drawn layer by layer up the chain.
///
/// As for `BoundWorker`: images are taken in blocks of eight, aligned to multiples of eight rows, and their samples in groups of a
/// fixed size, so that the bits of a bound depend on the image, its row and the number of samples alone.
struct LayeredBoundWorker<Scalar: KernelScalar>: ConcurrentElement {
  static var blockRows: Int { 8 }

  let samples: Int
  /// Images whose samples are drawn at once.
  let groupRows: Int
  /// Samples of an image drawn at once.
  let chunk: Int
  /// The bounds of the worker's own images, by index; others are left alone.
  var bounds: [Double] = []
  /// Whether the worker's own images are classified rightly, by index.
  var isCorrect: [Bool] = []

  private let configuration: LayeredModelConfiguration
  /// In the order of the model's networks; the first one's over a block, the others' over a group.
  private var passes: [RecordedPass<Scalar>]
  /// What the first layer's latents are drawn by, [block x logits].
  private var firstProbabilities: [Scalar]
  /// What a layer's latents are drawn by, [group x logits].
  private var probabilities: [[Scalar]]
  /// A layer's uniform numbers, [group x variables].
  private var layerUniforms: [[Scalar]]
  /// log q(z = 0) of a layer, [block] for the first, [group] for others; 0 for categorical variables, whose terms have all of log q(z).
  private var logDensitiesOfZero: [[Scalar]]
  /// A row's numbers are those of sample after sample, in each layer after layer, [groupRows x samples x latents].
  private var uniforms: [Scalar]
  /// log p(x, z) - log q(z | x) of the group's samples so far.
  private var values: [Scalar]
  private var scratch: [Scalar]
  private var logWeights: [Double]
  /// Sums of p(class | z) over the samples, [groupRows x classes].
  private var classSums: [Double]
  private var classProbabilities: [Scalar]
  private let zeros: [[UInt8]]

  init(model: LayeredModel<Scalar>, samples: Int) {
    let configuration = model.configuration
    let chunk = min(samples, 128)
    let groupRows = [8, 4, 2].first { $0 * samples <= 128 } ?? 1
    let group = groupRows * chunk
    let blockRows = Self.blockRows
    self.configuration = configuration
    self.samples = samples
    self.chunk = chunk
    self.groupRows = groupRows
    passes = configuration.networks.indices.map { number in
      model.pass(network: number, rows: number == 0 ? blockRows : group, gradientRows: 0)
    }
    firstProbabilities = Array(repeating: 0, count: blockRows * configuration.latentWidths[0])
    probabilities = configuration.latentWidths.map { Array(repeating: 0, count: group * $0) }
    layerUniforms = configuration.latents.map { Array(repeating: 0, count: group * $0) }
    logDensitiesOfZero = configuration.latents.indices.map { layer in
      Array(repeating: 0, count: layer == 0 ? blockRows : group)
    }
    uniforms = Array(repeating: 0, count: groupRows * samples * configuration.latents.reduce(0, +))
    values = Array(repeating: 0, count: group)
    scratch = values
    logWeights = Array(repeating: 0, count: groupRows * samples)
    classSums = Array(repeating: 0, count: groupRows * configuration.classes)
    classProbabilities = Array(repeating: 0, count: group * configuration.classes)
    zeros = configuration.latents.map { Array(repeating: 0, count: $0) }
  }

  private var layers: Int { configuration.layers }
  private var isGenerative: Bool { configuration.objective == .generation }
  /// log q(z) of Bernoulli variables is that of z = 0 and a term for each 1.
  private var needsDensitiesOfZero: Bool { isGenerative && configuration.categories == nil }
  private var latentsOfAllLayers: Int { configuration.latents.reduce(0, +) }

  /// Bounds of every block that is this worker's: those with its number, counted around the workers.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func run(_ context: LayeredBoundContext<Scalar>, index: Int) {
    for block in context.blocks where block % context.workers == index { run(block: block, context: context) }
  }

  /// Bounds of the images in the block of rows [8 block, 8 block + 8).
  private mutating func run(block: Int, context: LayeredBoundContext<Scalar>) {
    let start = block * Self.blockRows - context.firstRow
    encode(start: start, context)
    for group in stride(from: 0, to: Self.blockRows, by: groupRows) {
      let present = (start + group..<start + group + groupRows).clamped(to: 0..<context.count)
      if !present.isEmpty { runGroup(group, first: start + group, present: present, context) }
    }
  }

  private mutating func encode(start: Int, _ context: LayeredBoundContext<Scalar>) {
    let (pixels, inputs) = (configuration.pixels, configuration.inputs)
    let images = context.images
    passes[0].loadBits { bytes in
      bytes.update(repeating: 0)
      for image in (start..<start + Self.blockRows).clamped(to: 0..<context.count) {
        var target = bytes._mutatingExtracting((image - start) * inputs..<(image - start + 1) * inputs)
        copyBytes(images.span.extracting(image * pixels..<image * pixels + inputs), to: &target)
      }
    }
    passes[0].forward(context.model.networks[0].network)
    let (logits, variables) = (passes[0].outputs, configuration.variables(ofLayer: 0))
    var target = firstProbabilities.mutableSpan
    latentDistributions(logits: logits.span, variables: variables, into: &target)
    if needsDensitiesOfZero {
      logDensitiesOfZero(0, logits: logits, rows: Self.blockRows)
    }
  }

  private mutating func logDensitiesOfZero(_ layer: Int, logits: [Scalar], rows: Int) {
    let zeros = zeros[layer]
    var densities = exchange(&logDensitiesOfZero[layer], with: [])
    var all = densities.mutableSpan
    var target = all._mutatingExtracting(first: rows)
    Scalar.bernoulliLogLikelihood(
      logits: logits.span.extracting(first: rows * configuration.latents[layer]),
      targets: zeros.span, rows: rows, into: &target)
    logDensitiesOfZero[layer] = exchange(&densities, with: [])
  }

  private mutating func runGroup(
    _ group: Int, first: Int, present: Range<Int>, _ context: LayeredBoundContext<Scalar>
  ) {
    let perRow = samples * latentsOfAllLayers
    var numbers = uniforms.mutableSpan
    var filled = numbers._mutatingExtracting(
      (present.lowerBound - first) * perRow..<(present.upperBound - first) * perRow)
    context.noise.fill(rows: present, firstRow: context.firstRow, perRow: perRow, into: &filled)
    for place in classSums.indices { classSums[place] = 0 }
    for start in stride(from: 0, to: samples, by: chunk) {
      weigh(start..<min(start + chunk, samples), group: group, first: first, context)
    }
    for image in present {
      let place = image - first
      bounds[image] = logMeanExponential(
        logWeights.span.extracting(place * samples..<(place + 1) * samples))
      if configuration.classes > 0 {
        isCorrect[image] = mostProbableClass(place) == Int(context.labels[image])
      }
    }
  }

  private func mostProbableClass(_ place: Int) -> Int {
    let classes = configuration.classes
    var best = 0
    for candidate in 1..<classes
    where classSums[place * classes + candidate] > classSums[place * classes + best] { best = candidate }
    return best
  }

  /// log p(x, z) - log q(z | x), or log p(y | z), of these samples of each image in the group.
  private mutating func weigh(
    _ chunk: Range<Int>, group: Int, first: Int, _ context: LayeredBoundContext<Scalar>
  ) {
    let rows = groupRows * chunk.count
    for row in 0..<rows { values[row] = 0 }
    for layer in 0..<layers {
      climb(layer, chunk, group: group, context)
      if isGenerative { addTerms(of: layer, chunk, group: group, context) }
    }
    if isGenerative { addPrior(rows: rows, context) } else { predict(chunk, first: first, context) }
    for row in 0..<rows {
      let (place, sample) = (row / chunk.count, row % chunk.count)
      logWeights[place * samples + chunk.lowerBound + sample] = Double(values[row])
    }
  }

  // MARK: - Up the chain

  /// Draws a layer's latents for the group, and gives them to the networks that read them.
  private mutating func climb(
    _ layer: Int, _ chunk: Range<Int>, group: Int, _ context: LayeredBoundContext<Scalar>
  ) {
    let rows = groupRows * chunk.count
    let variables = configuration.variables(ofLayer: layer)
    let count = rows * variables.logitCount
    if layer == 0 {
      repeatFirstProbabilities(chunk, group: group)
    } else {
      passes[layer].forward(context.model.networks[layer].network)
      let logits = passes[layer].outputs
      var all = probabilities[layer].mutableSpan
      var target = all._mutatingExtracting(first: count)
      latentDistributions(
        logits: logits.span.extracting(first: count), variables: variables, into: &target)
      if needsDensitiesOfZero { logDensitiesOfZero(layer, logits: logits, rows: rows) }
    }
    takeUniforms(layer, chunk)
    let (probabilities, uniforms) = (probabilities[layer], layerUniforms[layer])
    for network in passes.indices where configuration.layerRead(byNetwork: network) == layer {
      passes[network].loadBits(rows: rows) { bits in
        drawLatents(
          distributions: probabilities.span.extracting(first: count),
          uniforms: uniforms.span.extracting(first: rows * variables.count), variables: variables, into: &bits
        )
      }
    }
  }

  private mutating func repeatFirstProbabilities(_ chunk: Range<Int>, group: Int) {
    let width = configuration.variables(ofLayer: 0).logitCount
    for row in 0..<groupRows * chunk.count {
      let image = group + row / chunk.count
      for place in 0..<width {
        probabilities[0][row * width + place] = firstProbabilities[image * width + place]
      }
    }
  }

  private mutating func takeUniforms(_ layer: Int, _ chunk: Range<Int>) {
    let (all, width) = (latentsOfAllLayers, configuration.latents[layer])
    let before = configuration.latents[..<layer].reduce(0, +)
    for row in 0..<groupRows * chunk.count {
      let (place, sample) = (row / chunk.count, chunk.lowerBound + row % chunk.count)
      let source = (place * samples + sample) * all + before
      for latent in 0..<width { layerUniforms[layer][row * width + latent] = uniforms[source + latent] }
    }
  }

  // MARK: - Weights

  /// log p(lower layer | z) - log q(z | lower layer).
  private mutating func addTerms(
    of layer: Int, _ chunk: Range<Int>, group: Int, _ context: LayeredBoundContext<Scalar>
  ) {
    let (rows, number) = (groupRows * chunk.count, layers + layer)
    passes[number].forward(context.model.networks[number].network)
    let (outputs, bits) = (passes[number].outputs, passes[number].bits)
    let lower = layer == 0 ? passes[0].bits : passes[number - 1].bits
    let (width, targetWidth) = (
      configuration.variables(ofLayer: layer).logitCount, context.model.networks[number].network.outputWidth
    )
    let categories = configuration.categories
    let (logits, densities) = (passes[layer].outputs, logDensitiesOfZero[layer])
    var sums = exchange(&scratch, with: [])
    var target = sums.mutableSpan
    // The first layer's inputs are the images': each is that of all its samples.
    let shared = layer == 0 ? chunk.count : 1
    for start in stride(from: 0, to: rows, by: shared) {
      let source = layer == 0 ? group + start / shared : start
      var part = target._mutatingExtracting(start..<start + shared)
      logLikelihoods(
        logits: outputs.span.extracting(start * targetWidth..<(start + shared) * targetWidth),
        targets: lower.span.extracting(source * targetWidth..<(source + 1) * targetWidth), rows: shared,
        categories: layer == 0 ? nil : categories, into: &part)
      for row in 0..<shared { values[start + row] += part[row] - densities[source] }
      densityTerms(
        bits: bits.span.extracting(start * width..<(start + shared) * width),
        logits: logits.span.extracting(source * width..<(source + 1) * width), rows: shared,
        categories: categories, into: &part)
      for row in 0..<shared { values[start + row] -= part[row] }
    }
    scratch = exchange(&sums, with: [])
  }

  private mutating func addPrior(rows: Int, _ context: LayeredBoundContext<Scalar>) {
    let (prior, bits) = (context.model.priorLogits, passes[2 * layers - 1].bits)
    var sums = exchange(&scratch, with: [])
    var all = sums.mutableSpan
    var target = all._mutatingExtracting(first: rows)
    densityTerms(
      bits: bits.span.extracting(first: rows * prior.count), logits: prior.span, rows: rows,
      categories: configuration.categories, into: &target)
    for row in 0..<rows { values[row] += target[row] + context.logPriorOfZero }
    scratch = exchange(&sums, with: [])
  }

  /// log p(y | z_T), and the probabilities of all classes where there are some.
  private mutating func predict(
    _ chunk: Range<Int>, first: Int, _ context: LayeredBoundContext<Scalar>
  ) {
    passes[layers].forward(context.model.networks[layers].network)
    for place in 0..<groupRows where (0..<context.count).contains(first + place) {
      let rows = place * chunk.count..<(place + 1) * chunk.count
      if configuration.classes > 0 {
        classify(rows, place: place, label: Int(context.labels[first + place]))
      } else {
        complete(rows, image: first + place, context)
      }
    }
  }

  private mutating func complete(
    _ rows: Range<Int>, image: Int, _ context: LayeredBoundContext<Scalar>
  ) {
    let (outputs, images) = (passes[layers].outputs, context.images)
    let (pixels, inputs) = (configuration.pixels, configuration.inputs)
    let count = pixels - inputs
    var target = values.mutableSpan
    var part = target._mutatingExtracting(rows)
    Scalar.bernoulliLogLikelihood(
      logits: outputs.span.extracting(rows.lowerBound * count..<rows.upperBound * count),
      targets: images.span.extracting(image * pixels + inputs..<(image + 1) * pixels), rows: rows.count,
      into: &part)
  }

  private mutating func classify(_ rows: Range<Int>, place: Int, label: Int) {
    let (outputs, classes) = (passes[layers].outputs, configuration.classes)
    let places = rows.lowerBound * classes..<rows.upperBound * classes
    var all = classProbabilities.mutableSpan
    var part = all._mutatingExtracting(places)
    LabelLikelihood.probabilities(logits: outputs.span.extracting(places), rows: rows.count, into: &part)
    for row in rows {
      for number in 0..<classes {
        classSums[place * classes + number] += Double(classProbabilities[row * classes + number])
      }
      values[row] = LabelLikelihood.logLikelihood(
        logits: outputs.span, row: row, classes: classes, label: label)
    }
  }
}
