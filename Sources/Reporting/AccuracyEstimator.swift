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

  /// The estimator of a name as typed, one of the catalogue's for networks.
  ///
  /// - Throws: `AccuracyError.setting` for a name that is none of them.
  package static func make(_ name: String) throws(AccuracyError) -> AccuracyEstimator {
    do throws(EstimatorNameError) {
      let layered = try EstimatorCatalogue.makeLayered(name)
      return AccuracyEstimator(layered: layered, outputFollowsTrunk: !(layered is PSA))
    } catch {
      throw .setting("\(error); the standard ones are \(standardNames.joined(separator: ", "))")
    }
  }
}
