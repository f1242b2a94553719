import ElementwiseKernels
import GradientEstimators
import Numerics
import RandomStreams
import Testing

@testable import LatentVariableModels

@Suite("What models make of images")
struct ModelImagesTests {
  private static let images = SmallModels.images.flatMap { $0 }

  /// The uniform numbers of a row of a stream.
  private func uniforms(_ purpose: UInt32, row: Int, _ count: Int) -> [Double] {
    var numbers = [Double](repeating: 0, count: count)
    var target = numbers.mutableSpan
    RandomStream(seed: 5, purpose: StreamPurpose(rawValue: purpose), step: 0).fillUniforms(
      rows: row..<row + 1, perRow: count, into: &target)
    return numbers
  }

  private func sigmoid(_ x: Double) -> Double { 1 / (1 + Double.exp(-x)) }

  private func bits(_ logits: [Double], _ uniforms: some Sequence<Double>) -> [Int] {
    zip(uniforms, logits).map { $0 < sigmoid($1) ? 1 : 0 }
  }

  private func largestError(_ found: [Float]?, _ expected: [Double]) -> Double {
    guard let found, found.count == expected.count else { return .infinity }
    return zip(found, expected).map { (Double($0) - $1).magnitude }.max() ?? .infinity
  }

  /// The last one of the pixels moved by a thousandth: what the tests must see.
  private func moved(_ expected: [Double]) -> [Double] {
    expected.dropLast() + [expected[expected.count - 1] + 1e-3]
  }

  private func expectEqual(_ found: [Float]?, _ expected: [Double]) {
    #expect(largestError(found, expected) < 1e-6)
    #expect(largestError(found, moved(expected)) > 9e-4)
  }

  @Test(
    "An autoencoder's images are the decoder's probabilities at latents from the prior, and from q given an image"
  )
  func autoencoder() throws {
    let trainer = try SmallModels.trainer(latents: 4, batch: 1, estimator: ARM())
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    func decoded(_ bits: [Int]) -> [Double] { naive.decoderLogits(bits).map { sigmoid($0.value) } }
    let prior = trainer.priorLogits
    expectEqual(
      try trainer.generatedImages(count: 6, seed: 5),
      (0..<6).flatMap { row in decoded(bits(prior, uniforms(10, row: row, 4))) })
    let images = Self.images
    expectEqual(
      try trainer.reconstructions(images: images.span, seed: 5),
      SmallModels.images.enumerated().flatMap { row, image in
        decoded(bits(naive.encoderLogits(image).map(\.value), uniforms(12, row: row, 4)))
      })
    #expect(trainer.givenPixels == 0)
    #expect(throws: ModelError.self) { try trainer.generatedImages(count: 0, seed: 5) }
    #expect(throws: ModelError.self) {
      try trainer.reconstructions(images: images.span.extracting(first: 4), seed: 5)
    }
  }

  @Test("Images of categorical latents are the decoder's at the states that the same numbers draw")
  func categorical() throws {
    let trainer = try SmallModels.trainer(
      latents: 2, categories: 3, batch: 1, estimator: REINFORCE())
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    let states = (0..<naive.stateCount).map { state in
      naive.decoderLogits(naive.bits(state)).map { sigmoid($0.value) }
    }
    let found = try #require(try trainer.generatedImages(count: 8, seed: 5))
    let reconstructed = try #require(try trainer.reconstructions(images: Self.images.span, seed: 5))
    var seen: Set<Int> = []
    for start in stride(from: 0, to: found.count + reconstructed.count, by: 5) {
      let image = Array((found + reconstructed)[start..<start + 5])
      let state = states.firstIndex { largestError(image, $0) < 1e-6 }
      seen.insert(try #require(state))
    }
    #expect(seen.count > 2)
  }

  @Test(
    "A layered model's samples come down from the prior, its reconstructions from the first layer given the image"
  )
  func layered() throws {
    let configuration = SmallLayeredModels.configuration(.generation, latents: [3, 2], hidden: [3])
    let trainer = try SmallLayeredModels.trainer(
      configuration, batch: 1, estimator: LayeredBranching(ARM()), as: Double.self)
    let naive = NaiveLayeredModel(configuration: configuration, tensors: trainer.tensors())
    let prior = trainer.priorLogits
    func decoded(_ layer: Int, _ bits: [Int]) -> [Double] {
      naive.decoderLogits(layer, bits.map { Dual(value: Double($0)) }).map(\.value)
    }
    expectEqual(
      try trainer.generatedImages(count: 6, seed: 5),
      (0..<6).flatMap { row -> [Double] in
        let numbers = uniforms(10, row: row, 5)
        let first = bits(decoded(1, bits(prior, numbers[..<2])), numbers[2...])
        return decoded(0, first).map(sigmoid)
      })
    let images = Self.images
    expectEqual(
      try trainer.reconstructions(images: images.span, seed: 5),
      SmallModels.images.enumerated().flatMap { row, image in
        let logits = naive.chainLogits(0, image: image, below: []).map(\.value)
        return decoded(0, bits(logits, uniforms(12, row: row, 3))).map(sigmoid)
      })
  }

  @Test(
    "A completion has the given pixels as they are and the mean prediction over samples of the chain for the others"
  )
  func completion() throws {
    let configuration = SmallLayeredModels.configuration(.completion, latents: [2, 3])
    let trainer = try SmallLayeredModels.trainer(
      configuration, batch: 1, estimator: LayeredBranching(ARM()), as: Double.self)
    let naive = NaiveLayeredModel(configuration: configuration, tensors: trainer.tensors())
    let images = Self.images
    let samples = 100
    expectEqual(
      try trainer.reconstructions(images: images.span, seed: 5),
      SmallModels.images.enumerated().flatMap { row, image -> [Double] in
        let numbers = uniforms(12, row: row, 5 * samples)
        let predictions = (0..<samples).map { sample -> [Double] in
          let own = numbers[5 * sample..<5 * sample + 5]
          let first = bits(naive.chainLogits(0, image: image, below: []).map(\.value), own.prefix(2))
          let below = first.map { Dual(value: Double($0)) }
          let top = bits(naive.chainLogits(1, image: image, below: below).map(\.value), own.suffix(3))
          return naive.classLogits(top.map { Dual(value: Double($0)) }).map { sigmoid($0.value) }
        }
        return image[..<2].map { Double($0) }
          + (0..<3).map { pixel in predictions.reduce(0) { $0 + $1[pixel] } / Double(samples) }
      })
    #expect(trainer.givenPixels == 2)
    #expect(try trainer.generatedImages(count: 3, seed: 5) == nil)
  }

  @Test("A classifier has no images")
  func classifier() throws {
    let trainer = try SmallLayeredModels.trainer(
      SmallLayeredModels.configuration(.classification(classes: 3), latents: [2]), batch: 1,
      estimator: LayeredBranching(ARM()), as: Double.self)
    #expect(try trainer.generatedImages(count: 3, seed: 5) == nil)
    #expect(try trainer.reconstructions(images: Self.images.span, seed: 5) == nil)
  }
}
