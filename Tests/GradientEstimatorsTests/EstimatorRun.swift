import ElementwiseKernels

@testable import GradientEstimators

/// One batch of an estimator on a given objective: the samples it drew and the gradient it made of their values.
///
/// Between the states, for estimators with derivatives, the objective is extended multilinearly.
struct EstimatorRun<Scalar: KernelScalar> {
  /// The samples, or the points [evaluations x rows x logits per row] of an estimator with derivatives.
  let samples: [Scalar]
  /// The samples that are states, [evaluations x rows x variables]; all, but for an estimator with derivatives.
  let states: [Scalar]
  let values: [Scalar]
  let gradient: [Scalar]

  /// `objective` is f of a row's sample [variables].
  init(
    _ estimator: any GradientEstimator, logits: [Scalar], noise: [Scalar], rows: Int = 1,
    logitsPerVariable: Int = 1, objective: ([Scalar]) -> Scalar
  ) {
    let shape = LatentShape(
      rows: rows, variables: logits.count / rows / logitsPerVariable, logitsPerVariable: logitsPerVariable)
    let variables = shape.latentVariables
    let evaluations = estimator.evaluations(variables: variables)
    let differentiable = estimator as? any DifferentiableGradientEstimator
    let width = differentiable == nil ? shape.variables : shape.logitsPerRow
    var samples = [Scalar](repeating: .nan, count: evaluations * rows * width)
    var drawn = samples.mutableSpan
    estimator.draw(logits: logits.span, noise: noise.span, shape: shape, samples: &drawn)
    let items = (0..<evaluations * rows).map { Array(samples[$0 * width..<($0 + 1) * width]) }
    var gradient = [Scalar](repeating: .nan, count: shape.logitCount)
    var output = gradient.mutableSpan
    if let differentiable {
      let extended = items.map { multilinear(objective, at: $0, variables: variables) }
      let values = extended.map(\.value)
      let derivatives = extended.flatMap(\.slope)
      differentiable.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
        derivatives: derivatives.span, shape: shape, gradient: &output)
      let states = items.prefix(rows * estimator.representativeEvaluations(variables: variables))
      self.states = states.flatMap { state(atPoint: $0, variables: variables) }
      self.values = values
    } else {
      let values = items.map(objective)
      estimator.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
        gradient: &output)
      states = samples
      self.values = values
    }
    self.samples = samples
    self.gradient = gradient
  }
}

/// The multilinear extension of a function of the states, and its partial derivatives, at a point.
func multilinear<Scalar: KernelScalar>(
  _ objective: ([Scalar]) -> Scalar, at point: [Scalar], variables: LatentVariables
) -> (value: Scalar, slope: [Scalar]) {
  let width = variables.logitsPerVariable
  var value: Scalar = 0
  var slope = [Scalar](repeating: 0, count: point.count)
  let count = (0..<variables.count).reduce(1) { count, _ in count * variables.categories }
  for index in 0..<count {
    let state = (0..<variables.count).map { d in
      (0..<d).reduce(index) { rest, _ in rest / variables.categories } % variables.categories
    }
    let weights = state.enumerated().map { d, z in
      width > 1 ? point[d * width + z] : (z == 1 ? point[d] : 1 - point[d])
    }
    let f = objective(state.map { Scalar($0) })
    value += weights.reduce(f, *)
    for (d, z) in state.enumerated() {
      var others = f
      for (other, weight) in weights.enumerated() where other != d { others *= weight }
      if width > 1 { slope[d * width + z] += others } else { slope[d] += z == 1 ? others : -others }
    }
  }
  return (value, slope)
}

/// The state that a point is; not a number where it is none.
private func state<Scalar: KernelScalar>(atPoint point: [Scalar], variables: LatentVariables) -> [Scalar] {
  let width = variables.logitsPerVariable
  guard width > 1 else { return point }
  return stride(from: 0, to: point.count, by: width).map { start in
    let vector = point[start..<start + width]
    guard vector.allSatisfy({ $0 == 0 || $0 == 1 }), vector.reduce(0, +) == 1 else { return .nan }
    return Scalar((vector.firstIndex(of: 1) ?? start) - start)
  }
}

extension GradientEstimator {
  /// The gradient's bounds for an objective of this range, multilinear between the states.
  func bounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    guard let differentiable = self as? any DifferentiableGradientEstimator else {
      return gradientBounds(
        objective: objective, logits: logits, variables: variables, coordinate: coordinate)
    }
    let size = objective.upperBound - objective.lowerBound
    return differentiable.gradientBounds(
      objective: objective, derivative: variables.isBinary ? -size...size : objective, logits: logits,
      variables: variables, coordinate: coordinate)
  }
}

/// A fixed irregular sequence in (0, 1), for noise whose values do not matter.
func irregularNoise<Scalar: KernelScalar>(_ count: Int) -> [Scalar] {
  (0..<count).map { Scalar((Double($0 + 1) * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1)) }
}

/// An objective without symmetry.
func irregularObjective<Scalar: KernelScalar>(_ z: [Scalar]) -> Scalar {
  var value: Scalar = 1.5
  for (place, bit) in z.enumerated() { value += bit * (Scalar(place) - 0.7) + value * bit / 3 }
  return value
}

extension EstimatorCatalogue {
  /// The names of the standard instances that take such variables and need values only, not derivatives.
  static func valueInstances(supporting variables: LatentVariables) -> [String] {
    standardInstances(supporting: variables)
      .filter { !($0 is any DifferentiableGradientEstimator) }.map(\.name)
  }
}
