import ElementwiseKernels
import Testing

@testable import RandomStreams

@Suite("Uniform integers and permutations") struct UniformPermutationTests {
  @Test("Of all 256 words of 8 bits, every bound accepts equally many for each integer")
  func unbiasedIntegers() {
    for bound in UInt8(1)...255 {
      var counts = [Int](repeating: 0, count: Int(bound))
      for word in UInt8.min...UInt8.max {
        // A rejected word asks for a second one; the probe then answers with a word that is always accepted.
        var asked = 0
        let value = uniformInteger(below: bound) {
          asked += 1
          return asked == 1 ? word : 255
        }
        if asked == 1 { counts[Int(value)] += 1 }
      }
      #expect(counts.allSatisfy { $0 == 256 / Int(bound) }, "bound \(bound)")
    }
  }

  @Test("Taking the high half without rejection would be seen as biased")
  func biasIsSeen() {
    var counts = [Int](repeating: 0, count: 6)
    for word in 0..<256 { counts[word * 6 / 256] += 1 }
    #expect(!counts.allSatisfy { $0 == 256 / 6 })
  }

  @Test("Each sequence of choices gives another order, so equally likely choices give equally likely orders")
  func orders() {
    var seen = Set<[UInt32]>()
    for first in UInt32(0)..<4 {
      for second in UInt32(0)..<3 {
        for third in UInt32(0)..<2 {
          var choices = [first, second, third]
          seen.insert(shuffledIndices(count: 4) { _ in choices.removeFirst() })
        }
      }
    }
    #expect(seen.count == 24)
  }

  @Test("A permutation holds every index once and is a function of stream and row")
  func permutation() {
    let stream = RandomStream(seed: 1, purpose: .dataOrder, step: 3)
    let order = stream.permutation(count: 1000)
    #expect(order.sorted() == (0..<1000).map { UInt32($0) })
    #expect(order == stream.permutation(count: 1000))
    #expect(order != stream.permutation(count: 1000, row: 1))
    #expect(order != RandomStream(seed: 1, purpose: .dataOrder, step: 4).permutation(count: 1000))
    #expect(stream.permutation(count: 0).isEmpty)
    #expect(stream.permutation(count: 1) == [0])
  }

  @Test("The words of a sequence are those of the stream's row")
  func words() {
    let stream = RandomStream(seed: 9, purpose: .dataOrder, step: 1)
    var words = WordSequence(key: stream.key, counter: stream.counter(row: 2, block: 0))
    for block in 0..<40 {
      let expected = Philox4x32.block(counter: stream.counter(row: 2, block: UInt32(block)), key: stream.key)
      for word in 0..<4 { #expect(words.next() == expected[word]) }
    }
  }
}
