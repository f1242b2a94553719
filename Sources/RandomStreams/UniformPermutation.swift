internal import ElementwiseKernels

extension RandomStream {
  /// A uniformly random order of 0..<count, for example of the examples of an epoch; a function of the stream and `row`.
  ///
  /// Every order has the same probability given ideal words: the integers are drawn without bias. The order takes a
  /// varying number of words, so nothing else may draw from the same row.
  ///
  /// - Precondition: `0 <= count < 2^32`.
  /// - Complexity: `count` swaps and about as many Philox words.
  ///
  /// Source: Durstenfeld, "Algorithm 235: Random permutation", Communications of the ACM 7(7), 1964.
  public func permutation(count: Int, row: UInt32 = 0) -> [UInt32] {
    precondition(count >= 0 && count < 1 << 32, "permutation: \(count) is not in 0..<2^32")
    var words = WordSequence(key: key, counter: counter(row: row, block: 0))
    return shuffledIndices(count: count) { uniformInteger(below: $0) { words.next() } }
  }
}

/// 0..<count, where for i = count - 1 down to 1 element i changes places with element `choose(i + 1)`, which is at most i.
func shuffledIndices(count: Int, choose: (UInt32) -> UInt32) -> [UInt32] {
  var indices = (0..<count).map { UInt32($0) }
  for last in stride(from: count - 1, to: 0, by: -1) {
    indices.swapAt(last, Int(choose(UInt32(last + 1))))
  }
  return indices
}

/// The words of one row of a stream, one after the other, made 64 at a time.
struct WordSequence {
  let key: SIMD2<UInt32>
  var counter: SIMD4<UInt32>
  var buffer = InlineArray<64, UInt32>(repeating: 0)
  var used = 64

  init(key: SIMD2<UInt32>, counter: SIMD4<UInt32>) {
    self.key = key
    self.counter = counter
  }

  mutating func next() -> UInt32 {
    if used == buffer.count {
      var words = buffer.mutableSpan
      fillPhiloxWords(key: key, counter: counter, rows: 1, perRow: words.count, into: &words)
      counter[0] &+= UInt32(buffer.count / 4)
      used = 0
    }
    used += 1
    return buffer[used - 1]
  }
}
