internal import Datasets
internal import RandomStreams

/// The images of each training step, as bits; a function of the seed and the step alone.
///
/// An epoch is a permutation of the training split, drawn from the stream (seed, dataOrder, epoch); what is left at its
/// end and does not fill a batch is dropped. Dynamic bits are drawn from the stream (seed, binarisation, step).
struct BatchSource {
  private let dataset: ImageDataset
  private let binarisation: Binarisation
  private let seed: UInt64
  private let batchSize: Int
  private var epoch: Int?
  private var order: [UInt32] = []
  private var intensities: [UInt8]
  private var uniforms: [Float]
  /// The batch of the last `load`, [batchSize x pixels], each 0 or 1.
  private(set) var images: [UInt8]

  /// - Precondition: `batchSize` is at most the number of training images.
  init(_ dataset: ImageDataset, binarisation: Binarisation, batchSize: Int, seed: UInt64) {
    precondition(batchSize <= dataset.train.count)
    self.dataset = dataset
    self.binarisation = binarisation
    self.seed = seed
    self.batchSize = batchSize
    let count = batchSize * dataset.pixels
    intensities = [UInt8](repeating: 0, count: count)
    images = intensities
    uniforms = [Float](repeating: 0, count: count * binarisation.uniformsPerPixel)
  }

  private var batchesPerEpoch: Int { dataset.train.count / batchSize }

  /// Loads the batch of the step with this index, counted from 0.
  mutating func load(step: Int) {
    if epoch != step / batchesPerEpoch { startEpoch(step / batchesPerEpoch) }
    let first = step % batchesPerEpoch * batchSize
    Self.gather(
      order[first..<first + batchSize], of: dataset.train.intensities, pixels: dataset.pixels,
      into: &intensities)
    binarisation.binarise(
      intensities, of: dataset, rows: 0..<batchSize,
      stream: RandomStream(seed: seed, purpose: .binarisation, step: UInt64(step)), uniforms: &uniforms,
      into: &images)
  }

  private mutating func startEpoch(_ number: Int) {
    epoch = number
    order = RandomStream(seed: seed, purpose: .dataOrder, step: UInt64(number)).permutation(
      count: dataset.train.count)
  }

  private static func gather(
    _ images: ArraySlice<UInt32>, of source: [UInt8], pixels: Int, into target: inout [UInt8]
  ) {
    let source = source.span
    var target = target.mutableSpan
    for (row, image) in images.enumerated() {
      for pixel in 0..<pixels { target[row * pixels + pixel] = source[Int(image) * pixels + pixel] }
    }
  }
}

extension Binarisation {
  /// Bits of `intensities` [rows x pixels]; row r takes its uniform numbers, if it needs any, from row r of `stream`.
  ///
  /// - Precondition: `uniforms` and `bits` have room for these rows.
  func binarise(
    _ intensities: [UInt8], of dataset: ImageDataset, rows: Range<Int>, stream: RandomStream,
    uniforms: inout [Float], into bits: inout [UInt8]
  ) {
    if uniformsPerPixel > 0 {
      var target = uniforms.mutableSpan
      stream.fillUniforms(rows: rows, perRow: dataset.pixels * uniformsPerPixel, into: &target)
    }
    var target = bits.mutableSpan
    binarise(intensities.span, maximum: dataset.maximumIntensity, uniforms: uniforms.span, into: &target)
  }
}
