import ElementwiseKernels
import Numerics
import Testing

@testable import NeuralNetworks

@Suite("Optimisers")
struct OptimiserTests {
  /// Adam written from the formulas, with bias-corrected moments computed separately: p -= rate m^ / (sqrt(v^) + eps^),
  /// eps^ = epsilon / sqrt(1 - beta2^t), which is Keras' form.
  struct HandWrittenAdam {
    var parameters: [Double]
    var first: [Double]
    var second: [Double]
    var powers = (1.0, 1.0)

    init(_ parameters: [Double]) {
      self.parameters = parameters
      first = parameters.map { _ in 0 }
      second = first
    }

    mutating func step(_ gradient: [Double], rate: Double, beta1: Double, beta2: Double, epsilon: Double) {
      powers = (powers.0 * beta1, powers.1 * beta2)
      let root = (1 - powers.1).squareRoot()
      for i in parameters.indices {
        first[i] += (1 - beta1) * (gradient[i] - first[i])
        second[i] += (1 - beta2) * (gradient[i] * gradient[i] - second[i])
        let direction = first[i] / (1 - powers.0)
        parameters[i] -= rate * direction / (second[i].squareRoot() / root + epsilon / root)
      }
    }
  }

  private func difference<Scalar: KernelScalar>(_ type: Scalar.Type) -> Double {
    var parameters: [Scalar] = testNumbers(37, stream: 8)
    var reference = HandWrittenAdam(testNumbers(37, stream: 8))
    var adam = Adam<Scalar>(parameterCount: 37, learningRate: 1e-3)
    for step in 0..<1000 {
      // A noisy slope towards the origin, of very different sizes.
      let noise: [Double] = testNumbers(37, stream: 100 + UInt64(step))
      let gradient = noise.indices.map {
        noise[$0] * Double.exp(Double($0) / 4 - 4) + reference.parameters[$0] / 10
      }
      let rounded = gradient.map { Scalar($0) }
      let constants = adam.startStep()
      // In two parts, as two workers move them.
      for part in [0..<11, 11..<37] {
        var (firstMoment, secondMoment) = (adam.firstMoment, adam.secondMoment)
        var all = parameters.mutableSpan
        var target = all._mutatingExtracting(part)
        var first = firstMoment.mutableSpan
        var firstPart = first._mutatingExtracting(part)
        var second = secondMoment.mutableSpan
        var secondPart = second._mutatingExtracting(part)
        constants.descend(
          &target, firstMoment: &firstPart, secondMoment: &secondPart, gradient: rounded.span.extracting(part)
        )
        adam.firstMoment = firstMoment
        adam.secondMoment = secondMoment
      }
      reference.step(gradient, rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7)
    }
    #expect(adam.steps == 1000)
    return relativeDifference(parameters, reference.parameters)
  }

  @Test("Adam follows a hand-written reference for 1000 steps in Double")
  func adamInDouble() { #expect(difference(Double.self) < 1e-12) }

  @Test("Adam follows the reference in Float within the rounding of 1000 updates")
  func adamInFloat() { #expect(difference(Float.self) < 1000 * Double(Float.ulpOfOne)) }

  @Test("gradient descent subtracts the rate times the gradient")
  func descent() {
    var parameters = [1.0, -2.0]
    let gradient = [4.0, 0.5]
    var target = parameters.mutableSpan
    GradientDescent(learningRate: 0.25).descend(&target, gradient: gradient.span)
    #expect(parameters == [0, -2.125])
  }
}
