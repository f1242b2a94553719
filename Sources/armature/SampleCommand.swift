import ArgumentParser
import ExactExpectations
import Foundation
import GradientEstimators

/// `armature sample`: gradient draws as a NumPy array.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract:
      "Writes gradient draws of an estimator on a problem as float64 [draws, logits] in NumPy's format.")

  @Argument(help: "The problem, a JSON file of schema armature.problem/1.")
  var problem: String

  @Option(help: "The estimator, for example arm, disarm, loorf:4 or arms:3.")
  var estimator: String

  @Option(help: "How many gradients to draw.")
  var draws: Int

  @Option(help: "A whole number, or entropy (default: 1).", transform: SeedArgument.option)
  var seed = SeedArgument(value: 1)

  @Option(help: "The file to write.")
  var output: String

  func validate() throws {
    guard draws > 0 else { throw ValidationError("--draws \(draws): expected a whole number above 0") }
  }

  func run() throws {
    let problem = try Problem(contentsOf: URL(fileURLWithPath: problem))
    let estimator = try EstimatorCatalogue.make(estimator)
    if seed.isFresh { print("seed \(seed.value)") }
    let bar = ProgressBar("sample \(estimator.name)")
    defer { bar.clear() }
    try SampleDraws(estimator: estimator, problem: problem, seed: seed.value)
      .write(count: draws, to: URL(fileURLWithPath: output)) { bar.update(Double($0) / Double(draws)) }
  }
}
