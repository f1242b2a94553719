import CKernels
import ElementwiseKernels
import Testing

@testable import RandomStreams

private typealias WordsKernel = (armature_philox_origin, Int, Int, UnsafeMutablePointer<UInt32>?) -> Void
private typealias UniformsKernel = (armature_philox_origin, Int, Int, UnsafeMutablePointer<Float>?) -> Void

@Suite("Random streams") struct RandomStreamTests {
  let stream = RandomStream(
    seed: 0x0123_4567_89ab_cdef, purpose: .estimatorNoise, step: 0x00fe_dcba_9876_5432)

  static let shapes = [(0, 3), (1, 1), (70, 1), (40, 3), (40, 4), (9, 5), (3, 200), (2, 257), (1, 1000)]

  /// The definition of the stream, one number at a time.
  func reference<Scalar: KernelScalar>(_ stream: RandomStream, rows: Range<Int>, perRow: Int) -> [Scalar] {
    let perBlock = 4 / Scalar.wordsPerUniform
    return rows.flatMap { row in
      (0..<perRow).map { column in
        let words = Philox4x32.block(
          counter: stream.counter(row: UInt32(row), block: UInt32(column / perBlock)), key: stream.key)
        let word = column % perBlock * Scalar.wordsPerUniform
        return .openUniform(words[word], words[word + Scalar.wordsPerUniform - 1])
      }
    }
  }

  func uniforms<Scalar: KernelScalar>(_ stream: RandomStream, rows: Range<Int>, perRow: Int) -> [Scalar] {
    var numbers = [Scalar](repeating: .nan, count: rows.count * perRow)
    var span = numbers.mutableSpan
    stream.fillUniforms(rows: rows, perRow: perRow, into: &span)
    return numbers
  }

  @Test("Numbers in bulk are those of the definition, in both precisions", arguments: shapes)
  func definition(rows: Int, perRow: Int) {
    let range = 5..<5 + rows
    let single: [Float] = uniforms(stream, rows: range, perRow: perRow)
    #expect(single == reference(stream, rows: range, perRow: perRow))
    let double: [Double] = uniforms(stream, rows: range, perRow: perRow)
    #expect(double == reference(stream, rows: range, perRow: perRow))
  }

  @Test(
    "Every machine code gives the same words and uniform numbers", .enabled(if: armature_has_avx2() == 1),
    arguments: shapes)
  func twins(rows: Int, perRow: Int) {
    let origin = armature_philox_origin(key: (1, .max), counter: (.max - 3, .max - 1, 7, 0x8000_0000))
    var portable = [UInt32](repeating: 0, count: rows * perRow)
    unsafe armature_philox_words_portable(origin, rows, perRow, &portable)
    var portableUniforms = [Float](repeating: 0, count: rows * perRow)
    unsafe armature_philox_uniforms_portable(origin, rows, perRow, &portableUniforms)
    #expect(portableUniforms == portable.map { Float.openUniform($0, $0) })
    func check(_ wordsKernel: WordsKernel, _ uniformsKernel: UniformsKernel) {
      var words = [UInt32](repeating: 0, count: rows * perRow)
      unsafe wordsKernel(origin, rows, perRow, &words)
      #expect(words == portable)
      var uniforms = [Float](repeating: 0, count: rows * perRow)
      unsafe uniformsKernel(origin, rows, perRow, &uniforms)
      #expect(uniforms == portableUniforms)
    }
    unsafe check(armature_philox_words_avx2, armature_philox_uniforms_avx2)
    if armature_has_avx512() == 1 {
      unsafe check(armature_philox_words_avx512, armature_philox_uniforms_avx512)
    }
  }

  @Test("Rows are the same however they are shared out")
  func rowsAreIndependent() {
    let together: [Float] = uniforms(stream, rows: 0..<17, perRow: 11)
    let first: [Float] = uniforms(stream, rows: 0..<6, perRow: 11)
    let second: [Float] = uniforms(stream, rows: 6..<17, perRow: 11)
    #expect(together == first + second)
    let last: [Float] = uniforms(stream, rows: (1 << 32) - 1..<1 << 32, perRow: 3)
    #expect(last == reference(stream, rows: (1 << 32) - 1..<1 << 32, perRow: 3))
  }

  @Test("Seed, purpose, step and row each change every counter or key, in all their bits")
  func addresses() {
    var seen = Set<[UInt32]>()
    var addresses = 0
    func record(_ stream: RandomStream, row: UInt32) {
      let counter = stream.counter(row: row, block: 0)
      seen.insert([stream.key[0], stream.key[1], counter[0], counter[1], counter[2], counter[3]])
      addresses += 1
    }
    record(RandomStream(seed: 0, purpose: StreamPurpose(rawValue: 0), step: 0), row: 0)
    for bit in 0..<64 {
      record(RandomStream(seed: 1 << bit, purpose: StreamPurpose(rawValue: 0), step: 0), row: 0)
    }
    for bit in 0..<8 {
      record(RandomStream(seed: 0, purpose: StreamPurpose(rawValue: 1 << bit), step: 0), row: 0)
    }
    for bit in 0..<56 {
      record(RandomStream(seed: 0, purpose: StreamPurpose(rawValue: 0), step: 1 << bit), row: 0)
    }
    for bit in 0..<32 {
      record(RandomStream(seed: 0, purpose: StreamPurpose(rawValue: 0), step: 0), row: 1 << bit)
    }
    #expect(seen.count == addresses)
  }

  @Test("Extreme words give numbers strictly between 0 and 1, exactly symmetric about 1/2")
  func openInterval() {
    #expect(Float.openUniform(0, 0) == 0x1p-24)
    #expect(Float.openUniform(.max, .max) == 1 - 0x1p-24)
    #expect(Double.openUniform(0, 0) == 0x1p-53)
    #expect(Double.openUniform(.max, .max) == 1 - 0x1p-53)
    for word: UInt32 in [0, 1, 511, 512, 0x7fff_ffff, 0x8000_0000, 0x1234_5678] {
      #expect(Float.openUniform(word, 0) + Float.openUniform(~word, 0) == 1)
      #expect(Double.openUniform(word, 99) + Double.openUniform(~word, ~99) == 1)
    }
  }

  @Test("As a sequential source, successive fills are successive rows")
  func source() {
    var source = PhiloxSource(stream: stream)
    #expect(source.name == "philox")
    var drawn = [Float]()
    for _ in 0..<3 {
      var numbers = [Float](repeating: .nan, count: 6)
      var span = numbers.mutableSpan
      source.fill(&span)
      drawn += numbers
    }
    let expected: [Float] = reference(stream, rows: 0..<3, perRow: 6)
    #expect(drawn == expected)
  }
}
