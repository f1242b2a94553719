internal import ElementwiseKernels
internal import NeuralNetworks

/// Everything of a model that training changes or that its data decide, as tensors by name.
protocol SavedModel<Scalar>: Sendable {
  associatedtype Scalar: KernelScalar
  var networks: [OptimisedNetwork<Scalar>] { get set }
  /// As in the names of tensors, one for each network.
  var networkNames: [String] { get }
  /// Empty for a model that generates nothing.
  var priorLogits: [Scalar] { get set }
  var meanImage: [Float] { get set }
}

extension AutoencoderModel: SavedModel {
  var networkNames: [String] { NetworkRole.allCases.map(\.name) }
}

extension LayeredModel: SavedModel {
  var networkNames: [String] { configuration.networks.map(\.name) }
}

extension SavedModel {
  /// For each layer l of each network n `n.l.weight` [inputs x outputs] and `n.l.bias`, both also with `.adam.m` and
  /// `.adam.v`; `n.adam.steps`; `prior.logits` where something is generated; `mean.image`.
  func tensors() -> [NamedTensor] {
    places().map { NamedTensor(name: $0.name, shape: $0.shape, values: values(at: $0.place)) }
  }

  /// Takes the numbers of tensors that match those of `tensors`, which may be followed by others; all or nothing.
  ///
  /// - Throws: `ModelError.wrongTensor` for one whose numbers are not possible.
  mutating func restore(_ tensors: [NamedTensor]) throws(ModelError) {
    let places = places()
    for (place, tensor) in zip(places, tensors) {
      guard case .steps = place.place, !isCount(tensor.values.doubles[0]) else { continue }
      throw .wrongTensor(name: tensor.name, found: "\(tensor.values.doubles)", expected: "a count of steps")
    }
    for (place, tensor) in zip(places, tensors) { write(tensor.values, at: place.place) }
  }

  private func places() -> [(name: String, shape: [Int], place: SavedPlace)] {
    var places: [(name: String, shape: [Int], place: SavedPlace)] = []
    for (number, network) in networkNames.enumerated() {
      for (index, layer) in networks[number].network.layers.enumerated() {
        let parts = [
          ("weight", [layer.inputs, layer.outputs], layer.weight), ("bias", [layer.outputs], layer.bias),
        ]
        for (part, shape, range) in parts {
          let name = "\(network).\(index).\(part)"
          places.append((name, shape, .parameters(number, range)))
          places.append((name + ".adam.m", shape, .firstMoment(number, range)))
          places.append((name + ".adam.v", shape, .secondMoment(number, range)))
        }
      }
      places.append(("\(network).adam.steps", [1], .steps(number)))
    }
    if !priorLogits.isEmpty { places.append(("prior.logits", [priorLogits.count], .priorLogits)) }
    places.append(("mean.image", [meanImage.count], .meanImage))
    return places
  }

  private func values(at place: SavedPlace) -> NamedTensor.Values {
    switch place {
    case .parameters(let number, let range): savedValues(networks[number].network.parameters[range])
    case .firstMoment(let number, let range): savedValues(networks[number].optimiser.firstMoment[range])
    case .secondMoment(let number, let range): savedValues(networks[number].optimiser.secondMoment[range])
    case .steps(let number): .double([Double(networks[number].optimiser.steps)])
    case .priorLogits: savedValues(priorLogits[...])
    case .meanImage: .float(meanImage)
    }
  }

  private mutating func write(_ values: NamedTensor.Values, at place: SavedPlace) {
    switch place {
    case .parameters(let number, let range): values.write(to: &networks[number].network.parameters, at: range)
    case .firstMoment(let number, let range):
      values.write(to: &networks[number].optimiser.firstMoment, at: range)
    case .secondMoment(let number, let range):
      values.write(to: &networks[number].optimiser.secondMoment, at: range)
    case .steps(let number): networks[number].optimiser.steps = Int(values.doubles[0])
    case .priorLogits: values.write(to: &priorLogits, at: priorLogits.indices)
    case .meanImage: values.write(to: &meanImage, at: meanImage.indices)
    }
  }
}

/// Where a tensor lives in a model; networks by number.
private enum SavedPlace {
  case parameters(Int, Range<Int>)
  case firstMoment(Int, Range<Int>)
  case secondMoment(Int, Range<Int>)
  case steps(Int)
  case priorLogits
  case meanImage
}

extension [NamedTensor] {
  /// These tensors in the order of those whose place they are to take.
  ///
  /// - Throws: `ModelError` naming the first that is missing, unexpected, twice there, or of another shape or precision.
  func matched(to expected: [NamedTensor]) throws(ModelError) -> [NamedTensor] {
    var byName: [String: NamedTensor] = [:]
    for tensor in self {
      guard byName.updateValue(tensor, forKey: tensor.name) == nil else {
        throw .unexpectedTensor(name: tensor.name)
      }
    }
    var matched: [NamedTensor] = []
    for place in expected {
      guard let tensor = byName.removeValue(forKey: place.name) else {
        throw .missingTensor(name: place.name)
      }
      guard tensor.shape == place.shape, tensor.values.precision == place.values.precision else {
        throw .wrongTensor(
          name: tensor.name, found: "\(tensor.values.precision) \(tensor.shape)",
          expected: "\(place.values.precision) \(place.shape)")
      }
      matched.append(tensor)
    }
    if let name = byName.keys.min() { throw .unexpectedTensor(name: name) }
    return matched
  }
}

/// Whether a saved number counts something.
func isCount(_ number: Double) -> Bool { number >= 0 && number < 0x1p53 && number == number.rounded() }

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func savedValues<Scalar: KernelScalar>(_ slice: ArraySlice<Scalar>) -> NamedTensor.Values {
  if let floats = Array(slice) as? [Float] { return .float(floats) }
  return .double(slice.map { Double($0) })
}

extension NamedTensor.Values {
  fileprivate var precision: String {
    switch self {
    case .float: "float32"
    case .double: "float64"
    }
  }

  var doubles: [Double] {
    switch self {
    case .float(let values): values.map { Double($0) }
    case .double(let values): values
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  fileprivate func write<Scalar: KernelScalar>(to array: inout [Scalar], at range: Range<Int>) {
    switch self {
    case .float(let values): for (index, value) in zip(range, values) { array[index] = Scalar(value) }
    case .double(let values): for (index, value) in zip(range, values) { array[index] = Scalar(value) }
    }
  }
}
