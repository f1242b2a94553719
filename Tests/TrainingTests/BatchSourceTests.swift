import Datasets
import Testing

@testable import Training

@Suite struct BatchSourceTests {
  let digits: ImageDataset

  init() throws { digits = try ImageDataset.load(.digits, folder: nil) }

  func source(_ binarisation: Binarisation = .threshold, batchSize: Int, seed: UInt64 = 1) -> BatchSource {
    BatchSource(TrainingData(dataset: digits, binarisation: binarisation), batchSize: batchSize, seed: seed)
  }

  func images(_ source: inout BatchSource, steps: Range<Int>) -> [[UInt8]] {
    steps.flatMap { step in
      source.load(step: step)
      let images = source.images
      return stride(from: 0, to: images.count, by: 64).map { Array(images[$0..<$0 + 64]) }
    }
  }

  @Test("An epoch shows every training image once, in an order that the next epoch changes")
  func epochs() {
    // 1,284 = 12 x 107, so that nothing is left over.
    var source = source(batchSize: 107)
    let first = images(&source, steps: 0..<12)
    let second = images(&source, steps: 12..<24)
    let split = digits.train.intensities.map { $0 > 8 ? UInt8(1) : 0 }
    let all = stride(from: 0, to: split.count, by: 64).map { Array(split[$0..<$0 + 64]) }
    func counts(_ images: [[UInt8]]) -> [[UInt8]: Int] {
      Dictionary(images.map { ($0, 1) }, uniquingKeysWith: +)
    }
    #expect(counts(first) == counts(all))
    #expect(counts(second) == counts(all))
    #expect(first != second && first != all)
  }

  @Test("A batch depends on seed and step alone, not on the batches loaded before")
  func independence() {
    var forward = source(.dynamic, batchSize: 500)
    let expected = (0..<6).map { images(&forward, steps: $0..<$0 + 1) }
    var backward = source(.dynamic, batchSize: 500)
    for step in (0..<6).reversed() { #expect(images(&backward, steps: step..<step + 1) == expected[step]) }
    var other = source(.dynamic, batchSize: 500, seed: 2)
    #expect(images(&other, steps: 0..<1) != expected[0])
  }

  @Test("Dynamic bits change from epoch to epoch where a pixel is grey and never where it is empty or full")
  func dynamicBits() {
    var source = source(.dynamic, batchSize: 1284)
    let first = Set(images(&source, steps: 0..<1))
    let second = Set(images(&source, steps: 1..<2))
    #expect(first != second)
    // Column 0 of an 8 x 8 digit is empty in nearly all images; where all are empty no bit may appear.
    let empty = (0..<64).filter { pixel in
      stride(from: pixel, to: digits.train.intensities.count, by: 64).allSatisfy {
        digits.train.intensities[$0] == 0
      }
    }
    #expect(!empty.isEmpty)
    for image in first.union(second) { #expect(empty.allSatisfy { image[$0] == 0 }) }
  }
}
