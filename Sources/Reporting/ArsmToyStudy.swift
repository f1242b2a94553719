internal import ExactExpectations
internal import Foundation
internal import GradientEstimators

/// The toy problem of the ARSM paper: ascent on a reward that hardly differs between 30 categories.
///
/// One variable z of C categories with logits phi from 0; reward f(z) = 1/2 + (z + 1) / (C r). Each estimator goes its own way,
/// one draw in each step; at some points of the exact gradient's way all are measured at the same place.
///
/// Source: Yin, Yue, Zhou, "ARSM: Augment-REINFORCE-Swap-Merge Estimator for Gradient Backpropagation Through Categorical
/// Variables", ICML 2019, the toy experiment, with the numbers of its released code.
package struct ArsmToyStudy: Codable, Hashable, Sendable {
  package var categories = 30
  /// The r of the reward.
  package var divisor = 30.0
  package var estimators = ["reinforce", "gumbel:0.2", "ars", "arsm", "loorf:2", "carms-i:4"]
  package var iterations = 5000
  package var stepSize = 1.0
  /// Steps of the exact gradient's way at which variances are measured.
  package var measuredSteps = [0, 1000, 2500, 5000]
  /// Draws behind each measured variance.
  package var draws = 4000
  package var seed: UInt64 = 1
  /// Probability that any of the study's intervals misses a right variance.
  package var falseAlarmRate = 1e-6

  package init() {}

  package struct Trajectory: Sendable {
    /// The estimator's name, or nil for the exact gradient.
    package let estimator: String?
    /// E[f] before the first and after each step.
    package let rewards: [Double]
    /// The probability of the best category after the last step.
    package let bestProbability: Double
  }

  package struct Outcome: Sendable {
    package let study: ArsmToyStudy
    package let trajectories: [Trajectory]
    package let variances: [ToyVariance]
    /// Euclidean norm of the exact gradient at each measured step.
    package let gradientNorms: [Double]
  }

  /// Runs trajectories and measurements; `progress` is called with the share that is done.
  ///
  /// - Throws: `ReportingError.study`.
  /// - Complexity: estimators x (iterations + measured steps x draws) draws.
  package func run(progress: (Double) -> Void = { _ in }) throws(ReportingError) -> Outcome {
    try toyStudy {
      let exact = try ascent.exact(steps: iterations)
      var trajectories = [trajectory(nil, exact)]
      for (row, name) in estimators.enumerated() {
        let path = try ascent.sampled(
          by: try EstimatorCatalogue.make(name), seed: seed, firstRow: row, steps: iterations)
        trajectories.append(trajectory(name, path))
        progress(0.5 * Double(trajectories.count) / Double(estimators.count + 1))
      }
      let places = try measuredSteps.map { try ascent.problem(exact[min($0, iterations)]) }
      let cells = try zip(measuredSteps, places).flatMap { step, problem in
        try estimators.map { try cell($0, step: step, problem: problem) }
      }
      let meter = ToyMeter(draws: draws, seed: seed, falseAlarmRate: falseAlarmRate)
      return Outcome(
        study: self, trajectories: trajectories,
        variances: try meter.measure(cells) { progress(0.5 + 0.5 * $0) },
        gradientNorms: places.map { exactGradient(of: $0).reduce(0) { $0 + $1 * $1 }.squareRoot() })
    }
  }

  var rewards: [Double] {
    (0..<categories).map { 0.5 + Double($0 + 1) / (Double(categories) * divisor) }
  }

  private var ascent: ToyAscent {
    let (categories, rewards) = (categories, rewards)
    return ToyAscent(
      problem: { logits throws(ProblemError) in
        try Problem(
          name: "toy", latent: .categorical(categories: categories, logits: [logits]),
          objective: .table(values: rewards))
      }, start: [Double](repeating: 0, count: categories), stepSize: stepSize)
  }

  private func cell(_ name: String, step: Int, problem: Problem) throws -> ToyCell {
    ToyCell(
      setting: "step \(step)", label: name, estimator: try EstimatorCatalogue.make(name), problem: problem,
      places: [.init(name: "all logits", position: Double(step), coordinates: 0..<categories)])
  }

  private func trajectory(_ name: String?, _ path: [[Double]]) -> Trajectory {
    let laws = path.map(Self.softmax)
    return Trajectory(
      estimator: name, rewards: laws.map { zip($0, rewards).reduce(0) { $0 + $1.0 * $1.1 } },
      bestProbability: laws.last?.last ?? 0)
  }

  private static func softmax(_ logits: [Double]) -> [Double] {
    let largest = logits.reduce(logits[0], max)
    let weights = logits.map { exp($0 - largest) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }
}
