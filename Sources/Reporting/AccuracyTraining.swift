internal import Foundation
internal import RandomStreams

/// The network of the PSA paper's study of gradient accuracy, trained anew: 2-5-5-5-1, REINFORCE, 100 epochs.
///
/// Points: 100 of class +1, x1 uniform on (-pi/2, pi/2) and x2 on (0, 1); 100 of class -1, x1 as before and x2 uniform on
/// (-1, 1), drawn again until x2 < cos x1.
///
/// Initialisation: all weights and biases uniform on (-1, 1); then each hidden layer is normalised, from the points upwards,
/// so that each logit has mean 0 and variance 1 if the layer's inputs are taken as independent with the moments at hand. For
/// the first layer these are the points' mean and variance (n - 1 in the denominator); above, a unit whose logit has mean
/// 0 is taken to have mean 1/2 and variance 1/4. The output layer stays as drawn.
///
/// Training: gradient descent with momentum, v = 0.9 v + g, parameters -= 0.03 v; g is the mean over a batch of 10 points of
/// the REINFORCE gradient of the loss with one sample for each point; points in a new random order in each epoch; double
/// precision.
///
/// Source: the released code of Shekhovtsov, Yanush, Flach, "Path Sample-Analytic Gradient Estimators for Stochastic Binary
/// Networks", NeurIPS 2020; the random numbers are our own, so the network is another draw of the same protocol. Our choice:
/// points are drawn in double precision.
package struct AccuracyTraining: Sendable {
  package var hiddenWidths = [5, 5, 5]
  package var pointsPerClass = 100
  package var epochs = 100
  package var batchSize = 10
  package var learningRate = 0.03
  package var momentum = 0.9
  package let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  /// The points of the protocol.
  package func points() throws(AccuracyError) -> LabelledPoints {
    let first = (0..<pointsPerClass).map { index in
      let uniforms = uniforms(attempt: 0, row: index)
      return [Double.pi * (uniforms[0] - 0.5), uniforms[1]]
    }
    let second = (0..<pointsPerClass).map { pointBelowCosine(row: pointsPerClass + $0) }
    return try LabelledPoints(
      points: first + second, targets: first.map { _ in 1 } + second.map { _ in -1 })
  }

  private func pointBelowCosine(row: Int) -> [Double] {
    var attempt: UInt64 = 0
    while true {
      let uniforms = uniforms(attempt: attempt, row: row)
      let point = [Double.pi * (uniforms[0] - 0.5), 2 * uniforms[1] - 1]
      if point[1] < cos(point[0]) { return point }
      attempt += 1
    }
  }

  private func uniforms(attempt: UInt64, row: Int) -> [Double] {
    Self.uniforms(
      RandomStream(seed: seed, purpose: .accuracyStudy, step: AccuracyStudy.pointsStep + attempt), row: row,
      count: 2)
  }

  private static func uniforms(_ stream: RandomStream, row: Int, count: Int) -> [Double] {
    var numbers = [Double](repeating: 0, count: count)
    var output = numbers.mutableSpan
    stream.fillUniforms(rows: row..<row + 1, perRow: count, into: &output)
    return numbers
  }

  /// The network before training.
  func initialNetwork(for data: LabelledPoints) throws(AccuracyError) -> AccuracyNetwork {
    var moments = Self.moments(of: data)
    var layers: [AccuracyNetwork.Layer] = []
    for (index, units) in (hiddenWidths + [1]).enumerated() {
      var layer = drawnLayer(index, inputs: moments.count, units: units)
      if index < hiddenWidths.count {
        Self.normalise(&layer, inputs: moments)
        moments = [Moments](repeating: Moments(mean: 0.5, variance: 0.25), count: units)
      }
      layers.append(layer)
    }
    return try AccuracyNetwork(layers: layers)
  }

  private func drawnLayer(_ index: Int, inputs: Int, units: Int) -> AccuracyNetwork.Layer {
    let stream = RandomStream(seed: seed, purpose: .initialisation, step: UInt64(index))
    let rows = (0..<units).map { row in
      Self.uniforms(stream, row: row, count: inputs + 1).map { 2 * $0 - 1 }
    }
    return AccuracyNetwork.Layer(weight: rows.map { Array($0.dropLast()) }, bias: rows.map { $0[inputs] })
  }

  private struct Moments {
    let mean: Double
    let variance: Double
  }

  private static func moments(of data: LabelledPoints) -> [Moments] {
    let count = Double(data.count)
    return (0..<data.dimensions).map { place in
      let mean = data.points.reduce(0) { $0 + $1[place] } / count
      let squares = data.points.reduce(0) { $0 + ($1[place] - mean) * ($1[place] - mean) }
      return Moments(mean: mean, variance: squares / max(1, count - 1))
    }
  }

  /// Scales each unit's weights, and sets its bias, so that its logit has mean 0 and variance 1; a unit without variance
  /// keeps its scale.
  private static func normalise(_ layer: inout AccuracyNetwork.Layer, inputs: [Moments]) {
    for unit in layer.weight.indices {
      let variance = zip(layer.weight[unit], inputs).reduce(0) { $0 + $1.0 * $1.0 * $1.1.variance }
      let scale = variance > 0 ? 1 / variance.squareRoot() : 1
      layer.weight[unit] = layer.weight[unit].map { $0 * scale }
      layer.bias[unit] = -zip(layer.weight[unit], inputs).reduce(0) { $0 + $1.0 * $1.1.mean }
    }
  }

  /// Trains on the points; `progress` gets the share that is done.
  ///
  /// - Throws: `AccuracyError.mismatch` if training diverges.
  package func train(
    on data: LabelledPoints, progress: (Double) -> Void = { _ in }
  ) throws(AccuracyError) -> AccuracyProblem {
    let estimator = try AccuracyEstimator.make("reinforce")
    var network = try initialNetwork(for: data)
    var velocity = network.layers.map { [Double](repeating: 0, count: $0.parameterCount) }
    var step: UInt64 = 0
    for epoch in 0..<epochs {
      let order = RandomStream(seed: seed, purpose: .dataOrder, step: UInt64(epoch))
        .permutation(count: data.count)
      for start in stride(from: 0, to: data.count, by: batchSize) {
        let batch = order[start..<min(start + batchSize, data.count)].map(Int.init)
        let problem = try AccuracyProblem(
          network: network,
          data: LabelledPoints(points: batch.map { data.points[$0] }, targets: batch.map { data.targets[$0] })
        )
        var worker = NetworkGradient(estimator: estimator, problem: problem)
        worker.draw(stream: RandomStream(seed: seed, purpose: .estimatorNoise, step: step))
        network = try descend(network, along: worker.gradient, velocity: &velocity)
        step += 1
      }
      progress(Double(epoch + 1) / Double(epochs))
    }
    return try AccuracyProblem(network: network, data: data)
  }

  private func descend(
    _ network: AccuracyNetwork, along gradient: [Double], velocity: inout [[Double]]
  ) throws(AccuracyError) -> AccuracyNetwork {
    var layers = network.layers
    var start = 0
    for index in layers.indices {
      let inputs = layers[index].inputs
      let units = layers[index].units
      for place in velocity[index].indices {
        velocity[index][place] = momentum * velocity[index][place] + gradient[start + place]
        let change = learningRate * velocity[index][place]
        if place < units * inputs {
          layers[index].weight[place / inputs][place % inputs] -= change
        } else {
          layers[index].bias[place - units * inputs] -= change
        }
      }
      start += velocity[index].count
    }
    return try AccuracyNetwork(layers: layers)
  }
}
