package import ElementwiseKernels

/// One step of gradient descent with momentum, v = momentum v + g, p -= rate v.
///
/// Source: Polyak, "Some methods of speeding up the convergence of iteration methods", USSR Computational Mathematics and
/// Mathematical Physics 4, 1964, in the form that TensorFlow's MomentumOptimizer has.
package struct MomentumStep<Scalar: KernelScalar>: Sendable {
  let learningRate: Scalar
  let momentum: Scalar

  package init(learningRate: Double, momentum: Double) {
    self.learningRate = Scalar(learningRate)
    self.momentum = Scalar(momentum)
  }

  /// Moves some parameters, and their velocity with them.
  ///
  /// - Precondition: the three lengths are equal.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func descend(
    _ parameters: inout MutableSpan<Scalar>, velocity: inout MutableSpan<Scalar>, gradient: Span<Scalar>
  ) {
    Scalar.scale(&velocity, by: momentum)
    Scalar.addScaled(gradient, by: 1, to: &velocity)
    Scalar.addScaled(velocity.span, by: -learningRate, to: &parameters)
  }
}
