/// What a verification spends and draws.
public struct VerificationSettings: Sendable, Hashable, Codable {
  /// The probability that a run over correct estimators reports any failure: the run's error budget.
  public var alpha: Double
  /// The seed of every random check; a run is a function of it and of the other settings.
  public var seed: UInt64
  /// Draws of each random check, for each estimator, problem and generator.
  public var draws: Int
  /// The generators under which the random checks run.
  public var generators: [NoiseGenerator]
  /// The probability with which a check may miss its smallest detectable bias.
  public var falsePassRate: Double

  public init(
    alpha: Double = 1e-6, seed: UInt64 = 1, draws: Int = 131_072,
    generators: [NoiseGenerator] = NoiseGenerator.standard, falsePassRate: Double = 1e-6
  ) {
    self.alpha = alpha
    self.seed = seed
    self.draws = draws
    self.generators = generators
    self.falsePassRate = falsePassRate
  }
}

/// A verification that cannot start.
public enum VerificationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A setting out of range, with what was expected.
  case badSetting(String)
  /// Nothing to verify.
  case nothingToDo(String)

  public var description: String {
    switch self {
    case .badSetting(let text): "verification: \(text)"
    case .nothingToDo(let text): "verification: nothing to verify: \(text)"
    }
  }
}

extension VerificationSettings {
  func validate() throws(VerificationError) {
    guard alpha > 0 && alpha < 1 else {
      throw .badSetting("alpha: expected a probability between 0 and 1, found \(alpha)")
    }
    guard falsePassRate > 0 && falsePassRate < 1 else {
      throw .badSetting("false-pass rate: expected a probability between 0 and 1, found \(falsePassRate)")
    }
    guard draws > 0 && draws <= 1 << 30 else {
      throw .badSetting("draws: expected a number from 1 to \(1 << 30), found \(draws)")
    }
    guard !generators.isEmpty else { throw .badSetting("generators: expected at least one") }
  }
}
