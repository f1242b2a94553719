internal import Foundation
package import GradientEstimators

/// An estimator as a study of gradient accuracy runs it.
package struct AccuracyEstimator: Sendable {
  package let layered: any LayeredGradientEstimator
  /// Whether the output layer's gradient comes from the trunk's sample alone, as in the study that is repeated, and not from
  /// all evaluations.
  let outputFollowsTrunk: Bool

  package var name: String { layered.name }
  var backward: (any BackwardLayeredEstimator)? { layered as? any BackwardLayeredEstimator }

  /// Whether every gradient sample is the same.
  func isDeterministic(widths: [Int]) -> Bool {
    widths.indices.allSatisfy { layered.noise(layer: $0, widths: widths).perRow == 0 }
  }

  /// The estimators of the published study.
  package static let standardNames = ["reinforce", "arm", "gumbel:0.1", "gumbel:1", "tanh", "deep-st", "psa"]

  /// The estimator of a name as typed: `tanh`, `gumbel:TAU` at any temperature, or one of the catalogue's for networks.
  ///
  /// - Throws: `AccuracyError.setting` for a name that is none of them.
  package static func make(_ name: String) throws(AccuracyError) -> AccuracyEstimator {
    if name == MeanField().name { return AccuracyEstimator(layered: MeanField(), outputFollowsTrunk: true) }
    if name.hasPrefix("gumbel:") { return try concrete(name) }
    do throws(EstimatorNameError) {
      let layered = try EstimatorCatalogue.makeLayered(name)
      return AccuracyEstimator(layered: layered, outputFollowsTrunk: !(layered is PSA))
    } catch {
      throw .setting("\(error); the standard ones are \(standardNames.joined(separator: ", "))")
    }
  }

  private static func concrete(_ name: String) throws(AccuracyError) -> AccuracyEstimator {
    guard let temperature = Double(name.dropFirst("gumbel:".count)), temperature > 0, temperature.isFinite
    else {
      throw .setting(
        "estimator \(name.debugDescription): expected gumbel:TAU with a temperature above 0, for example gumbel:0.1"
      )
    }
    return AccuracyEstimator(layered: DeepConcrete(temperature: temperature), outputFollowsTrunk: true)
  }
}
