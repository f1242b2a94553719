/// The counter-based generator Philox 4x32 with ten rounds.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3.
public enum Philox4x32 {
  /// Four 32-bit words, a bijection of `counter` for each `key`.
  ///
  /// - Complexity: 20 multiplications of 32 by 32 bits.
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var words = counter
    var roundKey = key
    for round in 0..<10 {
      if round > 0 { roundKey &+= SIMD2(0x9E37_79B9, 0xBB67_AE85) }
      let first = UInt32(0xD251_1F53).multipliedFullWidth(by: words[0])
      let second = UInt32(0xCD9E_8D57).multipliedFullWidth(by: words[2])
      words = SIMD4(
        second.high ^ words[1] ^ roundKey[0], second.low, first.high ^ words[3] ^ roundKey[1], first.low)
    }
    return words
  }
}
