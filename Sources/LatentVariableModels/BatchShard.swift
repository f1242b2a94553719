internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks
internal import RandomStreams

/// Where uniform numbers come from: a stream, addressed by row, or a given array [rows x numbers of a row].
enum NoiseSource<Scalar: KernelScalar>: Sendable {
  case stream(RandomStream)
  case given([Scalar])

  /// The numbers of `rows`, counted from `firstRow` of a stream or from 0 of an array.
  func fill(rows: Range<Int>, firstRow: Int, perRow: Int, into numbers: inout MutableSpan<Scalar>) {
    switch self {
    case .stream(let stream):
      stream.fillUniforms(
        rows: firstRow + rows.lowerBound..<firstRow + rows.upperBound, perRow: perRow, into: &numbers)
    case .given(let source):
      for index in numbers.indices { numbers[index] = source[rows.lowerBound * perRow + index] }
    }
  }
}

/// What all shards of a step read.
struct StepContext<Scalar: KernelScalar>: Sendable {
  let model: AutoencoderModel<Scalar>
  let settings: OptimisationSettings
  let estimator: any GradientEstimator
  let noise: NoiseSource<Scalar>
  /// log p(z = 0) under the prior.
  let logPriorOfZero: Scalar
}

/// A fixed part of a batch's rows, with all memory for its forward and backward passes.
///
/// Shards depend on the batch size only, never on the number of threads: that is why bits do not either.
struct BatchShard<Scalar: KernelScalar>: RecordingShard, ConcurrentElement {
  /// Rows of the batch.
  let rows: Range<Int>
  let shape: LatentShape
  let evaluations: Int
  /// The shard's 0/1 images, [rows x pixels].
  var images: [UInt8]
  /// In the order of `NetworkRole`.
  var passes: [RecordedPass<Scalar>]
  /// Samples of the estimator, [evaluations x rows x latents].
  var samples: [Scalar]
  /// The one-sample objective log p(x, z) - log q(z | x) at each sample, [evaluations x rows], in nats.
  var values: [Scalar]
  /// Sums of the latents of the samples from which the prior learns, [latents].
  var latentSums: [Scalar]
  /// Whether the objective and its gradient with respect to the encoder's logits were finite.
  var isFinite = true

  /// [rows x noise of a row]
  private(set) var noise: [Scalar]
  private var logPosteriorOfZero: [Scalar]
  /// Prior logits minus posterior logits, [rows x latents].
  private var logitDifferences: [Scalar]
  /// log p(z) - log q(z) without what does not depend on z, [evaluations x rows].
  private var densityDifferences: [Scalar]
  private var rowScales: [Scalar]
  private let zeros: [UInt8]

  private static var encoder: Int { NetworkRole.encoder.rawValue }
  private static var decoder: Int { NetworkRole.decoder.rawValue }

  init(
    rows: Range<Int>, model: AutoencoderModel<Scalar>, settings: OptimisationSettings,
    estimator: any GradientEstimator
  ) {
    let configuration = model.configuration
    let count = rows.count
    let latents = configuration.latents
    self.rows = rows
    shape = LatentShape(rows: count, variables: latents)
    evaluations = estimator.evaluations(variables: .binary(latents))
    images = Array(repeating: 0, count: count * configuration.pixels)
    let representative = estimator.representativeEvaluations(variables: .binary(latents))
    let gradientRows = (settings.decoderSamples == .first ? 1 : representative) * count
    passes = [
      model.encoderPass(rows: count, gradientRows: count),
      model.decoderPass(rows: evaluations * count, gradientRows: gradientRows),
    ]
    samples = Array(repeating: 0, count: evaluations * count * latents)
    values = Array(repeating: 0, count: evaluations * count)
    latentSums = Array(repeating: 0, count: latents)
    noise = Array(repeating: 0, count: count * estimator.noisePerRow(variables: .binary(latents)))
    logPosteriorOfZero = Array(repeating: 0, count: count)
    logitDifferences = Array(repeating: 0, count: count * latents)
    densityDifferences = values
    let scale = -1 / (Scalar(settings.batchSize) * Scalar(gradientRows / count))
    rowScales = Array(repeating: scale, count: count)
    zeros = Array(repeating: 0, count: count * latents)
  }

  /// The two fixed shards of a batch; one if it has a single row.
  static func shards(
    model: AutoencoderModel<Scalar>, settings: OptimisationSettings, estimator: any GradientEstimator
  ) -> [BatchShard] {
    let size = settings.batchSize
    let count = min(2, size)
    return (0..<count).map { shard in
      BatchShard(
        rows: shard * size / count..<(shard + 1) * size / count, model: model, settings: settings,
        estimator: estimator)
    }
  }

  /// Rows of the decoder's backward pass for each image.
  var gradientSamples: Int { passes[Self.decoder].gradientRows / shape.rows }

  /// Everything of a step that needs only this shard: samples, objective, gradients down to every layer's outputs.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func run(_ context: StepContext<Scalar>, index: Int) {
    encode(context)
    drawSamples(context)
    decode(context)
    evaluateObjective(context)
    estimateEncoderGradient(context)
    decoderGradient(context)
  }

  private mutating func encode(_ context: StepContext<Scalar>) {
    let images = images
    passes[Self.encoder].loadBits { bytes in copyBytes(images.span, to: &bytes) }
    passes[Self.encoder].forward(context.model.encoder)
  }

  var logits: [Scalar] { passes[Self.encoder].outputs }

  private mutating func drawSamples(_ context: StepContext<Scalar>) {
    let logits = logits
    var noise = exchange(&noise, with: [])
    var samples = exchange(&samples, with: [])
    var numbers = noise.mutableSpan
    context.noise.fill(rows: rows, firstRow: 0, perRow: numbers.count / shape.rows, into: &numbers)
    var target = samples.mutableSpan
    context.estimator.draw(logits: logits.span, noise: noise.span, shape: shape, samples: &target)
    self.noise = exchange(&noise, with: [])
    self.samples = exchange(&samples, with: [])
  }

  private mutating func decode(_ context: StepContext<Scalar>) {
    let samples = samples
    passes[Self.decoder].loadBits { bytes in copyBits(samples.span, to: &bytes) }
    passes[Self.decoder].forward(context.model.decoder)
  }

  private mutating func evaluateObjective(_ context: StepContext<Scalar>) {
    let logits = logits
    logDensitiesOfZero(logits: logits.span, rows: shape.rows, zeros: zeros, into: &logPosteriorOfZero)
    compareDensities(context)
    var values = exchange(&values, with: [])
    evaluatePixels(into: &values)
    for sample in values.indices {
      values[sample] +=
        densityDifferences[sample] + (context.logPriorOfZero - logPosteriorOfZero[sample % shape.rows])
    }
    isFinite = allFinite(values.span)
    self.values = exchange(&values, with: [])
  }

  /// z . (prior - logits) of every sample.
  private mutating func compareDensities(_ context: StepContext<Scalar>) {
    let logits = logits
    let prior = context.model.priorLogits
    let bits = passes[Self.decoder].bits
    var differences = exchange(&logitDifferences, with: [])
    var all = differences.mutableSpan
    subtractLogits(logits.span, from: prior.span, into: &all)
    var densities = exchange(&densityDifferences, with: [])
    var results = densities.mutableSpan
    for evaluation in 0..<evaluations {
      let start = evaluation * shape.sampleCount
      var part = results._mutatingExtracting(evaluation * shape.rows..<(evaluation + 1) * shape.rows)
      Scalar.maskedSums(
        bits: bits.span.extracting(start..<start + shape.sampleCount), values: differences.span,
        rows: shape.rows, into: &part)
    }
    logitDifferences = exchange(&differences, with: [])
    densityDifferences = exchange(&densities, with: [])
  }

  /// log p(x | z) of every sample.
  private func evaluatePixels(into values: inout [Scalar]) {
    let outputs = passes[Self.decoder].outputs
    var target = values.mutableSpan
    for evaluation in 0..<evaluations {
      var part = target._mutatingExtracting(evaluation * shape.rows..<(evaluation + 1) * shape.rows)
      Scalar.bernoulliLogLikelihood(
        logits: outputs.span.extracting(evaluation * images.count..<(evaluation + 1) * images.count),
        targets: images.span, rows: shape.rows, into: &part)
    }
  }

  private mutating func estimateEncoderGradient(_ context: StepContext<Scalar>) {
    let (logits, noise, samples, values, shape) = (logits, noise, samples, values, shape)
    var isGradientFinite = true
    passes[Self.encoder].backward(context.model.encoder) { gradient in
      context.estimator.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
        gradient: &gradient)
      Scalar.scale(&gradient, by: -1 / Scalar(context.settings.batchSize))
      isGradientFinite = allFinite(gradient.span)
    }
    isFinite = isFinite && isGradientFinite
  }

  private mutating func decoderGradient(_ context: StepContext<Scalar>) {
    let (outputs, images, rowScales) = (passes[Self.decoder].outputs, images, rowScales)
    passes[Self.decoder].backward(context.model.decoder) { gradient in
      for start in stride(from: 0, to: gradient.count, by: images.count) {
        var part = gradient._mutatingExtracting(start..<start + images.count)
        Scalar.bernoulliLogLikelihoodGradient(
          logits: outputs.span.extracting(start..<start + images.count), targets: images.span,
          rowScales: rowScales.span, into: &part)
      }
    }
    sumLatents(rows: passes[Self.decoder].gradientRows)
  }

  private mutating func sumLatents(rows: Int) {
    let samples = samples
    var latentSums = exchange(&latentSums, with: [])
    var sums = latentSums.mutableSpan
    sums.update(repeating: 0)
    Scalar.addColumnSums(of: samples.span.extracting(first: rows * shape.variables), rows: rows, to: &sums)
    self.latentSums = exchange(&latentSums, with: [])
  }
}
