internal import ExactExpectations

/// A stochastic binary classifier in the form in which it is read and written: weights and biases, layer by layer.
///
/// Layer k maps states to logits a^k = W^k x^{k-1} + b^k, x^0 being a point. A unit of a hidden layer is 1 with
/// probability sigmoid(a), else 0. The last layer has one unit, whose logit eta has the loss log(1 + exp(-y eta)) for the
/// target y.
package struct AccuracyNetwork: Hashable, Sendable {
  package struct Layer: Hashable, Sendable, Codable {
    /// One row for each unit, one column for each input.
    package var weight: [[Double]]
    package var bias: [Double]

    package init(weight: [[Double]], bias: [Double]) {
      self.weight = weight
      self.bias = bias
    }

    var inputs: Int { weight.first?.count ?? 0 }
    var units: Int { weight.count }
    var parameterCount: Int { units * (inputs + 1) }
  }

  package let layers: [Layer]
  /// The hidden layers.
  let hidden: StochasticBinaryNetwork

  /// - Throws: `AccuracyError.mismatch` if layers do not chain, there is no hidden layer, the last layer has more than one
  ///   unit, there are more hidden units than are enumerated, or a number is not finite.
  package init(layers: [Layer]) throws(AccuracyError) {
    guard layers.count >= 2 else {
      throw .mismatch(
        place: "layers", expected: "at least one hidden layer and an output layer, found \(layers.count)")
    }
    for index in layers.indices { try Self.check(index, of: layers) }
    try Self.checkWidths(layers)
    do throws(ProblemError) {
      hidden = try StochasticBinaryNetwork(
        layers: layers.dropLast().map { .init(weights: $0.weight, biases: $0.bias) }, states: .zeroOne)
    } catch {
      throw .mismatch(place: error.key ?? "layers", expected: error.expectation)
    }
    self.layers = layers
  }

  /// The output layer: one row of weights and one bias.
  var output: Layer { layers[layers.count - 1] }

  /// The output layer with its loss.
  var head: NetworkHead { .logistic(weights: output.weight[0], bias: output.bias[0]) }

  /// Inputs of the first layer.
  package var inputs: Int { layers[0].inputs }

  /// Units of each layer from the points to the output: 2-5-5-5-1.
  package var widths: [Int] { [inputs] + layers.map(\.units) }

  /// A name such as `2-5-5-5-1`.
  package var shapeText: String { widths.map(String.init).joined(separator: "-") }

  private static func check(_ index: Int, of layers: [Layer]) throws(AccuracyError) {
    let layer = layers[index]
    guard layer.units > 0, layer.inputs > 0 else {
      throw .mismatch(place: "layers[\(index)].weight", expected: "at least one row and one column")
    }
    guard layer.bias.count == layer.units else {
      throw .mismatch(
        place: "layers[\(index)].bias",
        expected: "\(layer.units) numbers, one for each row of the weight, found \(layer.bias.count)")
    }
    let columns = index == 0 ? layer.inputs : layers[index - 1].units
    for (row, weights) in layer.weight.enumerated() {
      guard weights.count == columns else {
        let reason = index == 0 ? "as many as in row 0" : "one for each unit of layer \(index - 1)"
        throw .mismatch(
          place: "layers[\(index)].weight[\(row)]",
          expected: "\(columns) columns, \(reason), found \(weights.count)")
      }
    }
    for (row, numbers) in (layer.weight + [layer.bias]).enumerated() {
      let name = row < layer.units ? "weight[\(row)]" : "bias"
      for (column, number) in numbers.enumerated() where !number.isFinite {
        throw .mismatch(
          place: "layers[\(index)].\(name)[\(column)]", expected: "a finite number, found \(number)")
      }
    }
  }

  private static func checkWidths(_ layers: [Layer]) throws(AccuracyError) {
    let last = layers.count - 1
    guard layers[last].units == 1 else {
      throw .mismatch(
        place: "layers[\(last)].weight",
        expected: "one row, the logit of the class, found \(layers[last].units)")
    }
    let hidden = layers.dropLast().reduce(0) { $0 + $1.units }
    guard hidden <= StochasticBinaryNetwork.largestUnitCount else {
      throw .mismatch(
        place: "layers",
        expected:
          "at most \(StochasticBinaryNetwork.largestUnitCount) hidden units, whose states are enumerated, found \(hidden)"
      )
    }
  }
}

/// Points with their classes.
package struct LabelledPoints: Hashable, Sendable {
  package private(set) var points: [[Double]]
  /// -1 or 1 for each point.
  package private(set) var targets: [Double]

  /// - Throws: `AccuracyError.mismatch` if there is no point, the numbers of points and targets differ, points differ in
  ///   length, a coordinate is not finite or a target is neither -1 nor 1.
  package init(points: [[Double]], targets: [Double]) throws(AccuracyError) {
    self.points = points
    self.targets = targets
    guard let dimensions = points.first?.count, dimensions > 0 else {
      throw .mismatch(place: "points", expected: "at least one point with at least one coordinate")
    }
    guard targets.count == points.count else {
      throw .mismatch(
        place: "targets", expected: "\(points.count) numbers, one for each point, found \(targets.count)")
    }
    for (index, point) in points.enumerated() {
      guard point.count == dimensions else {
        throw .mismatch(
          place: "points[\(index)]",
          expected: "\(dimensions) coordinates, as many as in points[0], found \(point.count)")
      }
      for (place, number) in point.enumerated() where !number.isFinite {
        throw .mismatch(place: "points[\(index)][\(place)]", expected: "a finite number, found \(number)")
      }
    }
    for (index, target) in targets.enumerated() where target.magnitude != 1 {
      throw .mismatch(place: "targets[\(index)]", expected: "-1 or 1, found \(target)")
    }
  }

  package var count: Int { points.count }
  package var dimensions: Int { points[0].count }
}
