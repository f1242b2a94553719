import ElementwiseKernels
import GradientEstimators

@testable import ExactExpectations

extension Fixtures {
  /// The network problems of `Fixtures/Problems`.
  static func networks() throws -> [NetworkProblem] { try NetworkProblem.loadAll(in: folder) }
}

extension ProblemGenerator {
  /// An irregular network with weights in (-scale, scale) and a table for a head.
  mutating func network(
    widths: [Int], inputs: Int = 1, scale: Double = 2, states: StochasticBinaryNetwork.States = .plusMinusOne
  ) throws(ProblemError) -> NetworkProblem {
    var layers: [StochasticBinaryNetwork.Layer] = []
    for (layer, width) in widths.enumerated() {
      let below = layer == 0 ? inputs : widths[layer - 1]
      let weights = (0..<width).map { _ in (0..<below).map { _ in scale * (2 * uniform() - 1) } }
      layers.append(.init(weights: weights, biases: (0..<width).map { _ in 2 * uniform() - 1 }))
    }
    let values = (0..<1 << widths[widths.count - 1]).map { _ in 5 * uniform() - 2 }
    return try NetworkProblem(
      name: "irregular", network: StochasticBinaryNetwork(layers: layers, states: states),
      head: .table(values: values),
      point: NetworkPoint(input: (0..<inputs).map { _ in 2 * uniform() - 1 }))
  }
}

extension NetworkProblem {
  /// The network with the weights of all layers but the first multiplied by a factor.
  func scalingUpperWeights(by factor: Double) throws(ProblemError) -> NetworkProblem {
    let layers = network.layers.enumerated().map { index, layer in
      index == 0
        ? layer
        : StochasticBinaryNetwork.Layer(
          weights: layer.weights.map { $0.map { factor * $0 } }, biases: layer.biases)
    }
    return try NetworkProblem(
      name: name, network: StochasticBinaryNetwork(layers: layers, states: network.states), head: head,
      point: point)
  }
}

/// Sums over all joint states of all layers at once, written without the layers' recursion.
struct JointEnumeration {
  let problem: NetworkProblem

  /// Calls `body` with each joint state's bits by layer, its probability and f.
  func forEachState(_ body: (_ bits: [[Double]], _ probability: Double, _ value: Double) -> Void) {
    let widths = problem.network.widths
    let units = widths.reduce(0, +)
    for state in 0..<1 << units {
      var place = 0
      var bits: [[Double]] = []
      for width in widths {
        bits.append((0..<width).map { Double(state >> (place + $0) & 1) })
        place += width
      }
      var probability = 1.0
      for (layer, values) in bits.enumerated() {
        for (bit, logit) in zip(values, logits(layer: layer, bits: bits)) {
          probability *= .sigmoid((2 * bit - 1) * logit)
        }
      }
      let last = bits[bits.count - 1].enumerated().reduce(0) { $0 + (Int($1.element) << $1.offset) }
      body(bits, probability, problem.headValues[last])
    }
  }

  func input(layer: Int, bits: [[Double]]) -> [Double] {
    let states = problem.network.states
    return layer == 0 ? problem.point.input : bits[layer - 1].map { states.off + states.step * $0 }
  }

  func logits(layer: Int, bits: [[Double]]) -> [Double] {
    problem.network.logits(layer: layer, input: input(layer: layer, bits: bits))
  }

  /// E[f score], the gradient by all parameters of the layers.
  func gradient() -> [Double] {
    var sums = [Double](repeating: 0, count: problem.headParameters.lowerBound)
    forEachState { bits, probability, value in
      var place = 0
      for layer in bits.indices {
        let input = input(layer: layer, bits: bits)
        let scores = zip(bits[layer], logits(layer: layer, bits: bits)).map { $0 - .sigmoid($1) }
        for (unit, score) in scores.enumerated() {
          for (i, x) in input.enumerated() {
            sums[place + unit * input.count + i] += probability * value * score * x
          }
          sums[place + scores.count * input.count + unit] += probability * value * score
        }
        place += scores.count * (input.count + 1)
      }
    }
    return sums
  }
}
