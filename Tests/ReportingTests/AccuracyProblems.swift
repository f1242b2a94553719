import ExactExpectations
import Foundation

@testable import Reporting

/// Small networks for tests of gradient accuracy.
enum AccuracyProblems {
  /// The seed of tests that sample: fixed, or from the environment variable `ARMATURE_SEED` (an integer, or `entropy`).
  static let seed: UInt64 = {
    guard let text = ProcessInfo.processInfo.environment["ARMATURE_SEED"] else { return 1 }
    if text == "entropy" { return UInt64.random(in: 0 ... .max) }
    guard let seed = UInt64(text) else {
      fatalError("ARMATURE_SEED is \(text): expected a non-negative integer or entropy")
    }
    return seed
  }()

  /// 2-2-3-1 without symmetry, three points.
  static func small() throws -> AccuracyProblem {
    try AccuracyProblem(
      network: AccuracyNetwork(layers: [
        .init(weight: [[0.7, -1.3], [1.9, 0.4]], bias: [0.2, -0.6]),
        .init(weight: [[1.1, -0.8], [-2.1, 0.9], [0.5, 1.6]], bias: [-0.3, 0.8, -1.2]),
        .init(weight: [[1.4, -0.9, 0.6]], bias: [0.25]),
      ]),
      data: LabelledPoints(points: [[0.4, -1.1], [-0.9, 0.3], [1.2, 0.8]], targets: [1, -1, 1]))
  }

  /// The expected loss by enumeration of all paths of all layers at once.
  static func bruteForceLoss(_ problem: AccuracyProblem) -> Double {
    let hidden = problem.network.layers.dropLast()
    let units = hidden.reduce(0) { $0 + $1.units }
    var total = 0.0
    for (point, target) in zip(problem.data.points, problem.data.targets) {
      for path in 0..<1 << units {
        var states = point
        var probability = 1.0
        var place = 0
        for layer in hidden {
          let logits = affine(layer, states)
          states = logits.indices.map { Double(path >> (place + $0) & 1) }
          for (logit, state) in zip(logits, states) {
            probability /= 1 + exp(state == 1 ? -logit : logit)
          }
          place += layer.units
        }
        let eta = affine(problem.network.layers[hidden.count], states)[0]
        total += probability * log(1 + exp(-target * eta))
      }
    }
    return total / Double(problem.data.count)
  }

  private static func affine(_ layer: AccuracyNetwork.Layer, _ states: [Double]) -> [Double] {
    zip(layer.weight, layer.bias).map { row, bias in zip(row, states).reduce(bias) { $0 + $1.0 * $1.1 } }
  }

  /// The problem with one parameter of one layer changed; weights come row by row, then biases.
  static func changed(
    _ problem: AccuracyProblem, layer: Int, parameter: Int, by change: Double
  ) throws -> AccuracyProblem {
    var layers = problem.network.layers
    let inputs = layers[layer].weight[0].count
    let weights = inputs * layers[layer].weight.count
    if parameter < weights {
      layers[layer].weight[parameter / inputs][parameter % inputs] += change
    } else {
      layers[layer].bias[parameter - weights] += change
    }
    return try AccuracyProblem(network: AccuracyNetwork(layers: layers), data: problem.data)
  }

  /// A study of the small network.
  static func run(
    _ estimators: [AccuracyEstimator], samples: Int, seed: UInt64 = seed, threads: Int = 2
  ) async throws -> AccuracyStudy.Outcome {
    try await AccuracyStudy(problem: small(), estimators: estimators, samples: samples, seed: seed)
      .run(threads: threads)
  }

  /// The values of a study as if they had been published.
  static func published(
    _ outcome: AccuracyStudy.Outcome, sizes: [Int], decimals: Int = 3
  ) throws -> PublishedAccuracy {
    func table(_ value: (BlockErrors) -> Double?) -> [String: [[Double]]] {
      let unit = pow(10, Double(decimals))
      return Dictionary(
        uniqueKeysWithValues: outcome.estimators.map { estimator in
          (
            estimator.name,
            estimator.layers.map { layer in
              sizes.map { size in
                ((layer.errors.first { $0.size == size }.flatMap(value) ?? .nan) * unit).rounded() / unit
              }
            }
          )
        })
    }
    return PublishedAccuracy(
      schema: PublishedAccuracy.schema, source: "a test", reading: "exact", transcribed: "2026-11-21",
      network: .init(
        expectedLoss: "\(outcome.exact.expectedLoss)",
        gradientNorms: outcome.exact.gradientNorms.map { "\($0)" }),
      samples: outcome.samples, decimals: decimals, sizes: sizes, cosine: table(\.cosine),
      relativeRMSE: table(\.relativeRMSE))
  }
}
