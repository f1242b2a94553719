import Datasets
import Foundation
import RandomStreams
import Testing

@testable import Training

@Suite("The images of a run")
struct TrainingDataTests {
  let digits: ImageDataset

  init() throws { digits = try ImageDataset.load(.digits, folder: nil) }

  @Test(
    "are bits that stay where they are drawn once, in every run, with the shares that the intensities say")
  func once() {
    let first = TrainingData(dataset: digits, binarisation: .once)
    #expect(first.binarisation == .static && first.dataset.maximumIntensity == 1)
    #expect(first.dataset == TrainingData(dataset: digits, binarisation: .once).dataset)
    #expect(first.dataset.files == digits.files && first.dataset.train.labels == digits.train.labels)
    for split in DataSplit.allCases {
      let (bits, grey) = (first.dataset[split].intensities, digits[split].intensities)
      #expect(bits.count == grey.count && bits.allSatisfy { $0 <= 1 })
      for (bit, level) in zip(bits, grey) {
        if level == 0 { #expect(bit == 0) }
        if level == 16 { #expect(bit == 1) }
      }
      // The number of set bits is a sum of independent bits with mean m and variance v; by Chebyshev's and better by
      // Bernstein's inequality it is beyond 8 sqrt(v) + 22 of m with a probability below 2 exp(-22) < 1e-9.
      let mean = grey.reduce(0) { $0 + Double($1) / 16 }
      let variance = grey.reduce(0) { $0 + Double($1) / 16 * (1 - Double($1) / 16) }
      let count = Double(bits.reduce(0) { $0 + Int($1) })
      #expect(abs(count - mean) < 8 * variance.squareRoot() + 22, "\(split): \(count), \(mean)")
    }
    // Were the splits drawn from the same rows, equal images would have equal bits; these are other rows.
    let shared = zip(first.dataset.valid.intensities, first.dataset.test.intensities).allSatisfy { $0 == $1 }
    #expect(!shared)
  }

  @Test("that are drawn once are the same bits for any seed of training")
  func onceForAllSeeds() {
    func images(seed: UInt64) -> Set<[UInt8]> {
      var source = BatchSource(
        TrainingData(dataset: digits, binarisation: .once), batchSize: 1284, seed: seed)
      source.load(step: 0)
      let images = source.images
      return Set(stride(from: 0, to: images.count, by: 64).map { Array(images[$0..<$0 + 64]) })
    }
    #expect(images(seed: 1) == images(seed: 2))
  }

  @Test("are drawn anew at each evaluation, and from streams of their own for each split")
  func evaluationBits() {
    let data = TrainingData(dataset: digits, binarisation: .dynamic)
    func bits(_ split: DataSplit, rows: Range<Int>, step: UInt64) -> [UInt8] {
      var bits = [UInt8](repeating: 0, count: rows.count * 64)
      var uniforms = [Float](repeating: 0, count: rows.count * 64)
      data.binarise(
        rows.map { UInt32($0) }, of: split, rows: rows,
        stream: RandomStream(seed: 1, purpose: .binarisation, step: step), uniforms: &uniforms, into: &bits)
      return bits
    }
    let whole = bits(.test, rows: 0..<20, step: 3)
    #expect(whole == bits(.test, rows: 0..<8, step: 3) + bits(.test, rows: 8..<20, step: 3))
    #expect(whole != bits(.test, rows: 0..<20, step: 4))
    let addresses = [10, 11].flatMap { step in
      DataSplit.allCases.map {
        Evaluation(data: data, split: $0, samples: 1, seed: 1).address(step: step)
      }
    }
    #expect(Set(addresses).count == 6 && addresses.allSatisfy { $0 >= 1 << 55 && $0 < 1 << 56 })
  }
}
