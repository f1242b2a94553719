import ElementwiseKernels

@testable import GradientEstimators

/// One batch of an estimator on a given objective: the samples it drew and the gradient it made of their values.
struct EstimatorRun<Scalar: KernelScalar> {
  let samples: [Scalar]
  let values: [Scalar]
  let gradient: [Scalar]

  /// `objective` is f of a row's sample [variables].
  init(
    _ estimator: any GradientEstimator, logits: [Scalar], noise: [Scalar], rows: Int = 1,
    logitsPerVariable: Int = 1, objective: ([Scalar]) -> Scalar
  ) {
    let shape = LatentShape(
      rows: rows, variables: logits.count / rows / logitsPerVariable, logitsPerVariable: logitsPerVariable)
    let evaluations = estimator.evaluations(variables: shape.latentVariables)
    var samples = [Scalar](repeating: .nan, count: evaluations * shape.sampleCount)
    var drawn = samples.mutableSpan
    estimator.draw(logits: logits.span, noise: noise.span, shape: shape, samples: &drawn)
    let values = (0..<evaluations * rows).map { item in
      objective(Array(samples[item * shape.variables..<(item + 1) * shape.variables]))
    }
    var gradient = [Scalar](repeating: .nan, count: shape.logitCount)
    var output = gradient.mutableSpan
    estimator.combine(
      logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
      gradient: &output)
    self.samples = samples
    self.values = values
    self.gradient = gradient
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
