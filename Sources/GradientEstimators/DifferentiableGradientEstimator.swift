public import ElementwiseKernels

/// An estimator that also uses the derivative of the objective with respect to its argument.
///
/// The objective is then a function of points y that may lie between the states: y_d in [0, 1] for a binary variable,
/// equal to z_d at a state; a vector y_d in the probability simplex for a categorical one, at a state the unit vector
/// of z_d. Wherever samples are meant, points [evaluations x rows x variables x logits per variable] take their place:
/// for binary variables this is the same layout, for categorical ones each sample is a vector of C numbers.
public protocol DifferentiableGradientEstimator: GradientEstimator {
  /// Whether the estimator uses the derivative at an evaluation's points.
  func usesDerivative(ofEvaluation evaluation: Int, variables: LatentVariables) -> Bool

  /// As `GradientEstimator.gradientBounds`, given that all values of f lie in `objective`, and all its partial derivatives
  /// in `derivative`, at every point that `draw` can make.
  func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double>

  /// The gradient [rows x variables x logits per variable] from values [evaluations x rows] and partial derivatives
  /// [evaluations x rows x variables x logits per variable] of f at the points that `draw` made.
  ///
  /// Derivatives of evaluations for which `usesDerivative` is false are not read.
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>)

  /// Learns from a finished step: what `combine` was given. Called once for a step, after `combine`.
  mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape)
}

extension DifferentiableGradientEstimator {
  public func usesDerivative(ofEvaluation evaluation: Int, variables: LatentVariables) -> Bool { true }

  public mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape
  ) {}

  /// - Precondition: never called; without derivatives there is no gradient.
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    preconditionFailure("\(name) needs the derivatives of the objective")
  }

  /// - Precondition: never called; without bounds on the derivative there are none on the gradient.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    preconditionFailure("\(name) needs bounds on the derivatives of the objective")
  }
}
