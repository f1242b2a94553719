import ElementwiseKernels
import Testing

@testable import RandomStreams

/// One line of Random123's table: counter, key, result.
struct KnownAnswer: CustomTestStringConvertible {
  let counter: SIMD4<UInt32>
  let key: SIMD2<UInt32>
  let words: SIMD4<UInt32>
  var testDescription: String { "counter \(counter)" }
}

/// Source: Random123, D. E. Shaw Research, tests/kat_vectors, the three lines "philox4x32 10".
let knownAnswers = [
  KnownAnswer(
    counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0),
    words: SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
  KnownAnswer(
    counter: SIMD4(repeating: 0xffff_ffff), key: SIMD2(repeating: 0xffff_ffff),
    words: SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
  KnownAnswer(
    counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0),
    words: SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)),
]

@Suite("Philox 4x32-10") struct Philox4x32Tests {
  @Test("The published vectors come out of the plain block", arguments: knownAnswers)
  func plainBlock(answer: KnownAnswer) {
    #expect(Philox4x32.block(counter: answer.counter, key: answer.key) == answer.words)
  }

  @Test("The published vectors come out of the bulk kernel", arguments: knownAnswers)
  func bulk(answer: KnownAnswer) {
    var words = [UInt32](repeating: 0, count: 4)
    var span = words.mutableSpan
    fillPhiloxWords(key: answer.key, counter: answer.counter, rows: 1, perRow: 4, into: &span)
    #expect(words == [answer.words[0], answer.words[1], answer.words[2], answer.words[3]])
  }

  @Test("Counter words wrap modulo 2^32 and do not carry", arguments: knownAnswers)
  func wrap(answer: KnownAnswer) {
    var words = [UInt32](repeating: 0, count: 3 * 8)
    var span = words.mutableSpan
    fillPhiloxWords(key: answer.key, counter: answer.counter, rows: 3, perRow: 8, into: &span)
    for row in 0..<3 {
      for block in 0..<2 {
        let counter = answer.counter &+ SIMD4(UInt32(block), UInt32(row), 0, 0)
        let expected = Philox4x32.block(counter: counter, key: answer.key)
        for word in 0..<4 { #expect(words[row * 8 + block * 4 + word] == expected[word]) }
      }
    }
  }
}
