import ElementwiseKernels
import Testing

@testable import GradientEstimators

@Suite("Running-mean baseline")
struct RunningMeanREINFORCETests {
  @Test("The first step subtracts nothing, the second the first step's mean, the third the running mean")
  func recursion() {
    var estimator = RunningMeanREINFORCE(decay: 0.75)
    #expect(estimator.baseline == 0)
    observe([2, 6], &estimator)
    #expect(estimator.baseline == 4)
    observe([8], &estimator)
    #expect(estimator.baseline == 5)
  }

  @Test("A gradient does not change when its own step is observed afterwards, and the next step's does")
  func order() {
    var estimator = RunningMeanREINFORCE()
    let logits = [0.3, -0.8], noise = [0.2, 0.9]
    let before = EstimatorRun(estimator, logits: logits, noise: noise) { irregularObjective($0) }
    let plain = EstimatorRun(REINFORCE(), logits: logits, noise: noise) { irregularObjective($0) }
    #expect(before.gradient == plain.gradient)
    observe(before.values, &estimator)
    let after = EstimatorRun(estimator, logits: logits, noise: noise) { irregularObjective($0) }
    #expect(after.gradient.allSatisfy { $0 == 0 })
  }

  @Test("The state restores the baseline")
  func state() {
    var estimator = RunningMeanREINFORCE()
    observe([1.0, 2.5], &estimator)
    var restored = RunningMeanREINFORCE()
    restored.state = estimator.state
    #expect(restored.baseline == 1.75 && restored.observedSteps == 1)
  }

  /// One observed step of one bit a row; the running mean looks at the values only.
  private func observe(_ values: [Double], _ estimator: inout RunningMeanREINFORCE) {
    estimator.observe(
      logits: values.span, noise: values.span, samples: values.span, values: values.span,
      shape: LatentShape(rows: values.count, variables: 1))
  }
}
