internal import ElementwiseKernels
internal import GradientEstimators

/// An estimator that uses derivatives and differs from a sound one in what it overrides; all else is forwarded.
protocol FaultyDifferentiableEstimator: FaultyEstimator, DifferentiableGradientEstimator
where Base: DifferentiableGradientEstimator {}

extension FaultyDifferentiableEstimator {
  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  func usesDerivative(ofEvaluation evaluation: Int, variables: LatentVariables) -> Bool {
    base.usesDerivative(ofEvaluation: evaluation, variables: variables)
  }

  /// Wide enough for every fault, so that a fault is caught by its mean and not by leaving the bounds.
  func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let bounds = base.gradientBounds(
      objective: objective, derivative: derivative, logits: logits, variables: variables,
      coordinate: coordinate)
    let ends = [objective.lowerBound, objective.upperBound, derivative.lowerBound, derivative.upperBound]
    let size = ([bounds.lowerBound, bounds.upperBound].map { 4 * $0 } + ends)
      .reduce(0) { max($0, $1.magnitude) }
    return -size...size
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, derivatives: derivatives, shape: shape,
      gradient: &gradient)
  }

  /// - Precondition: never called; without derivatives there is no gradient.
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    preconditionFailure("\(name) needs the derivatives of the objective")
  }

  /// - Precondition: never called; without bounds on the derivative there are none on the gradient.
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    preconditionFailure("\(name) needs bounds on the derivatives of the objective")
  }
}
