internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks

extension VariationalAutoencoderTrainer {
  /// Everything that is needed to continue bit for bit, in a fixed order.
  ///
  /// For each layer l of encoder and decoder `encoder.l.weight` [inputs x outputs] and `encoder.l.bias`, both also with
  /// `.adam.m` and `.adam.v`; `encoder.adam.steps`; `prior.logits`; `mean.image`; and, if the estimator remembers anything,
  /// `estimator.state`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func tensors() -> [NamedTensor] {
    places().map { NamedTensor(name: $0.name, shape: $0.shape, values: values(at: $0.place)) }
  }

  /// Continues from saved tensors; all or nothing.
  ///
  /// - Throws: `ModelError` naming the first tensor that is missing, unexpected, twice there, or of another shape or
  ///   precision; the model is then unchanged.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func restore(_ tensors: [NamedTensor]) throws(ModelError) {
    var byName: [String: NamedTensor] = [:]
    for tensor in tensors {
      guard byName.updateValue(tensor, forKey: tensor.name) == nil else {
        throw .unexpectedTensor(name: tensor.name)
      }
    }
    let places = places()
    for place in places {
      guard let tensor = byName.removeValue(forKey: place.name) else {
        throw .missingTensor(name: place.name)
      }
      try check(tensor, against: place)
    }
    if let name = byName.keys.min() { throw .unexpectedTensor(name: name) }
    let saved = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    for place in places {
      if let tensor = saved[place.name] { write(tensor.values, at: place.place) }
    }
  }

  private func check(_ tensor: NamedTensor, against place: NamedPlace) throws(ModelError) {
    let expected = values(at: place.place)
    guard tensor.shape == place.shape, tensor.values.precision == expected.precision else {
      throw .wrongTensor(
        name: tensor.name, found: "\(tensor.values.precision) \(tensor.shape)",
        expected: "\(expected.precision) \(place.shape)")
    }
    let isValid =
      switch place.place {
      case .steps: tensor.values.doubles.allSatisfy { $0 >= 0 && $0 < 0x1p53 && $0 == $0.rounded() }
      case .estimatorState: tensor.values.doubles.allSatisfy(\.isFinite)
      default: true
      }
    guard isValid else {
      throw .wrongTensor(
        name: tensor.name, found: "\(tensor.values.doubles)",
        expected: place.name.hasSuffix("steps") ? "a count of steps" : "finite numbers")
    }
  }

  private func places() -> [NamedPlace] {
    var places: [NamedPlace] = []
    for role in NetworkRole.allCases {
      for (index, layer) in model.networks[role.rawValue].network.layers.enumerated() {
        let parts = [
          ("weight", [layer.inputs, layer.outputs], layer.weight), ("bias", [layer.outputs], layer.bias),
        ]
        for (part, shape, range) in parts {
          let name = "\(role.name).\(index).\(part)"
          places.append(NamedPlace(name: name, shape: shape, place: .parameters(role, range)))
          places.append(NamedPlace(name: name + ".adam.m", shape: shape, place: .firstMoment(role, range)))
          places.append(NamedPlace(name: name + ".adam.v", shape: shape, place: .secondMoment(role, range)))
        }
      }
      places.append(NamedPlace(name: "\(role.name).adam.steps", shape: [1], place: .steps(role)))
    }
    places.append(NamedPlace(name: "prior.logits", shape: [configuration.latentWidth], place: .priorLogits))
    places.append(NamedPlace(name: "mean.image", shape: [configuration.pixels], place: .meanImage))
    if !estimator.state.isEmpty {
      places.append(
        NamedPlace(name: "estimator.state", shape: [estimator.state.count], place: .estimatorState))
    }
    return places
  }

  private func values(at place: TensorPlace) -> NamedTensor.Values {
    switch place {
    case .parameters(let role, let range):
      savedValues(model.networks[role.rawValue].network.parameters[range])
    case .firstMoment(let role, let range):
      savedValues(model.networks[role.rawValue].optimiser.firstMoment[range])
    case .secondMoment(let role, let range):
      savedValues(model.networks[role.rawValue].optimiser.secondMoment[range])
    case .steps(let role): .double([Double(model.networks[role.rawValue].optimiser.steps)])
    case .priorLogits: savedValues(model.priorLogits[...])
    case .meanImage: .float(model.meanImage)
    case .estimatorState: .double(estimator.state)
    }
  }

  private mutating func write(_ values: NamedTensor.Values, at place: TensorPlace) {
    switch place {
    case .parameters(let role, let range):
      values.write(to: &model.networks[role.rawValue].network.parameters, at: range)
    case .firstMoment(let role, let range):
      values.write(to: &model.networks[role.rawValue].optimiser.firstMoment, at: range)
    case .secondMoment(let role, let range):
      values.write(to: &model.networks[role.rawValue].optimiser.secondMoment, at: range)
    case .steps(let role): model.networks[role.rawValue].optimiser.steps = Int(values.doubles[0])
    case .priorLogits: values.write(to: &model.priorLogits, at: model.priorLogits.indices)
    case .meanImage: values.write(to: &model.meanImage, at: model.meanImage.indices)
    case .estimatorState: estimator.state = values.doubles
    }
  }
}

/// Where a tensor lives in a trainer.
private enum TensorPlace {
  case parameters(NetworkRole, Range<Int>)
  case firstMoment(NetworkRole, Range<Int>)
  case secondMoment(NetworkRole, Range<Int>)
  case steps(NetworkRole)
  case priorLogits
  case meanImage
  case estimatorState
}

private struct NamedPlace {
  let name: String
  let shape: [Int]
  let place: TensorPlace
}

func savedValues<Scalar: KernelScalar>(_ slice: ArraySlice<Scalar>) -> NamedTensor.Values {
  if let floats = Array(slice) as? [Float] { return .float(floats) }
  return .double(slice.map { Double($0) })
}

extension NamedTensor.Values {
  var precision: String {
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

  func write<Scalar: KernelScalar>(to array: inout [Scalar], at range: Range<Int>) {
    switch self {
    case .float(let values): for (index, value) in zip(range, values) { array[index] = Scalar(value) }
    case .double(let values): for (index, value) in zip(range, values) { array[index] = Scalar(value) }
    }
  }
}
