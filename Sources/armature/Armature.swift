import ArgumentParser

/// The command line: parse, call, print.
struct Armature: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "armature",
    abstract: "Holds gradient estimators for discrete random variables to exact expectations.",
    discussion: """
      Exit status: 0 success, 1 a check failed, 2 bad input, 130 and 143 interrupted (the work is kept and --resume \
      continues it). Results go to standard output, progress and errors to standard error.
      """,
    version: "0.1.0",
    subcommands: [
      ReproduceCommand.self, VerifyCommand.self, EstimatorsCommand.self, ExactCommand.self, ToyCommand.self,
      SampleCommand.self,
      TrainCommand.self, EvaluateCommand.self, InspectCommand.self, SweepCommand.self, ProtocolsCommand.self,
      DataCommand.self,
      AccuracyCommand.self, BenchmarkCommand.self, BaselineCommand.self, CompareCommand.self,
      ReplayCommand.self, ReportCommand.self,
    ])
}
