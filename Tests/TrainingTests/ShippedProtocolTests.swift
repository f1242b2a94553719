import Foundation
import GradientEstimators
import Testing

@testable import Datasets
@testable import Training

@Suite("Each protocol that comes with Armature")
struct ShippedProtocolTests {
  /// A few images of the set's shape, grey or bits as it has them.
  private func images(_ name: DatasetName) -> ImageDataset {
    let maximum: UInt8 = name == .mnistStatic ? 1 : name == .digits ? 16 : 255
    let side = name == .digits ? 8 : 28
    func split(_ count: Int) -> ImageSplit {
      ImageSplit(
        intensities: (0..<count * side * side).map { $0 % 7 < 2 ? maximum : 0 }, pixels: side * side,
        labels: (0..<count).map { UInt16($0 % 10) })
    }
    return ImageDataset(
      name: name, width: side, height: side, maximumIntensity: maximum, train: split(200), valid: split(1),
      test: split(1), files: [])
  }

  /// Whether a step evaluates few enough samples for a debug build; the long tests train the other protocols as well.
  private func isCheap(_ choices: TrainingProtocol) throws -> Bool {
    let rows = choices.optimisation.batchSize
    switch (choices.model, try ModelEstimator(choices.estimator, for: choices.model)) {
    case (.autoencoder(let model), .single(let estimator)):
      let variables =
        model.categories.map { LatentVariables.categorical(model.latents, categories: $0) }
        ?? .binary(model.latents)
      return rows * estimator.evaluations(variables: variables) <= 500
    default: return choices.estimator != "psa"
    }
  }

  @Test("trains a step of its full size, evaluates and ends")
  func runs() throws {
    for url in try ProtocolLibrary.files() {
      try withTemporaryFolder { folder in
        let choices = try ProtocolFile(url).protocol
        guard try isCheap(choices) else { return }
        var request = try TinyProtocol.request(in: folder)
        request.protocolURL = url
        request.steps = 1
        request.data = TrainingData(
          dataset: images(choices.data.set), binarisation: choices.data.binarisation)
        let result = try TrainingRun.start(request, observer: RunObserver())
        let bound = try #require(result.evaluations.last?.bound)
        #expect(bound.isFinite && result.trainNegativeELBO.isFinite, "\(choices.name)")
        #expect((result.selected != nil) == choices.evaluation.selects, "\(choices.name)")
        #expect((result.final != nil) == (choices.evaluation.final != nil), "\(choices.name)")
      }
    }
  }
}
