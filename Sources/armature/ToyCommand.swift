import ArgumentParser
import Reporting

/// `armature toy`: the toy studies of the papers, alone.
struct ToyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "toy",
    abstract: "Runs the toy studies of the ARM, ARMS, CARMS and ARSM papers, and writes their reports.",
    discussion: """
      Each sets measured variances with their confidence intervals beside the exact ones, where integration reaches. Exit \
      status 1 where one contradicts the other.
      """)

  enum Study: String, CaseIterable, ExpressibleByArgument { case arm, arms, carms, arsm }

  @Argument(help: "The study: arm, arms, carms or arsm (default: all four).")
  var study: Study?

  @Option(help: "A whole number, or entropy (default: 1).", transform: SeedArgument.option)
  var seed = SeedArgument(value: 1)

  @Option(help: "Folder of the reports and their figures.")
  var output: String

  func run() throws {
    let context = ReportContext.current(
      arguments: Array(CommandLine.arguments.dropFirst()), output: output, threads: 1)
    _ = try ReportFolder(path: output, gnuplot: nil)
    if seed.isFresh { print("seed \(seed.value)") }
    var holds = true
    for study in study.map({ [$0] }) ?? Study.allCases {
      let written = try write(study, context: context)
      print("\(written.file): \(written.verdict)")
      holds = holds && written.holds
    }
    if !holds { throw ExitCode(1) }
  }

  private func write(_ study: Study, context: ReportContext) throws -> WrittenToyReport {
    let bar = ProgressBar("toy study of \(study.rawValue.uppercased())")
    defer { bar.clear() }
    guard let recipe = ToyRecipe.all(seed: seed.value).first(where: { $0.name == study.rawValue }) else {
      var arm = try ArmToyStudy()
      arm.seed = seed.value
      return try ArmToyReport(try arm.run { bar.update($0) }).write(context: context)
    }
    return try recipe.write(context: context) { _, share in bar.update(share) }
  }
}
