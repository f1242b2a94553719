/// A toy study with all of its settings: what its report was made of, and what makes it again.
package enum ToyRecipe: Codable, Hashable, Sendable {
  case arms(ArmsToyStudy)
  case carms(CarmsToyStudy)
  case arsm(ArsmToyStudy)

  /// The studies with the settings of their papers.
  package static func all(seed: UInt64) -> [ToyRecipe] {
    var (arms, carms, arsm) = (ArmsToyStudy(), CarmsToyStudy(), ArsmToyStudy())
    arms.seed = seed
    carms.seed = seed
    arsm.seed = seed
    return [.arms(arms), .carms(carms), .arsm(arsm)]
  }

  /// The name as typed.
  package var name: String {
    switch self {
    case .arms: "arms"
    case .carms: "carms"
    case .arsm: "arsm"
    }
  }

  /// Runs the study and writes its report into the context's folder.
  ///
  /// - Throws: `ReportingError`.
  package func write(
    context: ReportContext, progress: (String, Double) -> Void = { _, _ in }
  ) throws(ReportingError) -> WrittenToyReport {
    let stage = "toy study of \(name.uppercased())"
    return switch self {
    case .arms(let study): try ArmsToyReport(try study.run { progress(stage, $0) }).write(context: context)
    case .carms(let study): try CarmsToyReport(try study.run { progress(stage, $0) }).write(context: context)
    case .arsm(let study): try ArsmToyReport(try study.run { progress(stage, $0) }).write(context: context)
    }
  }

  /// What a replay runs, in words.
  var plan: String {
    switch self {
    case .arms(let study):
      "the toy study of ARMS: \(study.evaluations.count) numbers of evaluations, \(study.draws) draws"
    case .carms(let study):
      "the toy study of CARMS: \(study.concentrations.count) laws, \(study.estimators.count) estimators, \(study.draws) draws"
    case .arsm(let study):
      "the toy study of ARSM: \(study.iterations) steps, \(study.estimators.count) estimators, \(study.draws) draws"
    }
  }
}

extension Reproduction {
  /// The toy studies but that of ARM, and the catalogue.
  func toys(into outcome: inout Outcome, progress: @escaping @Sendable (Stage, Double) -> Void) throws {
    progress(.toys, 0)
    let recipes = ToyRecipe.all(seed: seed)
    for (place, recipe) in recipes.enumerated() {
      let written = try recipe.write(context: context) { _, share in
        progress(.toys, (Double(place) + share) / Double(recipes.count))
      }
      outcome.add(file: written.file, verdict: written.verdict, holds: written.holds)
    }
    let written = try EstimatorsReport().write(context: context)
    outcome.add(file: written.file, verdict: written.verdict, holds: true)
  }
}
