internal import ElementwiseKernels
internal import NeuralNetworks

extension LayeredTrainer {
  /// Everything that is needed to continue bit for bit, in a fixed order.
  ///
  /// For each layer l of each network n (`encoder.t`, then `decoder.t` or `predictor`) `n.l.weight` [inputs x outputs] and
  /// `n.l.bias`, both also with `.adam.m` and `.adam.v`; `n.adam.steps`; `prior.logits` where something is generated;
  /// `mean.image`; and, with a running mean for baseline, `baseline` (mean, steps).
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
    var found: [NamedTensor.Values] = []
    for place in places {
      guard let tensor = byName.removeValue(forKey: place.name) else {
        throw .missingTensor(name: place.name)
      }
      try check(tensor, against: place)
      found.append(tensor.values)
    }
    if let name = byName.keys.min() { throw .unexpectedTensor(name: name) }
    for (place, values) in zip(places, found) { write(values, at: place.place) }
  }

  private func check(_ tensor: NamedTensor, against place: LayeredNamedPlace) throws(ModelError) {
    let expected = values(at: place.place)
    guard tensor.shape == place.shape, tensor.values.precision == expected.precision else {
      throw .wrongTensor(
        name: tensor.name, found: "\(tensor.values.precision) \(tensor.shape)",
        expected: "\(expected.precision) \(place.shape)")
    }
    func isCount(_ number: Double) -> Bool { number >= 0 && number < 0x1p53 && number == number.rounded() }
    switch place.place {
    case .steps where !isCount(tensor.values.doubles[0]):
      throw .wrongTensor(name: tensor.name, found: "\(tensor.values.doubles)", expected: "a count of steps")
    case .baseline where !tensor.values.doubles[0].isFinite || !isCount(tensor.values.doubles[1]):
      throw .wrongTensor(
        name: tensor.name, found: "\(tensor.values.doubles)", expected: "a finite mean and a count of steps")
    default: break
    }
  }

  private func places() -> [LayeredNamedPlace] {
    var places: [LayeredNamedPlace] = []
    for (number, plan) in configuration.networks.enumerated() {
      for (index, layer) in model.networks[number].network.layers.enumerated() {
        let parts = [
          ("weight", [layer.inputs, layer.outputs], layer.weight), ("bias", [layer.outputs], layer.bias),
        ]
        for (part, shape, range) in parts {
          let name = "\(plan.name).\(index).\(part)"
          places.append(LayeredNamedPlace(name: name, shape: shape, place: .parameters(number, range)))
          places.append(
            LayeredNamedPlace(name: name + ".adam.m", shape: shape, place: .firstMoment(number, range)))
          places.append(
            LayeredNamedPlace(name: name + ".adam.v", shape: shape, place: .secondMoment(number, range)))
        }
      }
      places.append(LayeredNamedPlace(name: "\(plan.name).adam.steps", shape: [1], place: .steps(number)))
    }
    if !model.priorLogits.isEmpty {
      places.append(
        LayeredNamedPlace(name: "prior.logits", shape: [model.priorLogits.count], place: .priorLogits))
    }
    places.append(LayeredNamedPlace(name: "mean.image", shape: [configuration.pixels], place: .meanImage))
    if baseline != nil { places.append(LayeredNamedPlace(name: "baseline", shape: [2], place: .baseline)) }
    return places
  }

  private func values(at place: LayeredTensorPlace) -> NamedTensor.Values {
    switch place {
    case .parameters(let number, let range): savedValues(model.networks[number].network.parameters[range])
    case .firstMoment(let number, let range):
      savedValues(model.networks[number].optimiser.firstMoment[range])
    case .secondMoment(let number, let range):
      savedValues(model.networks[number].optimiser.secondMoment[range])
    case .steps(let number): .double([Double(model.networks[number].optimiser.steps)])
    case .priorLogits: savedValues(model.priorLogits[...])
    case .meanImage: .float(model.meanImage)
    case .baseline: .double([baseline?.value ?? 0, Double(baseline?.count ?? 0)])
    }
  }

  private mutating func write(_ values: NamedTensor.Values, at place: LayeredTensorPlace) {
    switch place {
    case .parameters(let number, let range):
      values.write(to: &model.networks[number].network.parameters, at: range)
    case .firstMoment(let number, let range):
      values.write(to: &model.networks[number].optimiser.firstMoment, at: range)
    case .secondMoment(let number, let range):
      values.write(to: &model.networks[number].optimiser.secondMoment, at: range)
    case .steps(let number): model.networks[number].optimiser.steps = Int(values.doubles[0])
    case .priorLogits: values.write(to: &model.priorLogits, at: model.priorLogits.indices)
    case .meanImage: values.write(to: &model.meanImage, at: model.meanImage.indices)
    case .baseline:
      baseline?.value = values.doubles[0]
      baseline?.count = Int(values.doubles[1])
    }
  }
}

/// Where a tensor lives in a layered trainer; networks by number.
private enum LayeredTensorPlace {
  case parameters(Int, Range<Int>)
  case firstMoment(Int, Range<Int>)
  case secondMoment(Int, Range<Int>)
  case steps(Int)
  case priorLogits
  case meanImage
  case baseline
}

private struct LayeredNamedPlace {
  let name: String
  let shape: [Int]
  let place: LayeredTensorPlace
}
