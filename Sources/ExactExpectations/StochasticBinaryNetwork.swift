/// A network of layers of binary units: the states x below give logits W x + b, and each unit is on with probability
/// sigmoid(logit), independently given the layer below.
///
/// The first layer's input is real; the units of all layers have the states of `states`.
public struct StochasticBinaryNetwork: Sendable, Hashable {
  /// One affine layer and its units.
  public struct Layer: Sendable, Hashable {
    /// One row for each unit, one column for each input.
    public let weights: [[Double]]
    /// One for each unit.
    public let biases: [Double]

    public init(weights: [[Double]], biases: [Double]) {
      self.weights = weights
      self.biases = biases
    }

    public var width: Int { biases.count }
  }

  /// What the next layer sees of a unit that is off, and of one that is on.
  public enum States: String, Sendable, Hashable, Codable {
    case zeroOne = "zero-one"
    case plusMinusOne = "plus-minus-one"

    public var off: Double { self == .zeroOne ? 0 : -1 }
    /// The difference between the states of a unit that is on and of one that is off.
    public var step: Double { self == .zeroOne ? 1 : 2 }
  }

  /// More joint states of all units than 2 to this power are not enumerated.
  public static let largestUnitCount = 20

  /// From the input side.
  public let layers: [Layer]
  public let states: States

  /// - Throws: `ProblemError` naming the layer if there are no layers, a layer has no units, weights and biases do not
  ///   belong together, a row of weights is not as long as the layer below is wide, or a number is not finite.
  public init(layers: [Layer], states: States) throws(ProblemError) {
    self.layers = layers
    self.states = states
    try validate()
  }

  /// Units of each layer.
  public var widths: [Int] { layers.map(\.width) }
  /// Real numbers that the first layer reads.
  public var inputs: Int { layers[0].weights[0].count }
  /// Numbers that a layer reads.
  public func inputs(ofLayer layer: Int) -> Int { layers[layer].weights[0].count }

  /// W x + b of a layer.
  ///
  /// - Precondition: `input` is as long as the layer's rows of weights.
  public func logits(layer: Int, input: [Double]) -> [Double] {
    zip(layers[layer].weights, layers[layer].biases).map { row, bias in
      precondition(row.count == input.count)
      return zip(row, input).reduce(bias) { $0 + $1.0 * $1.1 }
    }
  }

  /// The states of the units of a layer in the joint state of an index; unit 0 is the fastest.
  public func inputStates(ofLayer layer: Int, state: Int) -> [Double] {
    (0..<layers[layer].width).map { states.off + states.step * Double(state >> $0 & 1) }
  }
}

// MARK: Validation

extension StochasticBinaryNetwork {
  private func validate() throws(ProblemError) {
    guard !layers.isEmpty else {
      throw ProblemError(key: "layers", expectation: "expected at least one layer, found none")
    }
    for index in layers.indices { try validate(layer: index) }
  }

  private func validate(layer index: Int) throws(ProblemError) {
    let (layer, key) = (layers[index], "layers[\(index)]")
    guard layer.width > 0 else {
      throw ProblemError(key: "\(key).biases", expectation: "expected at least one unit, found none")
    }
    guard layer.weights.count == layer.width else {
      throw ProblemError(
        key: "\(key).weights",
        expectation: "expected \(layer.width) rows, one for each bias, found \(layer.weights.count)")
    }
    let (count, source) =
      index == 0
      ? (layer.weights[0].count, "as in row 0") : (layers[index - 1].width, "one for each unit below")
    for (row, weights) in layer.weights.enumerated() {
      guard weights.count == count else {
        throw ProblemError(
          key: "\(key).weights[\(row)]",
          expectation: "expected \(count) weights, \(source), found \(weights.count)")
      }
      try requireFinite(weights, key: "\(key).weights[\(row)]")
    }
    try requireFinite(layer.biases, key: "\(key).biases")
  }
}

/// - Throws: `ProblemError` naming the first number that is not finite.
func requireFinite(_ numbers: [Double], key: String) throws(ProblemError) {
  for (index, number) in numbers.enumerated() where !number.isFinite {
    throw ProblemError(key: "\(key)[\(index)]", expectation: "expected a finite number, found \(number)")
  }
}
