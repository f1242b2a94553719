internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks
internal import Numerics
internal import RandomStreams

/// What all workers of an importance-weighted bound read.
struct BoundContext<Scalar: KernelScalar>: Sendable {
  let model: AutoencoderModel<Scalar>
  /// Bytes, [count x pixels].
  let images: [UInt8]
  /// Row of the first image: addresses its noise, and its place in a block.
  let firstRow: Int
  let noise: NoiseSource<Scalar>
  /// What log p(z) has beside z . prior logits.
  let priorOffset: Scalar
  let workers: Int

  /// Blocks of rows that hold an image.
  var blocks: Range<Int> {
    let blockRows = BoundWorker<Scalar>.blockRows
    return firstRow / blockRows..<(firstRow + count + blockRows - 1) / blockRows
  }

  var count: Int { images.count / model.configuration.pixels }
}

/// One worker's memory for importance-weighted bounds.
///
/// Images are encoded in blocks of eight, aligned to multiples of eight rows, and decoded in groups of a fixed size; places
/// without an image are filled with zeros. So every product has a fixed shape, and every image a fixed place in it: the
/// bits of a bound depend on the image, its row and the number of samples alone.
struct BoundWorker<Scalar: KernelScalar>: ConcurrentElement {
  static var blockRows: Int { 8 }

  let samples: Int
  /// Images decoded at once.
  let groupRows: Int
  /// Samples of an image decoded at once.
  let chunk: Int
  /// The bounds of the worker's own images, by index; others are left alone.
  var bounds: [Double] = []

  private let pixels: Int
  private let objective: AutoencoderObjective
  /// The pixels of a block that are modelled, [block x pixels]; the encoder's pass has them as numbers where they are not bits.
  private var modelled: [UInt8]
  private let variables: LatentVariables
  private var encoderPass: RecordedPass<Scalar>
  private var decoderPass: RecordedPass<Scalar>
  /// Of a Bernoulli latent P(z = 1 | x), of a categorical one the distribution function, P(z <= c | x);
  /// [block x logits of a row].
  private var probabilities: [Scalar]
  private var posteriorOffsets: [Scalar]
  /// Prior logits minus posterior logits, [block x logits of a row].
  private var logitDifferences: [Scalar]
  private var uniforms: [Scalar]
  /// Of the samples of one image in a chunk: log p(x | z), and log p(z) - log q(z) without what does not depend on z, which stays 0
  /// for a completion.
  private var logLikelihoods: [Scalar]
  private var densityDifferences: [Scalar]
  private var logWeights: [Double]
  private let zeros: [UInt8]

  init(model: AutoencoderModel<Scalar>, samples: Int) {
    self.samples = samples
    chunk = min(samples, 128)
    groupRows = [8, 4, 2].first { $0 * samples <= 128 } ?? 1
    pixels = model.configuration.pixels
    variables = model.configuration.latentVariables
    objective = model.configuration.objective
    let blockRows = Self.blockRows
    modelled = Array(repeating: 0, count: blockRows * pixels)
    encoderPass = model.encoderPass(rows: blockRows, gradientRows: 0)
    decoderPass = model.decoderPass(rows: groupRows * chunk, gradientRows: 0)
    probabilities = Array(repeating: 0, count: blockRows * variables.logitCount)
    posteriorOffsets = Array(repeating: 0, count: blockRows)
    logitDifferences = probabilities
    uniforms = Array(repeating: 0, count: groupRows * samples * variables.count)
    logLikelihoods = Array(repeating: 0, count: chunk)
    densityDifferences = logLikelihoods
    logWeights = Array(repeating: 0, count: groupRows * samples)
    zeros = Array(repeating: 0, count: blockRows * variables.logitCount)
  }

  /// Bounds of every block that is this worker's: those with its number, counted around the workers.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func run(_ context: BoundContext<Scalar>, index: Int) {
    for block in context.blocks where block % context.workers == index { run(block: block, context: context) }
  }

  /// Bounds of the images in the block of rows [8 block, 8 block + 8).
  private mutating func run(block: Int, context: BoundContext<Scalar>) {
    let start = block * Self.blockRows - context.firstRow
    encode(start: start, context: context)
    for group in stride(from: 0, to: Self.blockRows, by: groupRows) {
      let present = (start + group..<start + group + groupRows).clamped(to: 0..<context.count)
      if !present.isEmpty { runGroup(group, first: start + group, present: present, context: context) }
    }
  }

  private mutating func encode(start: Int, context: BoundContext<Scalar>) {
    load(start: start, context: context)
    encoderPass.forward(context.model.encoder)
    let (logits, variables) = (encoderPass.outputs, variables)
    logDensityOffsets(
      logits: logits.span, rows: Self.blockRows, variables: variables, zeros: zeros,
      scratch: &logitDifferences, into: &posteriorOffsets)
    var target = probabilities.mutableSpan
    latentDistributions(logits: logits.span, variables: variables, into: &target)
    guard objective == .generation else { return }
    var differences = logitDifferences.mutableSpan
    subtractLogits(logits.span, from: context.model.priorLogits.span, into: &differences)
  }

  /// Gives the encoder the images of a block, and keeps what of them is modelled.
  private mutating func load(start: Int, context: BoundContext<Scalar>) {
    let (pixels, objective) = (pixels, objective)
    let present = (start..<start + Self.blockRows).clamped(to: 0..<context.count)
    let images = context.images.span.extracting(present.lowerBound * pixels..<present.upperBound * pixels)
    let places = (present.lowerBound - start) * pixels..<(present.upperBound - start) * pixels
    context.model.give(images, to: &encoderPass, first: present.lowerBound - start)
    var bytes = modelled.mutableSpan
    bytes.update(repeating: 0)
    var target = bytes._mutatingExtracting(places)
    objective.writeModelled(of: images, pixels: pixels, to: &target)
  }

  private mutating func runGroup(
    _ group: Int, first: Int, present: Range<Int>, context: BoundContext<Scalar>
  ) {
    let perRow = samples * variables.count
    var numbers = uniforms.mutableSpan
    var filled = numbers._mutatingExtracting(
      (present.lowerBound - first) * perRow..<(present.upperBound - first) * perRow)
    context.noise.fill(rows: present, firstRow: context.firstRow, perRow: perRow, into: &filled)
    for start in stride(from: 0, to: samples, by: chunk) {
      weigh(samples: start..<min(start + chunk, samples), group: group, context: context)
    }
    for image in present {
      let place = (image - first) * samples
      bounds[image] = logMeanExponential(logWeights.span.extracting(place..<place + samples))
    }
  }

  /// log p(x, z) - log q(z | x), or log p(lower | z), of these samples of each image in the group.
  private mutating func weigh(samples chunk: Range<Int>, group: Int, context: BoundContext<Scalar>) {
    drawSamples(chunk, group: group)
    decoderPass.forward(context.model.decoder)
    for place in 0..<groupRows {
      let image = group + place
      evaluate(image: image, rows: place * chunk.count..<(place + 1) * chunk.count, model: context.model)
      let offset = objective == .generation ? context.priorOffset - posteriorOffsets[image] : 0
      for sample in 0..<chunk.count {
        let value = logLikelihoods[sample] + (densityDifferences[sample] + offset)
        logWeights[place * samples + chunk.lowerBound + sample] = Double(value)
      }
    }
  }

  /// The terms that depend on z, for the samples of one image: these rows of the decoder's pass.
  private mutating func evaluate(image: Int, rows: Range<Int>, model: AutoencoderModel<Scalar>) {
    let (outputs, bits, images) = (decoderPass.outputs, decoderPass.bits, modelled)
    let numbers = encoderPass.numbers(seenBy: 0)
    let (pixels, width) = (pixels, variables.logitCount)
    var likelihoodStorage = exchange(&logLikelihoods, with: [])
    var densityStorage = exchange(&densityDifferences, with: [])
    var allLikelihoods = likelihoodStorage.mutableSpan
    var likelihoods = allLikelihoods._mutatingExtracting(first: rows.count)
    let own = outputs.span.extracting(rows.lowerBound * pixels..<rows.upperBound * pixels)
    let places = image * pixels..<(image + 1) * pixels
    if let variances = model.variances {
      variances.logLikelihoods(means: own, of: numbers.span.extracting(places), into: &likelihoods)
    } else {
      Scalar.bernoulliLogLikelihood(
        logits: own, targets: images.span.extracting(places), rows: rows.count, into: &likelihoods)
    }
    if objective == .generation {
      var allDensities = densityStorage.mutableSpan
      var densities = allDensities._mutatingExtracting(first: rows.count)
      Scalar.maskedSums(
        bits: bits.span.extracting(rows.lowerBound * width..<rows.upperBound * width),
        values: logitDifferences.span.extracting(image * width..<(image + 1) * width), rows: rows.count,
        into: &densities)
    }
    logLikelihoods = exchange(&likelihoodStorage, with: [])
    densityDifferences = exchange(&densityStorage, with: [])
  }

  private mutating func drawSamples(_ chunk: Range<Int>, group: Int) {
    let (uniforms, probabilities, variables, samples) = (uniforms, probabilities, variables, samples)
    let (count, width) = (chunk.count, variables.logitCount)
    decoderPass.loadBits(rows: groupRows * count) { bits in
      for row in 0..<bits.count / width {
        let place = row / count
        let source = (place * samples + chunk.lowerBound + row % count) * variables.count
        let first = (group + place) * width
        var target = bits._mutatingExtracting(row * width..<(row + 1) * width)
        drawLatents(
          distributions: probabilities.span.extracting(first..<first + width),
          uniforms: uniforms.span.extracting(source..<source + variables.count), variables: variables,
          into: &target)
      }
    }
  }
}

/// log of the mean of exp(values), without overflow.
func logMeanExponential(_ values: Span<Double>) -> Double {
  var largest = -Double.infinity
  for index in values.indices { largest = max(largest, values[index]) }
  guard largest.isFinite else { return largest }
  var sum = 0.0
  for index in values.indices { sum += Double.exp(values[index] - largest) }
  return largest + Double.log(sum / Double(values.count))
}
