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

/// What a shard does by itself, between the passes of the networks, which run over all shards together.
enum ShardStage: Sendable {
  /// Gives the encoder its images.
  case load
  /// Draws the samples from the encoder's logits, and gives them to the decoder.
  case draw
  /// The objective at the samples and its gradient with respect to the decoder's outputs.
  case evaluate
  /// The estimate of the gradient with respect to the logits.
  case estimate
}

/// What all shards of a step read.
struct StepContext<Scalar: KernelScalar>: Sendable {
  var stage: ShardStage
  let model: AutoencoderModel<Scalar>
  let settings: OptimisationSettings
  let estimator: any GradientEstimator
  let noise: NoiseSource<Scalar>
  /// What log p(z) has beside z . prior logits.
  let priorOffset: Scalar
}

/// A fixed part of a batch's rows, with all memory for its forward and backward passes.
///
/// Shards depend on the batch size only, never on the number of threads: that is why bits do not either.
struct BatchShard<Scalar: KernelScalar>: RecordingShard, ConcurrentElement {
  /// Rows of the batch.
  let rows: Range<Int>
  let shape: LatentShape
  let plan: EvaluationPlan
  /// What is modelled of an image, and by which law.
  let objective: AutoencoderObjective
  let likelihood: PixelLikelihood
  /// The pixels that are modelled, [rows x pixels]; the encoder's pass has them as numbers where they are not bits.
  var images: [UInt8]
  /// The pixels that the encoder is given where these are others, [rows x pixels]; empty otherwise.
  var given: [UInt8]
  /// In the order of `NetworkRole`.
  var passes: [RecordedPass<Scalar>]
  /// Samples of the estimator, [evaluations x rows x latents x numbers of a sample].
  var samples: [Scalar]
  /// The objective log p(x, z) - log q(z | x) at each sample, or log p(lower | z) of both copies, [evaluations x rows], in nats;
  /// for a multi-sample bound these are the log weights.
  var values: [Scalar]
  /// Its derivatives with respect to the samples, if the estimator uses them.
  var derivatives: [Scalar]
  /// Weighted sums of the latents of the samples from which the prior learns, [latents x logits per latent].
  var latentSums: [Scalar]
  /// The gradient of the loss with respect to the pixels' variances, [pixels]; empty where there are none.
  var varianceGradient: [Scalar]
  /// The first multi-sample bound of each row, if one is trained.
  var bounds: [Double]
  /// Whether the objective and its gradient with respect to the encoder's logits were finite.
  var isFinite = true

  /// [rows x noise of a row]
  var noise: [Scalar]
  /// What log q(z | x) has beside z . logits, [rows].
  var posteriorOffsets: [Scalar]
  /// Prior logits minus posterior logits, [rows x logits of a row].
  var logitDifferences: [Scalar]
  /// log p(z) - log q(z) without what does not depend on z, [evaluations x rows].
  var densityDifferences: [Scalar]
  /// The weight of log p(x | z) in the loss, [backward evaluations x rows].
  var rowScales: [Scalar]
  /// The latents' means under q, if the relaxed objective with its log q is trained, [rows x logits of a row].
  var means: [Scalar]
  let zeros: [UInt8]

  static var encoder: Int { NetworkRole.encoder.rawValue }
  static var decoder: Int { NetworkRole.decoder.rawValue }

  init(
    rows: Range<Int>, model: AutoencoderModel<Scalar>, settings: OptimisationSettings,
    estimator: any GradientEstimator
  ) {
    let configuration = model.configuration
    let variables = configuration.latentVariables
    let plan = EvaluationPlan(estimator: estimator, settings: settings, variables: variables)
    let (count, evaluations) = (rows.count, plan.evaluations)
    self.rows = rows
    self.plan = plan
    shape = LatentShape(
      rows: count, variables: variables.count, logitsPerVariable: variables.logitsPerVariable)
    objective = configuration.objective
    likelihood = configuration.likelihood
    images = Array(repeating: 0, count: count * configuration.pixels)
    given = objective == .generation ? [] : images
    passes = [
      model.encoderPass(rows: count, gradientRows: count, byParts: true),
      model.decoderPass(plan: plan, images: count),
    ]
    samples = Array(repeating: 0, count: evaluations * count * variables.count * plan.sampleWidth)
    values = Array(repeating: 0, count: evaluations * count)
    derivatives = plan.usesDerivatives ? samples : []
    varianceGradient = Array(repeating: 0, count: likelihood == .gaussian ? configuration.pixels : 0)
    latentSums = Array(repeating: 0, count: variables.logitCount)
    bounds = Array(repeating: 0, count: plan.bound == nil ? 0 : count)
    noise = Array(repeating: 0, count: count * estimator.noisePerRow(variables: variables))
    posteriorOffsets = Array(repeating: 0, count: count)
    logitDifferences = Array(repeating: 0, count: shape.logitCount)
    densityDifferences = values
    let scale = -1 / (Scalar(settings.batchSize) * Scalar(plan.gradientEvaluations))
    rowScales = Array(repeating: scale, count: plan.backwardEvaluations * count)
    let hasDirectTerm = plan.isRelaxed && objective == .generation
    means = Array(repeating: 0, count: hasDirectTerm ? shape.logitCount : 0)
    zeros = Array(repeating: 0, count: shape.logitCount)
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

  var evaluations: Int { plan.evaluations }

  /// Takes the shard's own images, bytes [rows x pixels].
  mutating func take(_ images: Span<UInt8>) {
    let (objective, pixels) = (objective, images.count / rows.count)
    var modelled = self.images.mutableSpan
    objective.writeModelled(of: images, pixels: pixels, to: &modelled)
    guard !given.isEmpty else { return }
    var given = self.given.mutableSpan
    objective.writeGiven(of: images, pixels: pixels, to: &given)
  }

  /// One stage of a step.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func run(_ context: StepContext<Scalar>, index: Int) {
    switch context.stage {
    case .load:
      loadEncoder()
    case .draw:
      passes[Self.encoder].putOutputsTogether(context.model.encoder)
      drawSamples(context)
      loadDecoder(context)
    case .evaluate:
      passes[Self.decoder].putOutputsTogether(context.model.decoder)
      evaluateObjective(context)
      if let bound = plan.bound { weighSamples(of: bound, settings: context.settings) }
      differentiateLikelihood(context)
    case .estimate:
      if plan.usesDerivatives { differentiateObjective(context) }
      estimateLogitGradient(context)
    }
  }

  private mutating func loadEncoder() {
    let given = given.isEmpty ? images : given
    switch likelihood {
    case .bernoulli: passes[Self.encoder].loadBits { bytes in copyBytes(given.span, to: &bytes) }
    case .gaussian:
      passes[Self.encoder].loadNumbers { numbers in PixelLikelihood.scale(given.span, into: &numbers) }
    }
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

  private mutating func loadDecoder(_ context: StepContext<Scalar>) {
    let (samples, variables) = (samples, plan.variables)
    if plan.usesDerivatives {
      let encoding = context.model.decoder.encoding
      passes[Self.decoder].loadNumbers { numbers in encoding.encode(samples.span, into: &numbers) }
    } else {
      passes[Self.decoder].loadBits { bytes in copyBits(samples.span, of: variables, to: &bytes) }
    }
  }
}

extension AutoencoderModel {
  /// The pass of the decoder over the samples of some images in a step.
  fileprivate func decoderPass(plan: EvaluationPlan, images: Int) -> RecordedPass<Scalar> {
    let rows = plan.evaluations * images
    guard plan.usesDerivatives else {
      return decoderPass(rows: rows, gradientRows: plan.gradientEvaluations * images, byParts: true)
    }
    return pointPass(rows: rows, gradientRows: plan.gradientEvaluations * images, backwardRows: rows)
  }
}
