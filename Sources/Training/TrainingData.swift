internal import Datasets
internal import Foundation
internal import RandomStreams

/// The images of a run, and how they become bits at each access, or that they stay intensities.
struct TrainingData: Sendable {
  let dataset: ImageDataset
  /// Never `once`: what is binarised once has become bits already.
  let binarisation: Binarisation

  /// Addresses the bits that are drawn once; the same for all runs, because they are part of the data.
  private static let onceSeed: UInt64 = 5
  /// Sets these bits apart from those of training and evaluation.
  private static let onceSteps: UInt64 = 1 << 54

  init(dataset: ImageDataset, binarisation: Binarisation) {
    if binarisation == .once {
      self.dataset = Self.binarisedOnce(dataset)
      self.binarisation = .static
    } else {
      self.dataset = dataset
      self.binarisation = binarisation
    }
  }

  /// Loads what a protocol trains on, the classes of the images too if its model reads them.
  init(_ choices: TrainingProtocol, folder: URL?) throws(TrainingError) {
    do throws(DatasetError) {
      let dataset = try ImageDataset.load(
        choices.data.set, folder: folder, labels: choices.model.readsLabels)
      self.init(dataset: dataset, binarisation: choices.data.binarisation)
    } catch { throw .data(error) }
  }

  /// The byte of full ink in what a model is given.
  var fullInk: UInt8 { binarisation == .unbinarised ? 255 : 1 }

  /// Classes of these images of a split; empty where they were not loaded.
  func labels(_ images: some RandomAccessCollection<Int>, of split: DataSplit) -> [UInt16] {
    let labels = dataset[split].labels
    return labels.isEmpty ? [] : images.map { labels[$0] }
  }

  private static func binarisedOnce(_ dataset: ImageDataset) -> ImageDataset {
    let grey = TrainingData(dataset: dataset, binarisation: .dynamic)
    return dataset.withBits { name, split in
      var bits = [UInt8](repeating: 0, count: split.count * dataset.pixels)
      // In pieces, so that the uniform numbers do not take four times the memory of the images.
      let piece = 500
      var uniforms = [Float](repeating: 0, count: piece * dataset.pixels)
      let step = onceSteps + UInt64(DataSplit.allCases.firstIndex(of: name) ?? 0)
      let stream = RandomStream(seed: onceSeed, purpose: .binarisation, step: step)
      for first in stride(from: 0, to: split.count, by: piece) {
        let rows = first..<min(first + piece, split.count)
        var part = [UInt8](repeating: 0, count: rows.count * dataset.pixels)
        grey.binarise(
          rows.map(UInt32.init), of: name, rows: rows, stream: stream, uniforms: &uniforms, into: &part)
        bits.replaceSubrange(first * dataset.pixels..<rows.upperBound * dataset.pixels, with: part)
      }
      return bits
    }
  }

  /// Bits of these images of a split, or bytes 0...255 where they are not binarised, [images x pixels]; image i takes its uniform
  /// numbers, if it needs any, from the row `rows.lowerBound + i` of `stream`.
  ///
  /// - Precondition: as many images as rows; `uniforms` and `bits` have room for them.
  func binarise(
    _ images: some RandomAccessCollection<UInt32>, of split: DataSplit, rows: Range<Int>,
    stream: RandomStream,
    uniforms: inout [Float], into bits: inout [UInt8]
  ) {
    let perRow = dataset.pixels * binarisation.uniformsPerPixel
    if perRow > 0 {
      var target = uniforms.mutableSpan
      var used = target._mutatingExtracting(0..<rows.count * perRow)
      stream.fillUniforms(rows: rows, perRow: perRow, into: &used)
    }
    var target = bits.mutableSpan
    for (row, image) in images.enumerated() {
      var part = target._mutatingExtracting(row * dataset.pixels..<(row + 1) * dataset.pixels)
      dataset.binarise(
        Int(image), of: split, by: binarisation,
        uniforms: uniforms.span.extracting(row * perRow..<(row + 1) * perRow), into: &part)
    }
  }
}
