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

  /// Moves the parameters one step down the gradient.
  ///
  /// - Precondition: `parameters` and `gradient` have the count given at the start.
  /// - Complexity: one square root and one division for each parameter.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func descend(_ parameters: inout MutableSpan<Scalar>, gradient: Span<Scalar>) {
    steps += 1
    let correction = (1 - Double.pow(beta2, steps)).squareRoot() / (1 - Double.pow(beta1, steps))
    // Taken out of self, because both are written at once; no element moves.
    var first = exchange(&firstMoment, with: [])
    var second = exchange(&secondMoment, with: [])
    var firstSpan = first.mutableSpan
    var secondSpan = second.mutableSpan
    Scalar.adamUpdate(
      parameters: &parameters, firstMoment: &firstSpan, secondMoment: &secondSpan, gradient: gradient,
      stepSize: Scalar(learningRate * correction), beta1: Scalar(beta1), beta2: Scalar(beta2),
      epsilon: Scalar(epsilon))
    firstMoment = first
    secondMoment = second
  }
}
