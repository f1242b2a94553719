internal import CGSL

/// A random number generator of GSL, owned: the independent reference beside the production generator.
///
/// The numbers are spaced by 2^-32 (`cmrg`: 2^-31; `ranlxd2`: 2^-48), which biases an event of probability p by
/// less than 2^-31.
@safe
public struct ReferenceGenerator: ~Copyable {
  /// The algorithms offered; they share no construction with each other.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Matsumoto and Nishimura, "Mersenne twister", ACM TOMACS 8, 1998.
    case mt19937
    /// Luescher, "A portable high-quality random number generator for lattice field theory simulations", Computer
    /// Physics Communications 79, 1994; second luxury level, 48 bits.
    case ranlxd2
    /// L'Ecuyer, "Tables of maximally equidistributed combined LFSR generators", Mathematics of Computation 68,
    /// 1999.
    case taus2
    /// L'Ecuyer, "Combined multiple recursive random number generators", Operations Research 44, 1996.
    case cmrg
    /// Ziff, "Four-tap shift-register-sequence random-number generators", Computers in Physics 12, 1998.
    case gfsr4
  }

  /// The algorithm.
  public let kind: Kind
  private let state: UnsafeMutablePointer<gsl_rng>

  /// A generator started from `seed`.
  ///
  /// An odd seed below 2^31 is GSL's own seed. Any other is mixed into one, because GSL reads only 31 or 32 bits
  /// of a seed, takes 0 for its default, and from multiples of large powers of two starts some generators in a
  /// state that repeats at once (`gfsr4` from 2^31 and `cmrg` from 2^32 return zero for ever).
  ///
  /// - Throws: `GSLError` where memory is exhausted.
  public init(_ kind: Kind, seed: UInt64) throws(GSLError) {
    GSLLibrary.prepare()
    guard let state = unsafe gsl_rng_alloc(Self.algorithm(kind)) else {
      throw GSLLibrary.error("gsl_rng_alloc", kind.rawValue, code: Int(GSL_ENOMEM))
    }
    unsafe gsl_rng_set(state, UInt(Self.librarySeed(seed)))
    self.kind = kind
    unsafe self.state = state
  }

  private init(kind: Kind, state: UnsafeMutablePointer<gsl_rng>) {
    self.kind = kind
    unsafe self.state = state
  }

  deinit { unsafe gsl_rng_free(state) }

  /// The next number, in the open interval (0, 1).
  public mutating func openUniform() -> Double { unsafe gsl_rng_uniform_pos(state) }

  /// Fills `uniforms` with the next numbers, in the open interval (0, 1).
  public mutating func fill(_ uniforms: inout MutableSpan<Double>) {
    for i in uniforms.indices { uniforms[i] = openUniform() }
  }

  /// Fills `uniforms` with the next numbers, rounded to `Float`, in the open interval (0, 1).
  public mutating func fill(_ uniforms: inout MutableSpan<Float>) {
    for i in uniforms.indices { uniforms[i] = Self.roundedInside(openUniform()) }
  }

  /// A second generator that continues with the same numbers.
  ///
  /// - Throws: `GSLError` where memory is exhausted.
  public func clone() throws(GSLError) -> ReferenceGenerator {
    guard let copy = unsafe gsl_rng_clone(state) else {
      throw GSLLibrary.error("gsl_rng_clone", kind.rawValue, code: Int(GSL_ENOMEM))
    }
    return unsafe ReferenceGenerator(kind: kind, state: copy)
  }

  /// The next word of the algorithm, as its published test values list it.
  mutating func nextWord() -> UInt64 { UInt64(unsafe gsl_rng_get(state)) }

  /// The nearest `Float` that is strictly inside (0, 1).
  ///
  /// Numbers above 1 - 2^-25 would round to 1. They go to the largest `Float` below 1 instead of being drawn
  /// again, so that `Float` and `Double` runs of one seed stay in step; no number moves by more than 2^-24.
  static func roundedInside(_ uniform: Double) -> Float { min(Float(uniform), Float(1).nextDown) }

  /// The seed handed to GSL: odd and below 2^31.
  static func librarySeed(_ seed: UInt64) -> UInt64 {
    if seed < 1 << 31, seed % 2 == 1 { return seed }
    // The finaliser of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
    var mixed = seed &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return (mixed ^ mixed >> 31) >> 33 | 1
  }

  private static func algorithm(_ kind: Kind) -> UnsafePointer<gsl_rng_type>? {
    switch kind {
    case .mt19937: unsafe cgsl_rng_mt19937()
    case .ranlxd2: unsafe cgsl_rng_ranlxd2()
    case .taus2: unsafe cgsl_rng_taus2()
    case .cmrg: unsafe cgsl_rng_cmrg()
    case .gfsr4: unsafe cgsl_rng_gfsr4()
    }
  }
}
