import Foundation
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

  @Test("trains a step of its full size, evaluates and ends")
  func runs() throws {
    for url in try ProtocolLibrary.files() {
      try withTemporaryFolder { folder in
        let choices = try ProtocolFile(url).protocol
        var request = try TinyProtocol.request(in: folder)
        request.protocolURL = url
        request.steps = 1
        request.data = TrainingData(
          dataset: images(choices.data.set), binarisation: choices.data.binarisation)
        let result = try TrainingRun.start(request, observer: RunObserver())
        let bound = try #require(result.evaluations.last?.bound)
        #expect(bound.isFinite && result.trainNegativeELBO.isFinite, "\(choices.name)")
        #expect((result.selected != nil) == choices.evaluation.selects, "\(choices.name)")
      }
    }
  }
}
