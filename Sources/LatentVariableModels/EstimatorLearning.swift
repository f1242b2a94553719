internal import ElementwiseKernels
internal import GradientEstimators

extension VariationalAutoencoderTrainer {
  /// Lets an estimator that remembers something learn from the whole batch of the last step.
  mutating func teachEstimator() {
    guard !estimator.state.isEmpty else { return }
    let logits = shards.flatMap(\.logits)
    let noise = shards.flatMap(\.noise)
    let variables = configuration.latentVariables
    let shape = LatentShape(
      rows: settings.batchSize, variables: variables.count, logitsPerVariable: variables.logitsPerVariable)
    let samples = gathered(\.samples, perRow: variables.count * shards[0].plan.sampleWidth)
    let values = gathered(\.values, perRow: 1)
    guard var differentiable = estimator as? any DifferentiableGradientEstimator else {
      return estimator.observe(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape)
    }
    let derivatives = gathered(\.derivatives, perRow: variables.logitCount)
    differentiable.observe(
      logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
      derivatives: derivatives.span, shape: shape)
    estimator = differentiable
  }

  /// The shards' [evaluations x rows x perRow] as one, in the batch's order.
  private func gathered(_ part: (BatchShard<Scalar>) -> [Scalar], perRow: Int) -> [Scalar] {
    (0..<shards[0].evaluations).flatMap { evaluation in
      shards.flatMap { shard in
        let count = shard.rows.count * perRow
        return part(shard)[evaluation * count..<(evaluation + 1) * count]
      }
    }
  }
}
