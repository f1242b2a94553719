import Testing

@testable import Verification

@Suite("Noise feeds")
struct NoiseFeedTests {
  private func numbers(
    _ generator: NoiseGenerator, seed: UInt64 = TestSeed.value, purpose: String = "a"
  ) throws -> [Float] {
    var feed = try NoiseFeed(generator, seed: seed, purpose: purpose)
    var noise = [Float](repeating: 0, count: 600)
    var output = noise.mutableSpan
    feed.fill(rows: 100, perRow: 6, into: &output)
    return noise
  }

  @Test(
    "Numbers lie on the production grid, inside (0, 1), so that 1 - u is exact",
    arguments: NoiseGenerator.allCases)
  func grid(generator: NoiseGenerator) throws {
    for number in try numbers(generator) {
      let place = Double(number) * 0x1p23 - 0.5
      #expect(place == place.rounded() && place >= 0 && place < 0x1p23)
      #expect(1 - (1 - number) == number)
    }
  }

  @Test(
    "The same seed and purpose repeat; another seed, purpose or generator does not",
    arguments: NoiseGenerator.allCases)
  func streams(generator: NoiseGenerator) throws {
    let first = try numbers(generator)
    #expect(try numbers(generator) == first)
    #expect(try numbers(generator, purpose: "b") != first)
    #expect(try numbers(generator, seed: TestSeed.value &+ 1) != first)
    #expect(try numbers(generator == .philox ? .taus2 : .philox) != first)
  }

  @Test("A feed continues where it stopped", arguments: NoiseGenerator.allCases)
  func continuation(generator: NoiseGenerator) throws {
    var feed = try NoiseFeed(generator, seed: TestSeed.value, purpose: "a")
    var parts: [Float] = []
    for _ in 0..<4 {
      var noise = [Float](repeating: 0, count: 150)
      var output = noise.mutableSpan
      feed.fill(rows: 25, perRow: 6, into: &output)
      parts += noise
    }
    #expect(try parts == numbers(generator))
  }
}
