import ElementwiseKernels
import Foundation
import GradientEstimators
import Testing

@testable import ExactExpectations

@Suite("Relaxed networks: Concrete and mean field")
struct RelaxedNetworkTests {
  private static let input = [0.4, -1.2]

  private func network(
    _ states: StochasticBinaryNetwork.States, change: Double = 0, at place: (Int, Int, Int) = (0, 0, 0)
  ) throws -> StochasticBinaryNetwork {
    var weights = [
      [[0.8, -0.5], [1.4, 0.7], [-1.1, 0.3]],
      [[0.9, -1.6, 0.4], [-0.2, 1.3, 2.1]],
    ]
    weights[place.0][place.1][place.2] += change
    return try StochasticBinaryNetwork(
      layers: [
        .init(weights: weights[0], biases: [0.1, -0.4, 0.6]),
        .init(weights: weights[1], biases: [-0.7, 0.2]),
      ], states: states)
  }

  private func batch(
    _ estimator: any LayeredGradientEstimator, _ network: StochasticBinaryNetwork
  ) -> LayeredBatch<Double> {
    var batch = LayeredBatch<Double>(
      estimator: estimator, network: network, head: .logistic(weights: [1.3, -0.8], bias: 0.2),
      points: [NetworkPoint(input: Self.input, target: -1)])
    let noise = [[0.31, 0.87, 0.05], [0.62, 0.44]]
    for layer in batch.layers.indices where !batch.layers[layer].noise.isEmpty {
      batch.layers[layer].noise = noise[layer]
    }
    batch.run()
    return batch
  }

  @Test(
    "The gradient is the derivative of the relaxed network's loss at the same noise",
    arguments: [
      (DeepConcrete(temperature: 0.1) as any LayeredGradientEstimator, 1e-6),
      (DeepConcrete(temperature: 1), 1e-9),
      (MeanField(), 1e-9),
    ], [StochasticBinaryNetwork.States.zeroOne, .plusMinusOne])
  func derivative(
    estimator: (any LayeredGradientEstimator, Double), states: StochasticBinaryNetwork.States
  ) throws {
    let (estimator, tolerance) = estimator
    let batch = batch(estimator, try network(states))
    var gradient = [Double](repeating: 0, count: batch.parameterCount)
    var output = gradient.mutableSpan
    batch.parameterGradients(into: &output)
    var coordinate = 0
    for (layer, shape) in [(3, 2), (2, 3)].enumerated() {
      for unit in 0..<shape.0 {
        for input in 0..<shape.1 {
          func loss(_ change: Double) throws -> Double {
            self.batch(estimator, try network(states, change: change, at: (layer, unit, input))).values[0]
          }
          let step = 1e-4
          let near = try loss(step) - loss(-step)
          let far = try loss(2 * step) - loss(-2 * step)
          let derivative = (8 * near - far) / (12 * step)
          #expect(abs(derivative - gradient[coordinate]) < tolerance, "layer \(layer) \(unit),\(input)")
          coordinate += 1
        }
      }
      coordinate += shape.0
    }
  }

  @Test(
    "With one unit the Concrete estimator's mean over its noise is the known biased one",
    arguments: [(1.0, 1.02e-2), (0.5, 1.12e-2), (0.1, 4.0e-3)])
  func knownMean(temperature: Double, expected: Double) throws {
    let count = 4000
    let network = try StochasticBinaryNetwork(
      layers: [.init(weights: [[0]], biases: [0.3])], states: .zeroOne)
    var batch = LayeredBatch<Double>(
      estimator: DeepConcrete(temperature: temperature), network: network, head: .quadratic(target: 0.499),
      points: [NetworkPoint](repeating: NetworkPoint(input: [0]), count: count))
    batch.layers[0].noise = (0..<count).map { (Double($0) + 0.5) / Double(count) }
    batch.run()
    let mean = batch.layers[0].gradient.reduce(0, +) / Double(count)
    // The known values have three and two digits.
    #expect(abs(mean - expected) <= 0.5e-4 + 1e-6)
  }

  @Test("Saturated logits give finite gradients", arguments: [-700.0, -40, 40, 700])
  func saturation(logit: Double) throws {
    let network = try StochasticBinaryNetwork(
      layers: [
        .init(weights: [[logit]], biases: [0]), .init(weights: [[logit]], biases: [-logit]),
      ], states: .zeroOne)
    for estimator in [DeepConcrete(temperature: 0.1) as any LayeredGradientEstimator, MeanField()] {
      for uniform in [0x1p-53, 0.5, 1 - 0x1p-53] {
        var batch = LayeredBatch<Double>(
          estimator: estimator, network: network, head: .logistic(weights: [2], bias: 0),
          points: [NetworkPoint(input: [1], target: 1)])
        for layer in batch.layers.indices where !batch.layers[layer].noise.isEmpty {
          batch.layers[layer].noise = [uniform]
        }
        batch.run()
        #expect(batch.layers.allSatisfy { $0.gradient.allSatisfy(\.isFinite) }, "\(estimator.name)")
      }
    }
  }

  @Test("Both say why they are biased, and the temperature is in the name")
  func names() {
    #expect(
      DeepConcrete(temperature: 0.1).name == "gumbel:0.1" && DeepConcrete(temperature: 2).name == "gumbel:2")
    #expect(DeepConcrete(temperature: 1).bias != nil && MeanField().bias != nil)
  }
}
