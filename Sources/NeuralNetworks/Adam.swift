package import ElementwiseKernels
internal import Numerics

/// Adam in the form in which Keras has it: alpha_t = rate sqrt(1 - beta2^t) / (1 - beta1^t),
/// p -= alpha_t m / (sqrt(v) + epsilon).
///
/// Source: Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, section 2, last paragraph.
package struct Adam<Scalar: KernelScalar>: Sendable {
  package let learningRate: Double
  package let beta1: Double
  package let beta2: Double
  package let epsilon: Double
  /// Running mean of the gradient, laid out as the parameters.
  package var firstMoment: [Scalar]
  /// Running mean of the squared gradient, laid out as the parameters.
  package var secondMoment: [Scalar]
  /// Updates made so far.
  package var steps: Int = 0

  package init(
    parameterCount: Int, learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    firstMoment = Array(repeating: 0, count: parameterCount)
    secondMoment = Array(repeating: 0, count: parameterCount)
  }

  /// Counts a step and returns its constants, with which every parameter is then moved once.
  package mutating func startStep() -> AdamStep<Scalar> {
    steps += 1
    let correction = (1 - Double.pow(beta2, steps)).squareRoot() / (1 - Double.pow(beta1, steps))
    return AdamStep(
      stepSize: Scalar(learningRate * correction), beta1: Scalar(beta1), beta2: Scalar(beta2),
      epsilon: Scalar(epsilon))
  }
}

/// The constants of one step of Adam.
package struct AdamStep<Scalar: KernelScalar>: Sendable {
  let stepSize: Scalar
  let beta1: Scalar
  let beta2: Scalar
  let epsilon: Scalar

  /// Moves some parameters down their gradient, and their moments with them.
  ///
  /// - Precondition: the four lengths are equal.
  /// - Complexity: one square root and one division for each parameter.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func descend(
    _ parameters: inout MutableSpan<Scalar>, firstMoment: inout MutableSpan<Scalar>,
    secondMoment: inout MutableSpan<Scalar>, gradient: Span<Scalar>
  ) {
    Scalar.adamUpdate(
      parameters: &parameters, firstMoment: &firstMoment, secondMoment: &secondMoment, gradient: gradient,
      stepSize: stepSize, beta1: beta1, beta2: beta2, epsilon: epsilon)
  }
}
