/// A uniform integer in 0..<bound from uniform words, without bias.
///
/// The high half of word times bound is the integer; words whose low half falls below 2^w mod bound are rejected, which
/// leaves each integer the same number of words.
///
/// - Precondition: `bound > 0`.
/// - Complexity: one multiplication and fewer than 2 words on average; a division only when a rejection is possible.
///
/// Source: Lemire, "Fast Random Integer Generation in an Interval", ACM Transactions on Modeling and Computer Simulation
/// 29(1), 2019, Algorithm 5.
func uniformInteger<Word: FixedWidthInteger & UnsignedInteger>(below bound: Word, nextWord: () -> Word)
  -> Word
where Word.Magnitude == Word {
  precondition(bound > 0, "uniformInteger: there is no integer below 0")
  var product = nextWord().multipliedFullWidth(by: bound)
  if product.low < bound {
    let rejected = (0 &- bound) % bound
    while product.low < rejected { product = nextWord().multipliedFullWidth(by: bound) }
  }
  return product.high
}
