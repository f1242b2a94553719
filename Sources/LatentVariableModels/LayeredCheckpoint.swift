internal import ElementwiseKernels

extension LayeredTrainer {
  /// Everything that is needed to continue bit for bit, in a fixed order.
  ///
  /// For each layer l of each network n (`encoder.t`, then `decoder.t` or `predictor`) `n.l.weight` [inputs x outputs] and
  /// `n.l.bias`, both also with `.adam.m` and `.adam.v`; `n.adam.steps`; `prior.logits` where something is generated;
  /// `mean.image`; and, with a running mean for baseline, `baseline` (mean, steps).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func tensors() -> [NamedTensor] {
    let remembered = baseline.map {
      NamedTensor(name: "baseline", shape: [2], values: .double([$0.value, Double($0.count)]))
    }
    return model.tensors() + [remembered].compactMap { $0 }
  }

  /// Continues from saved tensors; all or nothing.
  ///
  /// - Throws: `ModelError` naming the first tensor that is missing, unexpected, twice there, or of another shape or
  ///   precision; the model is then unchanged.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func restore(_ tensors: [NamedTensor]) throws(ModelError) {
    let tensors = try tensors.matched(to: self.tensors())
    let mean = baseline == nil ? [] : tensors[tensors.count - 1].values.doubles
    guard mean.isEmpty || mean[0].isFinite && isCount(mean[1]) else {
      throw .wrongTensor(name: "baseline", found: "\(mean)", expected: "a finite mean and a count of steps")
    }
    try model.restore(tensors)
    guard !mean.isEmpty else { return }
    baseline?.value = mean[0]
    baseline?.count = Int(mean[1])
  }
}
