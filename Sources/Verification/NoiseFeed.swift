internal import ElementwiseKernels
internal import RandomStreams
internal import ReferenceMath

/// A generator that drives the random checks: the production one, or an independent one of GSL.
public enum NoiseGenerator: String, CaseIterable, Codable, Hashable, Sendable {
  case philox, mt19937, ranlxd2, taus2, cmrg, gfsr4

  /// Philox and three of GSL's that share no construction: a twisted shift register, a combined Tausworthe and a
  /// combined multiple recursive generator.
  public static let standard: [NoiseGenerator] = [.philox, .mt19937, .taus2, .cmrg]

  var reference: ReferenceGenerator.Kind? {
    self == .philox ? nil : ReferenceGenerator.Kind(rawValue: rawValue)
  }
}

/// The noise of one random check, from its own place in the seed's space.
///
/// GSL's numbers are put on the grid of the production uniforms: bit by bit the same set of values, so that a check under
/// GSL differs from one under Philox in the randomness only.
struct NoiseFeed: ~Copyable {
  private let stream: RandomStream
  private var reference: ReferenceGenerator?
  private var nextRow = 0

  /// - Parameters:
  ///   - generator: where the numbers come from.
  ///   - seed: the run's seed.
  ///   - purpose: what the numbers are for; different texts get unrelated numbers.
  /// - Throws: `GSLError` where memory is exhausted.
  init(_ generator: NoiseGenerator, seed: UInt64, purpose: String) throws(GSLError) {
    let address = Self.address(purpose)
    stream = RandomStream(seed: seed, purpose: .verification, step: address)
    if let kind = generator.reference {
      let words = Philox4x32.block(
        counter: SIMD4(UInt32(truncatingIfNeeded: address), UInt32(truncatingIfNeeded: address >> 32), 0, 0),
        key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
      reference = try ReferenceGenerator(kind, seed: UInt64(words[0]) << 32 | UInt64(words[1]))
    } else {
      reference = nil
    }
  }

  /// Fills [rows x perRow] with the next numbers.
  mutating func fill<Scalar: KernelScalar>(
    rows: Int, perRow: Int, into noise: inout MutableSpan<Scalar>
  ) {
    guard reference != nil else {
      stream.fillUniforms(rows: nextRow..<nextRow + rows, perRow: perRow, into: &noise)
      nextRow += rows
      return
    }
    for i in 0..<noise.count {
      let high = nextWord()
      noise[i] = .openUniform(high, Scalar.wordsPerUniform == 2 ? nextWord() : 0)
    }
  }

  private mutating func nextWord() -> UInt32 {
    UInt32((reference?.openUniform() ?? 0) * 0x1p32)
  }

  /// A 56-bit digest of a purpose (FNV-1a), the same in every run.
  static func address(_ purpose: String) -> UInt64 {
    let digest = purpose.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return (digest ^ digest >> 56) & (1 << 56 - 1)
  }
}
