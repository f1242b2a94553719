import ArgumentParser
import GradientEstimators
import Verification

/// `armature estimators`: the catalogue.
struct EstimatorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimators",
    abstract: "Lists the estimators, or explains one.")

  @Argument(help: "The estimator to explain.")
  var name: String?

  func run() throws {
    guard let name else {
      let rows = EstimatorCatalogue.entries.map {
        [$0.pattern, $0.fullName, $0.setting, $0.evaluations, $0.isUnbiased ? "unbiased" : "biased"]
      }
      print(
        TextTable(header: ["name", "estimator", "variables", "evaluations", ""], rows: rows, leftColumns: 3)
          .text)
      return
    }
    if EstimatorCatalogue.entry(named: name) == nil { _ = try EstimatorCatalogue.make(name) }
    guard let entry = EstimatorCatalogue.entry(named: name) else { return }
    print(Self.explanation(of: entry))
  }

  private static func explanation(of entry: EstimatorCatalogue.Entry) -> String {
    var lines = [
      "\(entry.pattern): \(entry.fullName)",
      "  variables     \(entry.setting)",
      "  evaluations   \(entry.evaluations)",
      "  unbiased      \(entry.bias.map { "no: \($0)" } ?? "yes")",
      "  noise         \(entry.noiseLaw)",
    ]
    if !entry.aliases.isEmpty { lines.append("  aliases       \(entry.aliases.joined(separator: ", "))") }
    lines += entry.specialCases.map { "  special case  \($0)" }
    lines += entry.citations.map { "  source        \($0)" }
    return lines.joined(separator: "\n")
  }
}
