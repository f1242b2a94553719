internal import ElementwiseKernels
internal import GradientEstimators

extension VariationalAutoencoderTrainer {
  /// Lets an estimator that remembers something learn from the whole batch of the last step.
  mutating func teachEstimator() {
    guard !estimator.state.isEmpty else { return }
    let logits = shards.flatMap(\.logits)
    let noise = shards.flatMap(\.noise)
    let samples = gathered(\.samples, perRow: configuration.latents)
    let values = gathered(\.values, perRow: 1)
    estimator.observe(
      logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
      shape: LatentShape(rows: settings.batchSize, variables: configuration.latents))
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
