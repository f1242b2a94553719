internal import Datasets
internal import LatentVariableModels
internal import RandomStreams

/// The importance-weighted bound over a whole split.
struct Evaluation {
  let data: TrainingData
  let split: DataSplit
  let samples: Int
  let seed: UInt64

  /// Images that are evaluated together; between two groups the caller is asked whether to go on. Enough that threads
  /// seldom wait for each other, and not more than some tenths of a second's work.
  private var groupSize: Int { max(16, 50_000 / samples / 16 * 16) }
  /// Sets the bits of evaluated images apart from those of the training batch of the same step.
  private static let evaluationSteps: UInt64 = 1 << 55

  /// The step in the address of the bits: each split has its own.
  func address(step: Int) -> UInt64 {
    let part: UInt64 =
      switch split {
      case .test: 0
      case .valid: 1
      case .train: 2
      }
    return Self.evaluationSteps + part << 50 + UInt64(step)
  }

  /// The record of the parameters after `step` steps, or nil where `proceed` said no: it is told before each group how
  /// many images are done, and false ends the evaluation.
  func run(
    _ model: any HeldModel, step: Int, proceed: (_ done: Int) -> Bool
  ) throws(TrainingError) -> EvaluationRecord? {
    let count = data.dataset[split].count
    var bounds: [Double] = []
    var isCorrect: [Bool] = []
    bounds.reserveCapacity(count)
    for first in stride(from: 0, to: count, by: groupSize) {
      guard proceed(first) else { return nil }
      let rows = first..<min(first + groupSize, count)
      let images = bits(rows, step: step)
      let labels = data.labels(rows, of: split)
      do throws(ModelError) {
        let group = try model.bounds(
          images: images.span, labels: labels.span, firstRow: first, samples: samples, seed: seed,
          step: UInt64(step))
        bounds += group.bounds
        isCorrect += group.isCorrect
      } catch { throw .model(error) }
    }
    return try Self.record(bounds, isCorrect: isCorrect, step: step, split: split, samples: samples)
  }

  /// The bits or intensities of these images, [rows x pixels], as the evaluation after `step` steps sees them.
  func bits(_ rows: Range<Int>, step: Int) -> [UInt8] {
    let pixels = data.dataset.pixels
    var uniforms = [Float](repeating: 0, count: rows.count * pixels * data.binarisation.uniformsPerPixel)
    var bits = [UInt8](repeating: 0, count: rows.count * pixels)
    let stream = RandomStream(seed: seed, purpose: .binarisation, step: address(step: step))
    data.binarise(
      rows.map(UInt32.init), of: split, rows: rows, stream: stream, uniforms: &uniforms, into: &bits)
    return bits
  }

  static func record(
    _ bounds: [Double], isCorrect: [Bool] = [], step: Int, split: DataSplit, samples: Int
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
      standardError: standardError,
      accuracy: isCorrect.isEmpty ? nil : Double(isCorrect.count { $0 }) / Double(isCorrect.count))
  }
}
