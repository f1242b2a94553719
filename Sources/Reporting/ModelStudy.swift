internal import Foundation
internal import Training

/// The autoencoder runs behind a learning-curve report: protocols x estimators x seeds.
package struct ModelStudy: Sendable {
  let title: String
  /// The report's file name, for example `digits-vae.md`.
  let fileName: String
  /// File names in `Fixtures/Protocols`.
  let protocols: [String]
  let estimators: [String]
  let seeds: [UInt64]
  /// File name in `Fixtures/Published` of the curves to compare with.
  let reference: String?

  /// The UCI digits, which come with Armature.
  package static func digits(seeds: [UInt64]) -> ModelStudy {
    ModelStudy(
      title: "Binary autoencoders on the UCI digits", fileName: "digits-vae.md",
      protocols: ["digits-linear.yaml", "digits-nonlinear.yaml"],
      estimators: ["arm", "disarm", "loorf:2", "arms:4", "reinforce"], seeds: seeds, reference: nil)
  }

  /// MNIST in its static binarisation, beside an independent implementation of the same protocol.
  package static func mnistStatic(seeds: [UInt64]) -> ModelStudy {
    ModelStudy(
      title: "Binary autoencoders on static MNIST", fileName: "mnist-static.md",
      protocols: ["mnist-static-linear.yaml", "mnist-static-nonlinear.yaml"],
      estimators: ["arm", "disarm", "loorf:2", "arms:4", "reinforce", "reinforce-ema"], seeds: seeds,
      reference: "reference-curves-jax.yaml")
  }

  /// All runs, seed by seed, so that an interrupted study has whole rows.
  func cells(protocolFolder: URL) -> [TrainingSweep.Cell] {
    seeds.flatMap { seed in
      protocols.flatMap { file in
        estimators.map {
          TrainingSweep.Cell(
            protocolURL: protocolFolder.appendingPathComponent(file), estimator: $0, seed: seed)
        }
      }
    }
  }
}
