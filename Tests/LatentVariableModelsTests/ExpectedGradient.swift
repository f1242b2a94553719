import GradientEstimators
import NeuralNetworks

@testable import LatentVariableModels

/// Gradient by tensor name, the prior's included, that the last step left behind.
func gradient(_ trainer: borrowing VariationalAutoencoderTrainer<Double>) -> [String: [Double]] {
  var gradient = ["prior.logits": trainer.priorGradient]
  if let variances = trainer.model.variances { gradient["variances.base"] = variances.gradient }
  for role in NetworkRole.allCases {
    let network = trainer.model.networks[role.rawValue]
    let all = flatGradient(of: network, number: role.rawValue, shards: trainer.shards)
    for (index, layer) in network.network.layers.enumerated() {
      gradient["\(role.name).\(index).weight"] = Array(all[layer.weight])
      gradient["\(role.name).\(index).bias"] = Array(all[layer.bias])
    }
  }
  return gradient
}

/// The gradient of a network's parameters, laid out as they are, that the last step's passes left behind.
func flatGradient<Shard: RecordingShard>(
  of network: OptimisedNetwork<Shard.Scalar>, number: Int, shards: [Shard]
) -> [Shard.Scalar] {
  var gradient = [Shard.Scalar](repeating: .nan, count: network.network.parameters.count)
  for piece in network.pieces {
    var all = gradient.mutableSpan
    var part = all._mutatingExtracting(piece.places)
    network.network.gradient(
      of: piece, first: shards[0].passes[number],
      second: shards.count > 1 ? shards[1].passes[number] : nil, into: &part)
  }
  return gradient
}

private func add(_ gradient: [String: [Double]], times weight: Double, to sum: inout [String: [Double]]) {
  for (name, values) in gradient {
    let old = sum[name] ?? values.map { _ in 0 }
    sum[name] = zip(old, values).map { $0 + weight * $1 }
  }
}

/// The expectation of the gradient over the noise of all rows, through the production step, which must not move the
/// parameters.
///
/// Rows draw their noise independently and the gradient is a sum over rows, so one row is integrated at a time, with
/// the others held at fixed noise c: E[G] = sum over rows of E_row[G(c, row)] - (rows - 1) G(c). What the estimator learns in
/// a step is taken back. `encoderLogits` are those of an image.
func expectedGradient(
  _ trainer: inout VariationalAutoencoderTrainer<Double>, images: [[UInt8]],
  encoderLogits: (NaiveAutoencoder, [UInt8]) -> [Dual] = { $0.encoderLogits($1) }
) throws -> [String: [Double]] {
  let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
  let variables = trainer.configuration.latentVariables
  let estimator = trainer.estimator
  let batch = images.flatMap { $0 }
  let perRow = estimator.noisePerRow(variables: variables)
  let rest = SmallModels.numbers(images.count * perRow, stream: 99).map { ($0 + 1) / 2 }
  var sum: [String: [Double]] = [:]
  for row in images.indices {
    let logits = encoderLogits(naive, images[row]).map(\.value)
    for node in noiseNodes(of: estimator, logits: logits, variables: variables) {
      var noise = rest
      noise.replaceSubrange(row * perRow..<(row + 1) * perRow, with: node.noise)
      trainer.estimator = estimator
      _ = try trainer.step(index: 0, images: batch.span, noise: .given(noise))
      add(gradient(trainer), times: node.weight, to: &sum)
    }
  }
  trainer.estimator = estimator
  _ = try trainer.step(index: 0, images: batch.span, noise: .given(rest))
  add(gradient(trainer), times: -Double(images.count - 1), to: &sum)
  return sum
}

/// The largest error of a gradient, relative to the largest entry of the exact one's tensor.
func largestError(_ mean: [String: [Double]], _ exact: [String: [Double]]) -> Double {
  var worst = 0.0
  for (name, values) in exact {
    let scale = values.map(\.magnitude).max() ?? 0
    guard let found = mean[name], found.count == values.count, scale > 1e-4 else { return .infinity }
    worst = max(worst, zip(found, values).map { ($0 - $1).magnitude }.max().map { $0 / scale } ?? .infinity)
  }
  return worst
}
