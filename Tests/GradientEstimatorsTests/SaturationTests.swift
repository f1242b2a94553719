import ElementwiseKernels
import RealModule
import Testing

@testable import GradientEstimators

@Suite("Saturated logits")
struct SaturationTests {
  static let logits = [-700.0, -40, -12, 0, 12, 40, 700]

  @Test("Every estimator's gradient is finite and every sample a bit, in Double", arguments: names)
  func double(name: String) throws { try check(name, Double.self) }

  @Test("Every estimator's gradient is finite and every sample a bit, in Float", arguments: names)
  func float(name: String) throws { try check(name, Float.self) }

  static let names =
    EstimatorCatalogue.standardInstances(supporting: .binary(1)).map(\.name) + [
      "arms:17", "loorf:17", "arms-normal:17", "disarm:5", "gumbel:0.01", "gumbel:100", "st-gumbel:0.01",
      "st-gumbel:100",
    ]

  private func check<Scalar: KernelScalar>(_ name: String, _: Scalar.Type) throws {
    let estimator = try EstimatorCatalogue.make(name)
    let logits = Self.logits.map { Scalar($0) }
    let count = estimator.noisePerRow(variables: .binary(logits.count))
    let first = Scalar.openUniform(0, 0)
    let last = Scalar.openUniform(.max, .max)
    let noises: [[Scalar]] = [
      irregularNoise(count), [Scalar](repeating: first, count: count),
      [Scalar](repeating: last, count: count), (0..<count).map { $0.isMultiple(of: 3) ? first : last },
    ]
    for noise in noises {
      let run = EstimatorRun<Scalar>(estimator, logits: logits, noise: noise, objective: irregularObjective)
      #expect(run.gradient.allSatisfy { $0.isFinite })
      #expect(run.states.allSatisfy { $0 == 0 || $0 == 1 })
      #expect(run.samples.allSatisfy { $0 >= 0 && $0 <= 1 })
    }
  }

  @Test("Logits beyond every exponential's range still give finite gradients", arguments: names)
  func unbounded(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    let logits: [Double] = [-1e6, 1e6, -745.2, 745.2, .greatestFiniteMagnitude]
    let noise: [Double] = irregularNoise(estimator.noisePerRow(variables: .binary(logits.count)))
    let run = EstimatorRun(estimator, logits: logits, noise: noise, objective: irregularObjective)
    #expect(run.gradient.allSatisfy { $0.isFinite })
    #expect(run.states.isEmpty || Array(run.states.prefix(5)) == [0, 1, 0, 1, 1])
  }

  @Test("p (1 - p) keeps its relative precision where p is nearly 1: local expectation gradients in Float")
  func variance() {
    let run = EstimatorRun<Float>(LocalExpectationGradients(), logits: [30, -30], noise: [0.5, 0.5]) {
      $0[0] + $0[1]
    }
    #expect(run.gradient.allSatisfy { ($0 / Float.exp(-30) - 1).magnitude < 1e-6 })
  }

  @Test("The score keeps its relative precision where the probability of the sample is nearly 1")
  func score() {
    let run = EstimatorRun<Float>(REINFORCE(), logits: [30, -30], noise: [0.5, 0.5]) { _ in 1 }
    #expect(run.samples == [1, 0])
    let expected = Float.exp(-30)
    #expect((run.gradient[0] / expected - 1).magnitude < 1e-6)
    #expect((run.gradient[1] / -expected - 1).magnitude < 1e-6)
  }
}
