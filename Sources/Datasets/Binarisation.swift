/// How intensities become the bits that a Bernoulli likelihood models; or that they do not.
public enum Binarisation: String, CaseIterable, Hashable, Sendable, Codable {
  /// The data are bits already; nothing is done.
  case `static`
  /// A pixel is 1 where its intensity is above half of the largest possible one.
  case threshold
  /// A pixel is 1 with probability intensity / largest intensity, drawn anew at each access.
  case dynamic
  /// As `dynamic`, but drawn once, before training, and the same for all runs.
  case once
  /// They stay intensities, as whole numbers 0...255 whatever the largest possible one, for a Gaussian likelihood. What is no multiple
  /// of 1/255 of full ink is rounded.
  case unbinarised = "none"

  /// Whether a data set can be used with it: bits only as they are, intensities only with a rule.
  public func suits(_ set: DatasetName) -> Bool {
    (set == .mnistStatic) == (self == .static)
  }

  /// Uniform numbers that one pixel takes: 1 where bits are drawn, 0 otherwise.
  public var uniformsPerPixel: Int { self == .dynamic || self == .once ? 1 : 0 }

  /// Bits (or bytes 0...255) of `intensities`, which lie in 0...`maximum`; where bits are drawn, one is set if intensity / maximum >
  /// uniform.
  ///
  /// The uniform numbers in (0, 1) are an argument, so that the caller decides which stream they come from.
  ///
  /// - Precondition: `bits.count == intensities.count` and
  ///   `uniforms.count == intensities.count * uniformsPerPixel`.
  public func binarise(
    _ intensities: Span<UInt8>, maximum: UInt8, uniforms: Span<Float>, into bits: inout MutableSpan<UInt8>
  ) {
    precondition(bits.count == intensities.count)
    precondition(uniforms.count == intensities.count * uniformsPerPixel)
    switch self {
    case .static:
      for i in 0..<bits.count { bits[i] = intensities[i] }
    case .threshold:
      for i in 0..<bits.count { bits[i] = 2 * Int(intensities[i]) > Int(maximum) ? 1 : 0 }
    case .dynamic, .once:
      let scale = Float(maximum)
      for i in 0..<bits.count { bits[i] = Float(intensities[i]) / scale > uniforms[i] ? 1 : 0 }
    case .unbinarised:
      let scale = 255 / Float(maximum)
      for i in 0..<bits.count { bits[i] = UInt8((scale * Float(intensities[i])).rounded()) }
    }
  }

  /// Bits (or bytes 0...255) of `fractions`, which lie in 0...1.
  ///
  /// - Precondition: as for whole intensities, and not `static`.
  func binarise(_ fractions: Span<Float>, uniforms: Span<Float>, into bits: inout MutableSpan<UInt8>) {
    precondition(bits.count == fractions.count && self != .static)
    precondition(uniforms.count == fractions.count * uniformsPerPixel)
    if self == .unbinarised {
      for i in 0..<bits.count { bits[i] = UInt8((255 * fractions[i]).rounded()) }
    } else if uniformsPerPixel == 0 {
      for i in 0..<bits.count { bits[i] = fractions[i] > 0.5 ? 1 : 0 }
    } else {
      for i in 0..<bits.count { bits[i] = fractions[i] > uniforms[i] ? 1 : 0 }
    }
  }
}
