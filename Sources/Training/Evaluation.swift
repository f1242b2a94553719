internal import Datasets
internal import LatentVariableModels
internal import RandomStreams

/// The importance-weighted bound over a whole split.
struct Evaluation {
  let dataset: ImageDataset
  let binarisation: Binarisation
  let split: DataSplit
  let samples: Int
  let seed: UInt64

  /// Images that are evaluated together; between two groups the caller is asked whether to go on.
  private static let groupSize = 50
  /// Sets the bits of evaluated images apart from those of the training batch of the same step.
  private static let evaluationSteps: UInt64 = 1 << 55

  /// The record of the parameters after `step` steps, or nil where `proceed` said no: it is told before each group how
  /// many images are done, and false ends the evaluation.
  func run(
    _ trainer: inout VariationalAutoencoderTrainer<Float>, step: Int, proceed: (_ done: Int) -> Bool
  ) throws(TrainingError) -> EvaluationRecord? {
    let count = dataset[split].count
    var bounds: [Double] = []
    bounds.reserveCapacity(count)
    for first in stride(from: 0, to: count, by: Self.groupSize) {
      guard proceed(first) else { return nil }
      let images = bits(first..<min(first + Self.groupSize, count), step: step)
      do throws(ModelError) {
        bounds += try trainer.importanceWeightedBounds(
          images: images.span, firstRow: first, samples: samples, seed: seed, step: UInt64(step))
      } catch { throw .model(error) }
    }
    return try Self.record(bounds, step: step, split: split, samples: samples)
  }

  private func bits(_ rows: Range<Int>, step: Int) -> [UInt8] {
    let places = rows.lowerBound * dataset.pixels..<rows.upperBound * dataset.pixels
    var uniforms = [Float](repeating: 0, count: places.count * binarisation.uniformsPerPixel)
    var bits = [UInt8](repeating: 0, count: places.count)
    binarisation.binarise(
      Array(dataset[split].intensities[places]), of: dataset, rows: rows,
      stream: RandomStream(seed: seed, purpose: .binarisation, step: Self.evaluationSteps + UInt64(step)),
      uniforms: &uniforms, into: &bits)
    return bits
  }

  static func record(
    _ bounds: [Double], step: Int, split: DataSplit, samples: Int
  ) throws(TrainingError) -> EvaluationRecord {
    let count = Double(bounds.count)
    let mean = bounds.reduce(0, +) / count
    let squares = bounds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard mean.isFinite, squares.isFinite else {
      throw .model(.notFinite(quantity: "the importance-weighted bound", step: UInt64(step)))
    }
    // One image has no spread; its error is not known, and 0 stands for that.
    let standardError = bounds.count > 1 ? (squares / (count - 1) / count).squareRoot() : 0
    return EvaluationRecord(
      step: step, split: split, samples: samples, images: bounds.count, bound: -mean,
      standardError: standardError)
  }
}
