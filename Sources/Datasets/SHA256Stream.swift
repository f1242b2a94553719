/// SHA-256 of bytes that arrive piece by piece.
///
/// Source: NIST, "Secure Hash Standard", FIPS 180-4, section 6.2; computed by OpenSSL.
public struct SHA256Stream: ~Copyable {
  private var stream = DigestStream(.sha256)

  public init() {}

  public mutating func update(_ bytes: Span<UInt8>) { stream.update(bytes) }

  /// The digest of all bytes, 64 hexadecimal digits.
  public consuming func digest() -> String { stream.digest() }

  /// The digest of `bytes`, 64 hexadecimal digits.
  public static func digest(of bytes: [UInt8]) -> String { DigestStream.digest(of: bytes, .sha256) }
}
