import ArgumentParser
import ExactExpectations
import Foundation
import GradientEstimators
import Verification

/// `armature exact`: the exact gradient of a problem, and an estimator's exact mean, bias and variance.
struct ExactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exact",
    abstract: "Prints an estimator's exact mean, bias and variance on a problem.",
    discussion:
      "The production estimator is integrated over an exact cubature of its noise; nothing is sampled.")

  @Argument(help: "The problem, a JSON file of schema armature.problem/1.")
  var problem: String

  @Option(help: "The estimator, for example arm, disarm, loorf:4 or arms:3.")
  var estimator: String

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    let file = URL(fileURLWithPath: problem)
    if NetworkProblem.isNetwork(file) { return try runOnNetwork(NetworkProblem(contentsOf: file)) }
    let problem = try Problem(contentsOf: file)
    let estimator = try EstimatorCatalogue.make(estimator)
    let moments = try exactMoments(of: estimator, on: problem)
    try show(moments, problem: problem.name, bias: estimator.bias)
  }

  private func runOnNetwork(_ problem: NetworkProblem) throws {
    let estimator = try EstimatorCatalogue.makeLayered(estimator)
    let moments = try exactMoments(of: estimator, on: problem)
    try show(moments, problem: problem.name, bias: estimator.bias, coordinates: problem.parameterNames)
    guard !json else { return }
    for layer in problem.network.layers.indices {
      let bias = moments.relativeBias(of: problem.parameters(ofLayer: layer))
      print("  of layer \(layer)                     \(Self.number(bias))")
    }
  }

  private func show(
    _ moments: ExactMoments, problem: String, bias: String?, coordinates: [String]? = nil
  ) throws {
    print(
      json
        ? try JSONOutput.text(ExactResult(moments, biasReason: bias, coordinates: coordinates))
        : Self.table(moments, problem: problem, bias: bias, coordinates: coordinates))
  }

  private static func table(
    _ moments: ExactMoments, problem: String, bias: String?, coordinates: [String]?
  ) -> String {
    let rows = moments.gradient.indices.map { coordinate in
      [
        coordinates?[coordinate] ?? "\(coordinate)", number(moments.gradient[coordinate]),
        number(moments.mean[coordinate]),
        number(moments.bias[coordinate]), number(moments.variance[coordinate]),
        number(moments.rootMeanSquaredError[coordinate]),
      ]
    }
    return """
      problem      \(problem)
      estimator    \(moments.estimator)
      evaluations  \(moments.evaluations)
      unbiased     \(bias.map { "no: \($0)" } ?? "yes")

      \(TextTable(header: ["coordinate", "gradient", "mean", "bias", "variance", "rmse"], rows: rows).text)

      relative bias (Euclidean norms)  \(number(moments.relativeBias))
      """
  }

  private static func number(_ value: Double) -> String { String(format: "%.12g", value) }
}

/// What `--json` prints.
private struct ExactResult: Encodable {
  let estimator: String
  let evaluations: Int
  let biasReason: String?
  /// Names of the coordinates, for a network's parameters.
  let coordinates: [String]?
  let gradient: [Double]
  let mean: [Double]
  let bias: [Double]
  let relativeBias: Double
  let variance: [Double]
  let rootMeanSquaredError: [Double]

  init(_ moments: ExactMoments, biasReason: String?, coordinates: [String]?) {
    estimator = moments.estimator
    evaluations = moments.evaluations
    self.biasReason = biasReason
    self.coordinates = coordinates
    gradient = moments.gradient
    mean = moments.mean
    bias = moments.bias
    relativeBias = moments.relativeBias
    variance = moments.variance
    rootMeanSquaredError = moments.rootMeanSquaredError
  }
}
