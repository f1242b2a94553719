internal import CCrypto

/// SHA-256 of bytes that arrive piece by piece.
///
/// Source: NIST, "Secure Hash Standard", FIPS 180-4, section 6.2; computed by OpenSSL.
@safe public struct SHA256Stream: ~Copyable {
  private let context: OpaquePointer

  public init() {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("OpenSSL is out of memory") }
    unsafe self.context = context
    let status = unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
    precondition(status == 1, "OpenSSL has no SHA-256")
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  public mutating func update(_ bytes: Span<UInt8>) {
    let status = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(status == 1, "OpenSSL cannot update SHA-256")
  }

  /// The digest of all bytes, 64 hexadecimal digits.
  public consuming func digest() -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    let status = unsafe bytes.withUnsafeMutableBufferPointer {
      unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
    }
    precondition(status == 1, "OpenSSL cannot finish SHA-256")
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The digest of `bytes`, 64 hexadecimal digits.
  public static func digest(of bytes: [UInt8]) -> String {
    var stream = SHA256Stream()
    stream.update(bytes.span)
    return stream.digest()
  }
}
