/// A small stochastic binary network with an exact answer: layers of binary units on one input, and a function f of the last
/// layer's states. The parameters are the network's weights and biases, and those of the head.
///
/// As JSON, schema `armature.problem/1`:
///
///     {"schema": "armature.problem/1", "name": "...",
///      "latent": {"kind": "network", "states": "plus-minus-one", "input": [0.5],
///                 "layers": [{"weights": [[1.2], [-0.4]], "biases": [0.1, 0.3]},
///                            {"weights": [[0.7, -2.1]], "biases": [0.2]}]},
///      "objective": {"kind": "table", "values": [0.3, 1.7]}}
///
/// The states of the units are 0 and 1 (`zero-one`) or -1 and +1. Objectives are those of other problems, on the last
/// layer's bits, or an output layer with the logistic loss of a target:
///
///      "objective": {"kind": "logistic", "weights": [0.8], "bias": -0.1, "target": 1}
public struct NetworkProblem: Sendable, Hashable {
  public let name: String
  public let network: StochasticBinaryNetwork
  public let head: NetworkHead
  public let point: NetworkPoint

  /// - Throws: `ProblemError` if the name is empty, the input is not as long as the first layer reads, the head does not
  ///   fit the last layer, there are more units than are enumerated, a target is neither -1 nor +1, or a number is not
  ///   finite.
  public init(
    name: String, network: StochasticBinaryNetwork, head: NetworkHead, point: NetworkPoint
  ) throws(ProblemError) {
    self.name = name
    self.network = network
    self.head = head
    self.point = point
    try validate()
  }

  /// Weights and biases, layer by layer, then the head's: the coordinates of gradients.
  ///
  /// Of a layer, the weights row by row, then the biases, whose gradient is also that with respect to the logits.
  public var parameterNames: [String] {
    var names: [String] = []
    for (index, layer) in network.layers.enumerated() {
      for unit in 0..<layer.width {
        names += layer.weights[unit].indices.map { "layer \(index) weight \(unit),\($0)" }
      }
      names += (0..<layer.width).map { "layer \(index) bias \($0)" }
    }
    if head.parameterCount > 0 {
      names += (0..<head.parameterCount - 1).map { "output weight \($0)" } + ["output bias"]
    }
    return names
  }

  /// The coordinates of a layer's parameters.
  public func parameters(ofLayer layer: Int) -> Range<Int> {
    let start = (0..<layer).reduce(0) { $0 + parameterCount(ofLayer: $1) }
    return start..<start + parameterCount(ofLayer: layer)
  }

  /// The coordinates of the head's parameters.
  public var headParameters: Range<Int> {
    let start = network.layers.indices.reduce(0) { $0 + parameterCount(ofLayer: $1) }
    return start..<start + head.parameterCount
  }

  private func parameterCount(ofLayer layer: Int) -> Int {
    network.widths[layer] * (network.inputs(ofLayer: layer) + 1)
  }

  /// The smallest and the largest value of f over the last layer's states.
  public var objectiveRange: ClosedRange<Double> {
    let values = headValues
    return values.reduce(values[0]...values[0]) { min($0.lowerBound, $1)...max($0.upperBound, $1) }
  }

  /// f at each state of the last layer, unit 0 the fastest.
  package var headValues: [Double] {
    let evaluation = HeadEvaluation<Double>(head, network: network)
    let samples = lastLayerBits
    let targets = [point.target]
    var values = [Double](repeating: 0, count: samples.count / evaluation.width)
    var output = values.mutableSpan
    evaluation.values(samples: samples.span, targets: targets.span, into: &output)
    return values
  }

  /// The derivatives of f by the bits at each state of the last layer, [states x width].
  package var headSlopes: [Double] {
    let evaluation = HeadEvaluation<Double>(head, network: network)
    let samples = lastLayerBits
    let targets = [Double](repeating: point.target, count: samples.count / evaluation.width)
    var slopes = [Double](repeating: 0, count: samples.count)
    var output = slopes.mutableSpan
    evaluation.slopes(samples: samples.span, targets: targets.span, into: &output)
    return slopes
  }

  /// [states x width]
  private var lastLayerBits: [Double] {
    let width = network.widths[network.widths.count - 1]
    return (0..<1 << width).flatMap { state in (0..<width).map { Double(state >> $0 & 1) } }
  }
}

/// One data point: what the first layer reads, and the target of a logistic head.
public struct NetworkPoint: Sendable, Hashable {
  public let input: [Double]
  /// -1 or +1; read by a logistic head only.
  public let target: Double

  public init(input: [Double], target: Double = 1) {
    self.input = input
    self.target = target
  }
}

// MARK: Validation

extension NetworkProblem {
  private func validate() throws(ProblemError) {
    guard !name.isEmpty else {
      throw ProblemError(key: "name", expectation: "expected a name, found an empty string")
    }
    guard point.input.count == network.inputs else {
      throw ProblemError(
        key: "latent.input",
        expectation:
          "expected \(network.inputs) numbers, one for each weight of a unit of layer 0, found \(point.input.count)"
      )
    }
    try requireFinite(point.input, key: "latent.input")
    let units = network.widths.reduce(0, +)
    guard units <= StochasticBinaryNetwork.largestUnitCount else {
      throw ProblemError(
        key: "latent.layers",
        expectation:
          "expected at most \(StochasticBinaryNetwork.largestUnitCount) units in all layers together, found \(units)"
      )
    }
    try validateHead(width: network.widths[network.widths.count - 1])
  }

  private func validateHead(width: Int) throws(ProblemError) {
    switch head {
    case .table(let values):
      guard values.count == 1 << width else {
        throw ProblemError(
          key: "objective.values",
          expectation:
            "expected \(1 << width) values, one for each joint state of the last layer's \(width) units, found \(values.count)"
        )
      }
      try requireFinite(values, key: "objective.values")
    case .quadratic(let target):
      guard target.isFinite else {
        throw ProblemError(key: "objective.target", expectation: "expected a finite number, found \(target)")
      }
    case .logistic(let weights, let bias):
      guard weights.count == width else {
        throw ProblemError(
          key: "objective.weights",
          expectation:
            "expected \(width) weights, one for each unit of the last layer, found \(weights.count)")
      }
      try requireFinite(weights, key: "objective.weights")
      guard bias.isFinite else {
        throw ProblemError(key: "objective.bias", expectation: "expected a finite number, found \(bias)")
      }
      guard point.target.magnitude == 1 else {
        throw ProblemError(key: "objective.target", expectation: "expected -1 or 1, found \(point.target)")
      }
    }
  }
}
