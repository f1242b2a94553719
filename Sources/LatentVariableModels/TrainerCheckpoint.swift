internal import ElementwiseKernels
internal import GradientEstimators

extension VariationalAutoencoderTrainer {
  /// Everything that is needed to continue bit for bit, in a fixed order.
  ///
  /// For each layer l of encoder and decoder `encoder.l.weight` [inputs x outputs] and `encoder.l.bias`, both also with
  /// `.adam.m` and `.adam.v`; `encoder.adam.steps`; `prior.logits` where there is a prior; `mean.image`; for a Gaussian likelihood
  /// `variances.base` with the like; and, if the estimator remembers anything, `estimator.state`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func tensors() -> [NamedTensor] {
    let state = estimator.state
    let remembered = NamedTensor(name: "estimator.state", shape: [state.count], values: .double(state))
    return model.tensors() + (model.variances?.tensors() ?? []) + (state.isEmpty ? [] : [remembered])
  }

  /// Continues from saved tensors; all or nothing.
  ///
  /// - Throws: `ModelError` naming the first tensor that is missing, unexpected, twice there, or of another shape or
  ///   precision; the model is then unchanged.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func restore(_ tensors: [NamedTensor]) throws(ModelError) {
    let tensors = try tensors.matched(to: self.tensors())
    let state = estimator.state.isEmpty ? [] : tensors[tensors.count - 1].values.doubles
    guard state.allSatisfy(\.isFinite) else {
      throw .wrongTensor(name: "estimator.state", found: "\(state)", expected: "finite numbers")
    }
    var variances = model.variances
    if let expected = variances?.tensors().map(\.name) {
      try variances?.restore(tensors.filter { expected.contains($0.name) })
    }
    try model.restore(tensors)
    model.variances = variances
    if !state.isEmpty { estimator.state = state }
  }
}
