import ArgumentParser
import Foundation
import Reporting

/// `armature report`: reports from stored results alone, and the index of a folder of reports.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes a report from stored results alone, or the index of a folder of reports.",
    discussion: """
      Inputs: the JSON of verify --json (with that of verify --mutants --json, if you like); run directories, or folders of \
      them; accuracy.json; a file of baseline record. Nothing is computed again, and equal inputs give equal bytes. Exit status \
      1 where the results hold a failure.
      """)

  @Option(help: "What the inputs are: \(Self.kinds) (default: as they say themselves).", transform: Self.kind)
  var kind: StoredReportKind?

  @Argument(help: "Files and folders of stored results.")
  var inputs: [String] = []

  @Option(help: "Folder of the report, its lock and its figures.")
  var output: String?

  @Option(help: "The report's file name without .md (default: its kind).")
  var name: String?

  @Flag(help: "Also writes the report as one HTML page that needs nothing else.")
  var html = false

  @Flag(help: "Also writes the runs' metrics as TensorBoard event files into the folder tensorboard.")
  var tensorboard = false

  @Option(help: "Writes README.md into this folder of reports: one line and one picture of each.")
  var index: String?

  func validate() throws {
    if index != nil {
      guard inputs.isEmpty, output == nil, kind == nil else {
        throw ValidationError("--index: goes with neither inputs, --kind nor --output")
      }
      return
    }
    guard !inputs.isEmpty else {
      throw ValidationError("expected stored results to report on, or --index FOLDER")
    }
    guard output != nil else { throw ValidationError("expected --output DIR, the folder of the report") }
    if let name, name.isEmpty || name.contains("/") || name.hasPrefix(".") {
      throw ValidationError("--name \(name): expected a file name without folder")
    }
  }

  func run() throws {
    if let index {
      print(try ReportIndex(folder: index).write())
      return
    }
    guard let output else { return }
    let report = try StoredReport(inputs, kind: kind)
    if tensorboard, report.kind != .benchmark {
      throw ValidationError(
        "--tensorboard: expected training runs, not results of kind \(report.kind.rawValue)")
    }
    var settings = StoredReportSettings.current(
      arguments: Array(CommandLine.arguments.dropFirst()), output: output)
    settings.name = name
    settings.html = html
    settings.tensorBoard = tensorboard
    let written = try report.write(settings)
    print("\(written.file): \(written.verdict)")
    if !written.holds { throw ExitCode(1) }
  }

  private static let kinds = StoredReportKind.allCases.map(\.rawValue).joined(separator: ", ")

  private static func kind(_ text: String) throws -> StoredReportKind {
    guard let kind = StoredReportKind(rawValue: text) else {
      throw ValidationError("--kind \(text): expected one of \(kinds)")
    }
    return kind
  }
}
