internal import GradientEstimators
package import Training
package import Verification

/// What a verification report was made of.
package struct VerificationRecipe: Codable, Hashable, Sendable {
  package var settings: VerificationSettings
  package var estimators: [String]
  /// Names of the problems.
  package var problems: [String]
  /// Names of the mutants; absent where none were run.
  package var mutants: [String]?
}

/// What a toy study was made of.
package struct ArmToyRecipe: Codable, Hashable, Sendable {
  package var targets: [Double]
  package var estimators: [String]
  package var iterations: Int
  package var stepSize: Double
  package var probabilities: [Double]
  package var draws: Int
  package var seed: UInt64
  package var falseAlarmRate: Double

  init(_ study: ArmToyStudy) {
    targets = study.targets
    estimators = study.estimators.map(\.name)
    iterations = study.iterations
    stepSize = study.stepSize
    probabilities = study.probabilities
    draws = study.draws
    seed = study.seed
    falseAlarmRate = study.falseAlarmRate
  }
}

/// What a learning-curve report was made of.
package struct TrainingRecipe: Codable, Hashable, Sendable {
  package struct Run: Codable, Hashable, Sendable {
    /// The name of its directory.
    package var name: String
    /// The protocol's name; its file has this name in `Fixtures/Protocols`.
    package var `protocol`: String
    package var estimator: String
    package var seed: UInt64
    package var steps: Int
    /// Where runs with several learning rates stand beside each other.
    package var learningRate: Double?
    /// How the run was inspected, where it was.
    package var inspection: InspectionSettings?
  }

  package var title: String
  package var fileName: String
  package var runs: [Run]
  /// File name in `Fixtures/Published` of the curves to compare with.
  package var reference: String?

  /// Whether the recipe tells the learning rates of a run's protocol and estimator.
  func hasRates(_ run: RecordedRun) -> Bool {
    runs.contains {
      $0.protocol == run.manifest.protocolName && $0.estimator == run.manifest.estimator
        && $0.learningRate != nil
    }
  }
}
