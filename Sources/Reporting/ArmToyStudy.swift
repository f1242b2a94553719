internal import ExactExpectations
internal import Foundation
package import GradientEstimators
internal import RandomStreams
internal import SequentialTesting

/// The toy problem of the ARM paper: ascent on E[(z - p0)^2] over one Bernoulli variable whose two values nearly tie.
///
/// The optimum is p = 1 for p0 < 1/2 and p = 0 for p0 > 1/2; the closer p0 is to 1/2, the smaller is the gradient beside
/// its noise. Each estimator makes one trajectory for each p0; at fixed probabilities its variance is measured by sampling
/// and set beside the exact one.
///
/// Source: Yin, Zhou, "ARM: Augment-REINFORCE-Merge Gradient for Stochastic Binary Networks", ICLR 2019, the toy
/// experiment.
package struct ArmToyStudy: Sendable {
  package var targets = [0.49, 0.499, 0.501, 0.51]
  package var estimators: [any GradientEstimator]
  package var iterations = 2000
  package var stepSize = 1.0
  /// Probabilities at which variances are measured.
  package var probabilities = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
  /// Draws behind each measured variance.
  package var draws = 50_000
  package var seed: UInt64 = 1
  /// Probability that any of the study's intervals misses a right variance.
  package var falseAlarmRate = 1e-6

  /// The study of REINFORCE, AR, ARM, DisARM, LOORF with 2 and ARMS with 4 samples.
  ///
  /// - Throws: `ReportingError.study` if the catalogue lacks one of them.
  package init() throws(ReportingError) {
    estimators = []
    do throws(EstimatorNameError) {
      for name in ["reinforce", "ar", "arm", "disarm", "loorf:2", "arms:4"] {
        estimators.append(try EstimatorCatalogue.make(name))
      }
    } catch {
      throw .study(reason: error.description)
    }
  }

  package struct Trajectory: Sendable {
    package let target: Double
    /// The estimator's name, or nil for the exact gradient.
    package let estimator: String?
    /// sigmoid(logit) before the first and after each step.
    package let probabilities: [Double]
  }

  /// A variance measured by sampling beside the exact one.
  package struct Variance: Sendable {
    package let target: Double
    package let estimator: String
    package let probability: Double
    /// Mean of (g - exact gradient)^2.
    package let measured: Double
    /// Covers the true variance of what was sampled at the study's false-alarm rate, all variances together.
    package let interval: ClosedRange<Double>
    package let exact: Double

    /// Whether sampling does not contradict the exact variance.
    package var agrees: Bool { interval.contains(exact) }
  }

  package struct Outcome: Sendable {
    package let study: ArmToyStudy
    package let trajectories: [Trajectory]
    package let variances: [Variance]

    package var contradictions: [Variance] { variances.filter { !$0.agrees } }
    /// Whether every measured variance agrees with the exact one.
    package var holds: Bool { contradictions.isEmpty }
  }

  /// Runs trajectories and measurements; `progress` is called with the share that is done.
  ///
  /// - Throws: `ReportingError.study` if a variance cannot be integrated or the false-alarm rate is none.
  /// - Complexity: targets x estimators x (iterations + probabilities x draws) draws of an estimator.
  package func run(progress: (Double) -> Void = { _ in }) throws(ReportingError) -> Outcome {
    let trajectories = trajectories()
    var variances: [Variance] = []
    let cells = targets.count * estimators.count * probabilities.count
    do {
      var budget = try ErrorBudget(total: falseAlarmRate)
      let rate = try budget.split(falseAlarmRate, among: cells, on: "variances of the toy problem")
      for target in targets {
        for estimator in estimators {
          for probability in probabilities {
            variances.append(
              try variance(of: estimator, target: target, at: probability, cell: variances.count, rate: rate))
            progress(Double(variances.count) / Double(cells))
          }
        }
      }
    } catch {
      throw .study(reason: "\(error)")
    }
    return Outcome(study: self, trajectories: trajectories, variances: variances)
  }

  /// The exact variance of an estimator at a probability.
  func exactVariance(
    of estimator: any GradientEstimator, target: Double, at probability: Double
  ) throws -> Double {
    try exactMoments(of: estimator, on: problem(target: target, probability: probability)).variance[0]
  }

  private func trajectories() -> [Trajectory] {
    targets.enumerated().flatMap { place, target in
      let walk = ToyTrajectory(target: target, stepSize: stepSize)
      let exact = Trajectory(
        target: target, estimator: nil, probabilities: walk.exact(iterations: iterations))
      return [exact]
        + estimators.enumerated().map { index, estimator in
          Trajectory(
            target: target, estimator: estimator.name,
            probabilities: walk.sampled(
              by: estimator, seed: seed, row: place * estimators.count + index, iterations: iterations))
        }
    }
  }

  /// The random numbers of trajectories are steps below this, those of variances from here on.
  private static let firstVarianceStep: UInt64 = 1 << 40

  private func variance(
    of estimator: any GradientEstimator, target: Double, at probability: Double, cell: Int, rate: Double
  ) throws -> Variance {
    let problem = try problem(target: target, probability: probability)
    let moments = try exactMoments(of: estimator, on: problem)
    let gradient = moments.gradient[0]
    let bounds = estimator.gradientBounds(
      objective: problem.objectiveRange, logits: problem.logits, variables: problem.latentVariables,
      coordinate: 0)
    let reach = max(bounds.upperBound - gradient, gradient - bounds.lowerBound)
    var sequence = try MeanConfidenceSequence(bounds: 0...reach * reach, falseAlarmRate: rate)
    let stream = RandomStream(seed: seed, purpose: .toyStudy, step: Self.firstVarianceStep + UInt64(cell))
    var sum = 0.0
    forEachGradient(of: estimator, on: problem, stream: stream) { value in
      let square = (value - gradient) * (value - gradient)
      sequence.observe(square)
      sum += square
    }
    return Variance(
      target: target, estimator: estimator.name, probability: probability, measured: sum / Double(draws),
      interval: sequence.interval, exact: moments.variance[0])
  }

  private func forEachGradient(
    of estimator: any GradientEstimator, on problem: Problem, stream: RandomStream, _ body: (Double) -> Void
  ) {
    let chunk = min(draws, 4096)
    var batch = EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: chunk)
    let perRow = batch.noisePerRow
    for start in stride(from: 0, to: draws, by: chunk) {
      var noise = batch.noise.mutableSpan
      stream.fillUniforms(rows: start..<start + chunk, perRow: perRow, into: &noise)
      batch.run()
      for row in 0..<min(chunk, draws - start) { body(batch.gradient[row]) }
    }
  }

  private func problem(target: Double, probability: Double) throws(ProblemError) -> Problem {
    try Problem(
      name: "toy", latent: .binary(logits: [log(probability / (1 - probability))]),
      objective: .quadratic(target: target))
  }
}
