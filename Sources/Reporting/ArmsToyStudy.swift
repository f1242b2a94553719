internal import ElementwiseKernels
internal import ExactExpectations
internal import Foundation
internal import GradientEstimators

/// The toy problem of the ARMS paper: the variance of estimators that spend the same n evaluations on E[(z - p0)^2].
///
/// ARM and DisARM spend them on n / 2 antithetic pairs, LOORF and ARMS on n samples. From p = 0.0909 each goes up, every step
/// along the mean of many gradients, until p = 0.9: the variances along the way are measured on a grid of probabilities
/// and set beside the exact ones.
///
/// Source: Dimitriev, Zhou, "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables", ICML 2021, the toy
/// experiment, with the numbers of its released code but for the mean of 100 gradients that makes a step, 1000 there.
package struct ArmsToyStudy: Codable, Hashable, Sendable {
  package var target = 0.49
  /// Evaluations of the objective that each estimator spends on a gradient.
  package var evaluations = [2, 4, 6, 8, 10]
  /// The released code starts at this logit: the logarithm of 0.1, and not its log odds.
  package var startLogit = log(0.1)
  /// Ascent ends where p reaches this.
  package var endProbability = 0.9
  /// Gradients whose mean makes a step.
  package var repetitions = 100
  package var stepSize = 1.0
  package var largestStepCount = 4000
  /// Probabilities at which variances are measured.
  package var probabilities = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
  /// Draws behind each measured variance.
  package var draws = 20_000
  package var seed: UInt64 = 1
  /// Probability that any of the study's intervals misses a right variance.
  package var falseAlarmRate = 1e-6

  package init() {}

  /// One of the things compared: an estimator for each number of evaluations.
  enum Family: String, CaseIterable {
    case arm, disarm, loorf, arms
    case armsNormal = "arms-normal"

    /// The estimator, and how many of its gradients make one that costs so many evaluations.
    func estimator(evaluations: Int) throws -> (estimator: any GradientEstimator, copies: Int) {
      switch self {
      case .arm: (try EstimatorCatalogue.make(rawValue), evaluations / 2)
      case .disarm: (try EstimatorCatalogue.make("\(rawValue):\(evaluations / 2)"), 1)
      case .loorf, .arms, .armsNormal: (try EstimatorCatalogue.make("\(rawValue):\(evaluations)"), 1)
      }
    }
  }

  package struct Ascent: Sendable {
    package let evaluations: Int
    /// The family, or nil for the exact gradient.
    package let family: String?
    /// Steps until the end, or nil where the largest number of steps was too small.
    package let steps: Int?
  }

  package struct Outcome: Sendable {
    package let study: ArmsToyStudy
    package let ascents: [Ascent]
    package let variances: [ToyVariance]
  }

  /// Runs the ascents and the measurements; `progress` is called with the share that is done.
  ///
  /// - Throws: `ReportingError.study`.
  /// - Complexity: about evaluations x families x (1400 steps x repetitions + probabilities x draws) draws.
  package func run(progress: (Double) -> Void = { _ in }) throws(ReportingError) -> Outcome {
    let count = evaluations.count * Family.allCases.count
    return try toyStudy {
      let exact = try ascent.exact(steps: largestStepCount, isDone: isDone)
      var ascents = [Ascent(evaluations: 0, family: nil, steps: steps(of: exact))]
      var cells: [ToyCell] = []
      for evaluations in evaluations {
        for family in Family.allCases {
          ascents.append(try ascend(family, evaluations: evaluations, place: ascents.count))
          cells += try probabilities.map { try cell(family, evaluations: evaluations, probability: $0) }
          progress(0.5 * Double(ascents.count) / Double(count + 1))
        }
      }
      let variances = try meter.measure(cells) { progress(0.5 + 0.5 * $0) }
      return Outcome(study: self, ascents: ascents, variances: variances)
    }
  }

  var meter: ToyMeter { ToyMeter(draws: draws, seed: seed, falseAlarmRate: falseAlarmRate) }

  private var ascent: ToyAscent { .bernoulli(target: target, startLogit: startLogit, stepSize: stepSize) }

  private func isDone(_ logits: [Double]) -> Bool { Double.sigmoid(logits[0]) >= endProbability }

  private func steps(of path: [[Double]]) -> Int? { path.last.map(isDone) == true ? path.count - 1 : nil }

  private func ascend(_ family: Family, evaluations: Int, place: Int) throws -> Ascent {
    let (estimator, copies) = try family.estimator(evaluations: evaluations)
    var ascent = ascent
    ascent.repetitions = repetitions * copies
    let largest = repetitions * (self.evaluations.max() ?? 1)
    let path = try ascent.sampled(
      by: estimator, seed: seed, firstRow: place * largest, steps: largestStepCount, isDone: isDone)
    return Ascent(evaluations: evaluations, family: family.rawValue, steps: steps(of: path))
  }

  func cell(_ family: Family, evaluations: Int, probability: Double) throws -> ToyCell {
    let (estimator, copies) = try family.estimator(evaluations: evaluations)
    return ToyCell(
      setting: "n = \(evaluations)", label: family.rawValue, estimator: estimator, copies: copies,
      problem: try ascent.problem([ArmToyStudy.logit(probability)]),
      places: [.init(name: "p = \(probability)", position: probability, coordinates: 0..<1)])
  }
}
