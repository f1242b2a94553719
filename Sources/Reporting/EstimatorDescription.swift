package import ExactExpectations
package import GradientEstimators
package import Verification

/// One entry of the catalogue as a user reads it, with the checks that the battery makes of it.
///
/// The checks are asked of the battery itself, so the description cannot claim one that is not made.
package struct EstimatorDescription: Codable, Hashable, Sendable {
  /// All checks of one kind.
  package struct Check: Codable, Hashable, Sendable {
    package var kind: CheckKind
    /// Problems and networks on which a standard instance gets it.
    package var problems: Int
    /// Checks that the battery skips, because exact integration does not reach.
    package var outOfReach: Int
    /// Which identities, theorems, formulas or generators, in the battery's order.
    package var details: [String]
  }

  package var name: String
  package var aliases: [String]
  package var fullName: String
  package var citations: [String]
  /// Which variables it takes, and whether it is for networks or for a multi-sample bound.
  package var setting: String
  package var evaluations: String
  /// The law of a row's noise, in words.
  package var noise: String
  /// Uniform numbers of a row with D variables (of C categories), for the instance that is named first.
  package var noisePerRow: String
  /// Whether the mean is the gradient, whatever the objective.
  package var isUnbiased: Bool
  /// Why not.
  package var bias: String?
  package var specialCases: [String]
  /// What a verification runs.
  package var instances: [String]
  package var checks: [Check]
  /// The deliberate faults that a verification must find in it.
  package var mutants: [String]

  /// - Parameters:
  ///   - entry: of the catalogue.
  ///   - battery: whose checks are listed.
  /// - Throws: an error of exact integration where the estimator's noise law is inconsistent.
  package init(_ entry: EstimatorCatalogue.Entry, battery: Battery) throws {
    let estimators = entry.standardInstances.compactMap { try? EstimatorCatalogue.make($0) }
    let layered = EstimatorCatalogue.standardLayeredInstances.filter { Self.entry(of: $0) == entry.pattern }
    name = entry.pattern
    aliases = entry.aliases
    fullName = entry.fullName
    citations = entry.citations.map { "\($0)" }
    setting = Self.setting(entry, estimators)
    evaluations = entry.evaluations
    noise = entry.noiseLaw
    noisePerRow = NoiseCount.text(estimators.first, layered: layered.first)
    isUnbiased = entry.isUnbiased
    bias = entry.bias
    specialCases = entry.specialCases
    instances = estimators.map(\.name) + layered.map(\.name).filter { !entry.standardInstances.contains($0) }
    checks = Self.summary(try battery.plan(estimators: estimators, layered: layered))
    mutants = Mutant.all.filter {
      EstimatorCatalogue.entry(named: Self.withoutOptions($0.base))?.pattern == entry.pattern
    }.map(\.name)
  }

  /// Every entry of the catalogue, with the standard problems and networks.
  package static func all(
    of entries: [EstimatorCatalogue.Entry] = EstimatorCatalogue.entries, problems: [Problem],
    networks: [NetworkProblem]
  ) throws -> [EstimatorDescription] {
    let battery = Battery(problems: problems, networks: networks)
    return try entries.map { try EstimatorDescription($0, battery: battery) }
  }

  /// The kinds of check with what is behind each, one line for each kind.
  package var checkLines: [String] {
    checks.map { check in
      let details = check.details.isEmpty ? "" : ": \(check.details.joined(separator: "; "))"
      let skipped = check.outOfReach == 0 ? "" : " (\(check.outOfReach) out of reach)"
      let problems = "\(check.problems) \(check.problems == 1 ? "problem" : "problems")"
      return "\(check.kind.rawValue) on \(problems)\(skipped)\(details)"
    }
  }

  private static func withoutOptions(_ name: String) -> String { String(name.prefix { $0 != "+" }) }

  private static func entry(of layered: any LayeredGradientEstimator) -> String? {
    EstimatorCatalogue.entry(named: withoutOptions(layered.name))?.pattern
  }

  private static func setting(
    _ entry: EstimatorCatalogue.Entry, _ estimators: [any GradientEstimator]
  ) -> String {
    var setting = entry.setting
    if let estimator = estimators.first, estimator.target != .expectation { setting += ", K-sample bound" }
    if let layers = entry.layers { setting += "; networks of \(layers) layers" }
    return setting
  }

  private static func summary(_ plan: [PlannedCheck]) -> [Check] {
    CheckKind.allCases.compactMap { kind in
      let own = plan.filter { $0.check == kind }
      let made = own.filter { !$0.isOutOfReach }
      guard !own.isEmpty else { return nil }
      let details = made.map(\.detail).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      return Check(
        kind: kind, problems: Set(made.map(\.problem)).count, outOfReach: own.count - made.count,
        details: details)
    }
  }
}

/// How many uniform numbers a row takes, as a formula in the number of variables D and of categories C.
enum NoiseCount {
  static func text(_ estimator: (any GradientEstimator)?, layered: (any LayeredGradientEstimator)?) -> String
  {
    if let estimator {
      let formulas = [binary(estimator), categorical(estimator)].compactMap(\.self)
      return Set(formulas).count == 1
        ? formulas[0] : "\(formulas.joined(separator: "; with C categories "))"
    }
    return layered.map(perUnit) ?? "none"
  }

  /// a + b D through two counts; a formula that misses a third is not given.
  private static func binary(_ estimator: any GradientEstimator) -> String? {
    guard estimator.supports(.binary(1)) else { return nil }
    let count = { estimator.noisePerRow(variables: .binary($0)) }
    let slope = count(2) - count(1)
    let constant = count(1) - slope
    guard count(7) == constant + 7 * slope else { return "\(count(8)) with 8 variables" }
    return sum([product(slope, "D"), constant == 0 ? nil : "\(constant)"])
  }

  /// a + b D + c C D through four counts.
  private static func categorical(_ estimator: any GradientEstimator) -> String? {
    guard estimator.supports(.categorical(1, categories: 3)) else { return nil }
    let count = { estimator.noisePerRow(variables: .categorical($0, categories: $1)) }
    let slope = count(2, 3) - count(1, 3)
    let constant = count(1, 3) - slope
    let steepness = (count(1, 4) - constant) - slope
    let base = slope - 3 * steepness
    guard count(5, 7) == constant + 5 * (base + 7 * steepness) else {
      return "\(count(8, 10)) with 8 variables of 10 categories"
    }
    let perVariable = sum([product(steepness, "C"), base == 0 ? nil : "\(base)"])
    let isPlain = steepness == 0 || base == 0
    let variables =
      steepness == 0
      ? product(base, "D") : isPlain ? "\(perVariable) D" : "(\(perVariable)) D"
    return sum([variables, constant == 0 ? nil : "\(constant)"])
  }

  private static func perUnit(_ estimator: any LayeredGradientEstimator) -> String {
    let widths = [4, 3, 2]
    let counts = widths.indices.map { estimator.noise(layer: $0, widths: widths).perRow }
    if counts.allSatisfy({ $0 == 0 }) { return "none" }
    return counts == widths ? "1 for each unit" : "\(counts.reduce(0, +)) with layers of 4, 3 and 2 units"
  }

  private static func product(_ factor: Int, _ name: String) -> String? {
    factor == 0 ? nil : factor == 1 ? name : "\(factor) \(name)"
  }

  private static func sum(_ terms: [String?]) -> String {
    let terms = terms.compactMap(\.self)
    return terms.isEmpty ? "0" : terms.joined(separator: " + ").replacing("+ -", with: "- ")
  }
}
