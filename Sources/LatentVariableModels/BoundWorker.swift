internal import ElementwiseKernels
internal import NeuralNetworks
internal import Numerics
internal import RandomStreams

/// What all workers of an importance-weighted bound read.
struct BoundContext<Scalar: KernelScalar>: Sendable {
  let model: AutoencoderModel<Scalar>
  /// 0/1 bytes, [count x pixels].
  let images: [UInt8]
  /// Row of the first image: addresses its noise, and its place in a block.
  let firstRow: Int
  let noise: NoiseSource<Scalar>
  let logPriorOfZero: Scalar

  var count: Int { images.count / model.configuration.pixels }
}

/// One worker's memory for importance-weighted bounds.
///
/// Images are encoded in blocks of eight, aligned to multiples of eight rows, and decoded in groups of a fixed size; places
/// without an image are filled with zeros. So every product has a fixed shape, and every image a fixed place in it: the
/// bits of a bound depend on the image, its row and the number of samples alone.
struct BoundWorker<Scalar: KernelScalar>: Sendable {
  static var blockRows: Int { 8 }

  let samples: Int
  /// Images decoded at once.
  let groupRows: Int
  /// Samples of an image decoded at once.
  let chunk: Int
  /// The bounds of the worker's own images, by index; others are left alone.
  var bounds: [Double] = []

  private let pixels: Int
  private let latents: Int
  private var images: [UInt8]
  private var encoderInput: [Scalar]
  private var encoderWorkspace: PerceptronWorkspace<Scalar>
  private var probabilities: [Scalar]
  private var logPosteriorOfZero: [Scalar]
  private var uniforms: [Scalar]
  private var decoderLatents: [Scalar]
  private var decoderInput: [Scalar]
  private var decoderWorkspace: PerceptronWorkspace<Scalar>
  private var logLikelihood: [Scalar] = [0]
  private var logWeights: [Double]
  private let zeros: [UInt8]

  init(model: AutoencoderModel<Scalar>, samples: Int) {
    self.samples = samples
    chunk = min(samples, 128)
    groupRows = [8, 4, 2].first { $0 * samples <= 128 } ?? 1
    pixels = model.configuration.pixels
    latents = model.configuration.latents
    let blockRows = Self.blockRows
    images = Array(repeating: 0, count: blockRows * pixels)
    encoderInput = Array(repeating: 0, count: blockRows * pixels)
    encoderWorkspace = PerceptronWorkspace(network: model.encoder, rows: blockRows, gradientRows: 0)
    probabilities = Array(repeating: 0, count: blockRows * latents)
    logPosteriorOfZero = Array(repeating: 0, count: blockRows)
    uniforms = Array(repeating: 0, count: groupRows * samples * latents)
    decoderLatents = Array(repeating: 0, count: groupRows * chunk * latents)
    decoderInput = Array(repeating: 0, count: groupRows * chunk * latents)
    decoderWorkspace = PerceptronWorkspace(network: model.decoder, rows: groupRows * chunk, gradientRows: 0)
    logWeights = Array(repeating: 0, count: groupRows * samples)
    zeros = Array(repeating: 0, count: blockRows * latents)
  }

  /// Bounds of the images in the block of rows [8 block, 8 block + 8).
  mutating func run(block: Int, context: BoundContext<Scalar>) {
    let start = block * Self.blockRows - context.firstRow
    encode(start: start, context: context)
    for group in stride(from: 0, to: Self.blockRows, by: groupRows) {
      let present = (start + group..<start + group + groupRows).clamped(to: 0..<context.count)
      if !present.isEmpty { runGroup(group, first: start + group, present: present, context: context) }
    }
  }

  private mutating func encode(start: Int, context: BoundContext<Scalar>) {
    for row in 0..<Self.blockRows {
      let image = start + row
      let isPresent = image >= 0 && image < context.count
      for pixel in 0..<pixels {
        images[row * pixels + pixel] = isPresent ? context.images[image * pixels + pixel] : 0
      }
    }
    context.model.fillEncoderInput(&encoderInput, images: images)
    let input = encoderInput
    context.model.encoder.forward(
      input: input.span, rows: Self.blockRows, workspace: &encoderWorkspace)
    let logits = logits
    logDensitiesOfZero(logits: logits.span, rows: Self.blockRows, zeros: zeros, into: &logPosteriorOfZero)
    var target = probabilities.mutableSpan
    Scalar.sigmoid(logits.span, into: &target)
  }

  private var logits: [Scalar] { encoderWorkspace.outputs[encoderWorkspace.outputs.count - 1] }

  private mutating func runGroup(
    _ group: Int, first: Int, present: Range<Int>, context: BoundContext<Scalar>
  ) {
    let perRow = samples * latents
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

  /// log p(x, z) - log q(z | x) of these samples of each image in the group.
  private mutating func weigh(samples chunk: Range<Int>, group: Int, context: BoundContext<Scalar>) {
    drawLatents(chunk, group: group)
    let rows = groupRows * chunk.count
    let logits = logits
    let used = decoderLatents
    context.model.fillDecoderInput(&decoderInput, latents: used.span.extracting(first: rows * latents))
    let input = decoderInput
    context.model.decoder.forward(
      input: input.span.extracting(first: rows * latents), rows: rows, workspace: &decoderWorkspace)
    let outputs = decoderWorkspace.outputs[decoderWorkspace.outputs.count - 1]
    let images = images
    for row in 0..<rows {
      let place = row / chunk.count
      let image = group + place
      let outputRange = row * pixels..<(row + 1) * pixels
      let imageRange = image * pixels..<(image + 1) * pixels
      var target = logLikelihood.mutableSpan
      Scalar.bernoulliLogLikelihood(
        logits: outputs.span.extracting(outputRange), targets: images.span.extracting(imageRange), rows: 1,
        into: &target)
      let difference = logDensityDifference(
        latents: used.span.extracting(row * latents..<(row + 1) * latents),
        prior: context.model.priorLogits.span,
        logits: logits.span.extracting(image * latents..<(image + 1) * latents))
      let value = logLikelihood[0] + (difference + (context.logPriorOfZero - logPosteriorOfZero[image]))
      logWeights[place * samples + chunk.lowerBound + row % chunk.count] = Double(value)
    }
  }

  private mutating func drawLatents(_ chunk: Range<Int>, group: Int) {
    var target = exchange(&decoderLatents, with: [])
    for row in 0..<groupRows * chunk.count {
      let place = row / chunk.count
      let source = (place * samples + chunk.lowerBound + row % chunk.count) * latents
      let variables = (group + place) * latents
      for latent in 0..<latents {
        target[row * latents + latent] = uniforms[source + latent] < probabilities[variables + latent] ? 1 : 0
      }
    }
    decoderLatents = exchange(&target, with: [])
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
