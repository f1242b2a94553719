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
struct BatchShard<Scalar: KernelScalar>: Sendable {
  /// Rows of the batch.
  let rows: Range<Int>
  let shape: LatentShape
  let evaluations: Int
  /// The shard's 0/1 images, [rows x pixels].
  var images: [UInt8]
  var encoderPass: RecordedPass<Scalar>
  var decoderPass: RecordedPass<Scalar>
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
  private var rowScales: [Scalar]
  private let zeros: [UInt8]

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
    encoderPass = RecordedPass(network: model.encoder, rows: count, gradientRows: count)
    decoderPass = RecordedPass(network: model.decoder, rows: evaluations * count, gradientRows: gradientRows)
    samples = Array(repeating: 0, count: evaluations * count * latents)
    values = Array(repeating: 0, count: evaluations * count)
    latentSums = Array(repeating: 0, count: latents)
    noise = Array(repeating: 0, count: count * estimator.noisePerRow(variables: .binary(latents)))
    logPosteriorOfZero = Array(repeating: 0, count: count)
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

  /// Everything of a step that needs only this shard: samples, objective, gradients down to every layer's outputs.
  mutating func run(_ context: StepContext<Scalar>) {
    encode(context)
    drawSamples(context)
    decode(context)
    evaluateObjective(context)
    estimateEncoderGradient(context)
    decoderGradient(context)
  }

  private mutating func encode(_ context: StepContext<Scalar>) {
    context.model.fillEncoderInput(&encoderPass.input, images: images)
    let input = encoderPass.input
    context.model.encoder.forward(input: input.span, rows: shape.rows, workspace: &encoderPass.workspace)
  }

  var logits: [Scalar] { encoderPass.workspace.outputs[encoderPass.workspace.outputs.count - 1] }

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
    context.model.fillDecoderInput(&decoderPass.input, latents: samples.span)
    let input = decoderPass.input
    context.model.decoder.forward(
      input: input.span, rows: evaluations * shape.rows, workspace: &decoderPass.workspace)
  }

  private mutating func evaluateObjective(_ context: StepContext<Scalar>) {
    let logits = logits
    logDensitiesOfZero(logits: logits.span, rows: shape.rows, zeros: zeros, into: &logPosteriorOfZero)
    var values = exchange(&values, with: [])
    evaluatePixels(into: &values)
    for sample in values.indices {
      let row = sample % shape.rows
      let difference = logDensityDifference(
        latents: samples.span.extracting(sample * shape.variables..<(sample + 1) * shape.variables),
        prior: context.model.priorLogits.span,
        logits: logits.span.extracting(row * shape.variables..<(row + 1) * shape.variables))
      values[sample] += difference + (context.logPriorOfZero - logPosteriorOfZero[row])
    }
    isFinite = allFinite(values.span)
    self.values = exchange(&values, with: [])
  }

  /// log p(x | z) of every sample.
  private func evaluatePixels(into values: inout [Scalar]) {
    let outputs = decoderPass.workspace.outputs[decoderPass.workspace.outputs.count - 1]
    var target = values.mutableSpan
    for evaluation in 0..<evaluations {
      var part = target._mutatingExtracting(evaluation * shape.rows..<(evaluation + 1) * shape.rows)
      Scalar.bernoulliLogLikelihood(
        logits: outputs.span.extracting(evaluation * images.count..<(evaluation + 1) * images.count),
        targets: images.span, rows: shape.rows, into: &part)
    }
  }

  private mutating func estimateEncoderGradient(_ context: StepContext<Scalar>) {
    let logits = logits
    let last = encoderPass.workspace.outputGradients.count - 1
    var gradient = exchange(&encoderPass.workspace.outputGradients[last], with: [])
    var target = gradient.mutableSpan
    context.estimator.combine(
      logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
      gradient: &target)
    Scalar.scale(&target, by: -1 / Scalar(context.settings.batchSize))
    isFinite = isFinite && allFinite(target.span)
    encoderPass.workspace.outputGradients[last] = exchange(&gradient, with: [])
    context.model.encoder.backward(rows: shape.rows, workspace: &encoderPass.workspace)
  }

  private mutating func decoderGradient(_ context: StepContext<Scalar>) {
    let last = decoderPass.workspace.outputGradients.count - 1
    let outputs = decoderPass.workspace.outputs[last]
    var gradient = exchange(&decoderPass.workspace.outputGradients[last], with: [])
    var target = gradient.mutableSpan
    for start in stride(from: 0, to: target.count, by: images.count) {
      var part = target._mutatingExtracting(start..<start + images.count)
      Scalar.bernoulliLogLikelihoodGradient(
        logits: outputs.span.extracting(start..<start + images.count), targets: images.span,
        rowScales: rowScales.span, into: &part)
    }
    decoderPass.workspace.outputGradients[last] = exchange(&gradient, with: [])
    let rows = decoderPass.gradientRows
    context.model.decoder.backward(rows: rows, workspace: &decoderPass.workspace)
    sumLatents(rows: rows)
  }

  private mutating func sumLatents(rows: Int) {
    let samples = samples
    var latentSums = exchange(&latentSums, with: [])
    for index in latentSums.indices { latentSums[index] = 0 }
    var sums = latentSums.mutableSpan
    Scalar.addColumnSums(of: samples.span.extracting(first: rows * shape.variables), rows: rows, to: &sums)
    self.latentSums = exchange(&latentSums, with: [])
  }
}
