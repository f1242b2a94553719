import Testing

@testable import ReferenceMath

@Suite struct ReferenceGeneratorTests {
  /// The 10,000th word: `mt19937` from the C++ standard (rand.predef), the others from the test suite of GSL.
  @Test(
    "The 10,000th word is the published one",
    arguments: [
      (ReferenceGenerator.Kind.mt19937, 5489, 4_123_659_995), (.ranlxd2, 1, 3_949_287_736),
      (.taus2, 1, 2_733_957_125),
      (.cmrg, 1, 719_452_880),
    ] as [(ReferenceGenerator.Kind, UInt64, UInt64)])
  func knownAnswer(kind: ReferenceGenerator.Kind, seed: UInt64, word: UInt64) throws {
    var generator = try ReferenceGenerator(kind, seed: seed)
    for _ in 1..<10_000 { _ = generator.nextWord() }
    #expect(generator.nextWord() == word)
  }

  @Test("The words of gfsr4 satisfy its recurrence")
  func recurrence() throws {
    var generator = try ReferenceGenerator(.gfsr4, seed: 1)
    let words = (0..<20_000).map { _ in generator.nextWord() }
    for n in 9689..<words.count {
      try #require(words[n] == words[n - 471] ^ words[n - 1586] ^ words[n - 6988] ^ words[n - 9689])
    }
    #expect(Set(words).count > 19_900)
  }

  @Test(
    "Uniform numbers are strictly between 0 and 1 and fill the interval",
    arguments: ReferenceGenerator.Kind.allCases)
  func openInterval(kind: ReferenceGenerator.Kind) throws {
    var generator = try ReferenceGenerator(kind, seed: 7)
    var doubles = [Double](repeating: 0, count: 20_000)
    var floats = [Float](repeating: 0, count: 20_000)
    var span = doubles.mutableSpan
    generator.fill(&span)
    var floatSpan = floats.mutableSpan
    generator.fill(&floatSpan)
    #expect(doubles.allSatisfy { $0 > 0 && $0 < 1 })
    #expect(floats.allSatisfy { $0 > 0 && $0 < 1 })
    // Each hundredth is hit: fixed seed, and a chance of 100 exp(-200) otherwise.
    #expect(Set(doubles.map { Int($0 * 100) }).count == 100)
    #expect(Set(floats.map { Int($0 * 100) }).count == 100)
  }

  @Test("Rounding to Float never gives 0 or 1")
  func rounding() {
    #expect(Float(1 - 0x1p-32) == 1)
    #expect(ReferenceGenerator.roundedInside(1 - 0x1p-32) == 1 - 0x1p-24)
    #expect(ReferenceGenerator.roundedInside((1.0).nextDown) == 1 - 0x1p-24)
    #expect(ReferenceGenerator.roundedInside(0x1p-48) == 0x1p-48)
    #expect(ReferenceGenerator.roundedInside(0.3) == 0.3)
  }

  @Test(
    "Float numbers are the Double numbers of the same seed, rounded",
    arguments: ReferenceGenerator.Kind.allCases)
  func samePlace(kind: ReferenceGenerator.Kind) throws {
    var one = try ReferenceGenerator(kind, seed: 3)
    var other = try ReferenceGenerator(kind, seed: 3)
    var floats = [Float](repeating: 0, count: 1000)
    var span = floats.mutableSpan
    one.fill(&span)
    for place in 0..<1000 { #expect((Double(floats[place]) - other.openUniform()).magnitude <= 0x1p-24) }
  }

  @Test("A clone continues with the same numbers, independently", arguments: ReferenceGenerator.Kind.allCases)
  func clone(kind: ReferenceGenerator.Kind) throws {
    var generator = try ReferenceGenerator(kind, seed: 11)
    _ = generator.openUniform()
    var copy = try generator.clone()
    let expected = (0..<50).map { _ in generator.openUniform() }
    #expect((0..<50).map { _ in copy.openUniform() } == expected)
    #expect(copy.kind == kind)
  }

  @Test(
    "Seeds that stop a generator of GSL are mixed, and seeds that GSL takes for the same differ",
    arguments: ReferenceGenerator.Kind.allCases)
  func seeds(kind: ReferenceGenerator.Kind) throws {
    var firsts = Set<Double>()
    let seeds: [UInt64] = [0, 1, 2, 1 << 31, 1 << 32, 1 << 63, 1 << 32 | 1, .max, 1 << 20]
    for seed in seeds {
      #expect(ReferenceGenerator.librarySeed(seed) % 2 == 1)
      #expect(ReferenceGenerator.librarySeed(seed) < 1 << 31)
      var generator = try ReferenceGenerator(kind, seed: seed)
      firsts.insert(generator.openUniform())
    }
    #expect(firsts.count == seeds.count)
    #expect(ReferenceGenerator.librarySeed(5489) == 5489)
  }
}
