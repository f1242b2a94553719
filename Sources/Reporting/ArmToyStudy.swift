internal import ElementwiseKernels
internal import ExactExpectations
internal import Foundation
package import GradientEstimators

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
    estimators = try toyStudy {
      try ["reinforce", "ar", "arm", "disarm", "loorf:2", "arms:4"].map { try EstimatorCatalogue.make($0) }
    }
  }

  package struct Trajectory: Sendable {
    package let target: Double
    /// The estimator's name, or nil for the exact gradient.
    package let estimator: String?
    /// sigmoid(logit) before the first and after each step.
    package let probabilities: [Double]
  }

  package struct Outcome: Sendable {
    package let study: ArmToyStudy
    package let trajectories: [Trajectory]
    package let variances: [ToyVariance]
  }

  /// Runs trajectories and measurements; `progress` is called with the share that is done.
  ///
  /// - Throws: `ReportingError.study` if a variance cannot be integrated or the false-alarm rate is none.
  /// - Complexity: targets x estimators x (iterations + probabilities x draws) draws of an estimator.
  package func run(progress: (Double) -> Void = { _ in }) throws(ReportingError) -> Outcome {
    let meter = ToyMeter(draws: draws, seed: seed, falseAlarmRate: falseAlarmRate)
    return try toyStudy {
      let (trajectories, cells) = (try trajectories(), try cells())
      return Outcome(
        study: self, trajectories: trajectories, variances: try meter.measure(cells, progress: progress))
    }
  }

  /// The exact variance of an estimator at a probability.
  func exactVariance(
    of estimator: any GradientEstimator, target: Double, at probability: Double
  ) throws -> Double {
    try exactMoments(
      of: estimator, on: ToyAscent.bernoulli(target: target).problem([Self.logit(probability)])
    )
    .variance[0]
  }

  static func logit(_ probability: Double) -> Double { log(probability / (1 - probability)) }

  private func trajectories() throws(ProblemError) -> [Trajectory] {
    var trajectories: [Trajectory] = []
    for (place, target) in targets.enumerated() {
      let ascent = ToyAscent.bernoulli(target: target, stepSize: stepSize)
      func append(_ name: String?, _ path: [[Double]]) {
        trajectories.append(
          Trajectory(target: target, estimator: name, probabilities: path.map { .sigmoid($0[0]) }))
      }
      append(nil, try ascent.exact(steps: iterations))
      for (index, estimator) in estimators.enumerated() {
        append(
          estimator.name,
          try ascent.sampled(
            by: estimator, seed: seed, firstRow: place * estimators.count + index, steps: iterations))
      }
    }
    return trajectories
  }

  private func cells() throws(ProblemError) -> [ToyCell] {
    var cells: [ToyCell] = []
    for target in targets {
      for estimator in estimators {
        for probability in probabilities {
          cells.append(
            ToyCell(
              setting: "p0 = \(target)", label: estimator.name, estimator: estimator,
              problem: try ToyAscent.bernoulli(target: target).problem([Self.logit(probability)]),
              places: [.init(name: "p = \(probability)", position: probability, coordinates: 0..<1)]))
        }
      }
    }
    return cells
  }
}
