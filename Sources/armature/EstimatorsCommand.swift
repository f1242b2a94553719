import ArgumentParser
import GradientEstimators
import Reporting
import Verification

/// `armature estimators`: the catalogue, and how each estimator is verified.
struct EstimatorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimators",
    abstract: "Lists the estimators, or explains one and how it is verified.",
    discussion: """
      Which checks an estimator gets is asked of the battery, on the standard problems and networks; nothing is integrated or \
      sampled.
      """)

  @Argument(help: "The estimator to explain.")
  var name: String?

  @Flag(help: "Prints JSON.")
  var json = false

  @Option(help: "Writes estimators.md, on all estimators, into this folder.")
  var report: String?

  func validate() throws {
    if report != nil, name != nil || json {
      throw ValidationError("--report: goes neither with a name nor with --json (the report has everything)")
    }
  }

  func run() throws {
    if let report { return try write(report) }
    let entry = name.flatMap { EstimatorCatalogue.entry(named: $0) }
    // An unknown name throws, with the nearest one.
    if let name, entry == nil { _ = try EstimatorCatalogue.make(name) }
    guard entry != nil || json else { return print(Self.table) }
    let descriptions = try EstimatorDescription.all(
      of: entry.map { [$0] } ?? EstimatorCatalogue.entries, problems: try StandardProblems.load(),
      networks: try StandardProblems.loadNetworks())
    if json {
      print(try JSONOutput.text(Listing(estimators: descriptions)))
    } else {
      for description in descriptions { print(Self.explanation(of: description)) }
    }
  }

  private struct Listing: Encodable {
    let schema = "armature.estimators/1"
    let estimators: [EstimatorDescription]
  }

  private func write(_ folder: String) throws {
    let context = ReportContext.current(
      arguments: Array(CommandLine.arguments.dropFirst()), output: folder, threads: 1)
    let written = try EstimatorsReport().write(context: context)
    print("\(written.file): \(written.verdict)")
  }

  private static var table: String {
    let rows = EstimatorCatalogue.entries.map {
      [$0.pattern, $0.fullName, $0.setting, $0.evaluations, $0.isUnbiased ? "unbiased" : "biased"]
    }
    return TextTable(
      header: ["name", "estimator", "variables", "evaluations", ""], rows: rows, leftColumns: 3
    )
    .text
  }

  private static func explanation(of description: EstimatorDescription) -> String {
    var lines = [
      "\(description.name): \(description.fullName)",
      "  variables     \(description.setting)",
      "  evaluations   \(description.evaluations)",
      "  unbiased      \(description.bias.map { "no: \($0)" } ?? "yes")",
      "  noise         \(description.noise)",
      "  per row       \(description.noisePerRow) uniform numbers (\(description.instances.first ?? description.name))",
    ]
    if !description.aliases.isEmpty {
      lines.append("  aliases       \(description.aliases.joined(separator: ", "))")
    }
    lines += description.specialCases.map { "  special case  \($0)" }
    lines += description.citations.map { "  source        \($0)" }
    lines.append("  instances     \(description.instances.joined(separator: ", "))")
    lines += description.checkLines.map { "  check         \($0)" }
    lines.append(
      "  mutants       \(description.mutants.count) planted faults, which armature verify --mutants must find"
    )
    return lines.joined(separator: "\n")
  }
}
