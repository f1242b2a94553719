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
  private var order: [Int] = []
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
    let pixels = dataset.pixels
    let first = step % batchesPerEpoch * batchSize
    var target = intensities.mutableSpan
    let source = dataset.train.intensities.span
    for row in 0..<batchSize {
      let image = order[first + row]
      for pixel in 0..<pixels { target[row * pixels + pixel] = source[image * pixels + pixel] }
    }
    binarise(step: step)
  }

  private mutating func startEpoch(_ number: Int) {
    epoch = number
    order = RandomStream(seed: seed, purpose: .dataOrder, step: UInt64(number)).permutation(
      count: dataset.train.count)
  }

  private mutating func binarise(step: Int) {
    if binarisation.uniformsPerPixel > 0 {
      var target = uniforms.mutableSpan
      RandomStream(seed: seed, purpose: .binarisation, step: UInt64(step)).fillUniforms(
        rows: 0..<batchSize, perRow: dataset.pixels * binarisation.uniformsPerPixel, into: &target)
    }
    var bits = images.mutableSpan
    binarisation.binarise(
      intensities.span, maximum: dataset.maximumIntensity, uniforms: uniforms.span, into: &bits)
  }
}
