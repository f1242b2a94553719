internal import Datasets
internal import RandomStreams

/// The images of each training step, as bits or intensities; a function of the seed and the step alone.
///
/// An epoch is a permutation of the training split, drawn from the stream (seed, dataOrder, epoch); what is left at its
/// end and does not fill a batch is dropped. Dynamic bits are drawn from the stream (seed, binarisation, step).
struct BatchSource {
  private let data: TrainingData
  private let seed: UInt64
  private let batchSize: Int
  private var epoch: Int?
  private var order: [UInt32] = []
  private var uniforms: [Float]
  /// The batch of the last `load`, [batchSize x pixels], each 0 or 1, or 0...255 where it is not binarised.
  private(set) var images: [UInt8]
  /// The classes of these images, [batchSize]; empty where they were not loaded.
  private(set) var labels: [UInt16]

  /// - Precondition: `batchSize` is at most the number of training images.
  init(_ data: TrainingData, batchSize: Int, seed: UInt64) {
    precondition(batchSize <= data.dataset.train.count)
    self.data = data
    self.seed = seed
    self.batchSize = batchSize
    let count = batchSize * data.dataset.pixels
    images = [UInt8](repeating: 0, count: count)
    labels = [UInt16](repeating: 0, count: data.dataset.train.labels.isEmpty ? 0 : batchSize)
    uniforms = [Float](repeating: 0, count: count * data.binarisation.uniformsPerPixel)
  }

  private var batchesPerEpoch: Int { data.dataset.train.count / batchSize }

  /// Loads the batch of the step with this index, counted from 0.
  mutating func load(step: Int) {
    if epoch != step / batchesPerEpoch { startEpoch(step / batchesPerEpoch) }
    let first = step % batchesPerEpoch * batchSize
    data.binarise(
      order[first..<first + batchSize], of: .train, rows: 0..<batchSize,
      stream: RandomStream(seed: seed, purpose: .binarisation, step: UInt64(step)), uniforms: &uniforms,
      into: &images)
    for row in labels.indices { labels[row] = data.dataset.train.labels[Int(order[first + row])] }
  }

  private mutating func startEpoch(_ number: Int) {
    epoch = number
    order = RandomStream(seed: seed, purpose: .dataOrder, step: UInt64(number)).permutation(
      count: data.dataset.train.count)
  }
}
