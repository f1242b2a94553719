internal import Datasets
internal import Foundation
internal import Numerics
internal import RandomStreams

/// Images of 784 bits to time training with.
struct BenchmarkImages: Sendable {
  static let pixels = 784

  /// What the images are, for the report.
  let description: String
  /// [count x pixels], bytes 0 and 1.
  let train: [UInt8]
  let test: [UInt8]
  /// Mean of each pixel over the training images.
  let mean: [Float]

  /// The share of ones.
  var density: Double { Double(train.reduce(0) { $0 + Int($1) }) / Double(train.count) }

  /// MNIST-static from a folder.
  static func mnist(folder: URL) throws(TrainingError) -> BenchmarkImages {
    do throws(DatasetError) {
      let dataset = try ImageDataset.load(.mnistStatic, folder: folder)
      return BenchmarkImages(
        description: "MNIST-static", train: dataset.train.intensities, test: dataset.test.intensities,
        mean: dataset.meanImage(.static))
    } catch { throw .data(error) }
  }

  /// Independent bits with as many ones as MNIST has, most of them around the centre, as there.
  static func synthetic() -> BenchmarkImages {
    let probabilities = centredProbabilities()
    return BenchmarkImages(
      description: "synthetic images, 13 % ones as in MNIST",
      train: bits(probabilities, count: 2000, step: 0), test: bits(probabilities, count: 1000, step: 1),
      mean: probabilities)
  }

  private static func centredProbabilities() -> [Float] {
    let weights = (0..<pixels).map { pixel in
      let (x, y) = (Double(pixel % 28) - 13.5, Double(pixel / 28) - 13.5)
      return Double.exp(-(x * x + y * y) / 60)
    }
    let scale = 0.13 * Double(pixels) / weights.reduce(0, +)
    return weights.map { Float(min($0 * scale, 1)) }
  }

  private static func bits(_ probabilities: [Float], count: Int, step: UInt64) -> [UInt8] {
    var uniforms = [Float](repeating: 0, count: count * pixels)
    var target = uniforms.mutableSpan
    RandomStream(seed: 1, purpose: .binarisation, step: step).fillUniforms(
      rows: 0..<count, perRow: pixels, into: &target)
    return uniforms.indices.map { uniforms[$0] < probabilities[$0 % pixels] ? 1 : 0 }
  }
}
