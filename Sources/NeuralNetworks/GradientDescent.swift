package import ElementwiseKernels

/// Plain stochastic gradient descent, p -= rate g.
package struct GradientDescent: Hashable, Sendable {
  package let learningRate: Double

  package init(learningRate: Double) { self.learningRate = learningRate }

  /// Moves the parameters one step down the gradient.
  ///
  /// - Precondition: `parameters.count == gradient.count`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func descend<Scalar: KernelScalar>(
    _ parameters: inout MutableSpan<Scalar>, gradient: Span<Scalar>
  ) {
    Scalar.addScaled(gradient, by: Scalar(-learningRate), to: &parameters)
  }
}
