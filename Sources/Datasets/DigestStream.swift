internal import CCrypto

/// A checksum of bytes that arrive piece by piece; computed by OpenSSL.
@safe struct DigestStream: ~Copyable {
  enum Algorithm: String {
    /// NIST, "Secure Hash Standard", FIPS 180-4, section 6.2.
    case sha256 = "SHA-256"
    /// Rivest, "The MD5 Message-Digest Algorithm", RFC 1321; only where nothing better is published for a file.
    case md5 = "MD5"
  }

  private let context: OpaquePointer
  private let length: Int

  init(_ algorithm: Algorithm) {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("OpenSSL is out of memory") }
    unsafe self.context = context
    let status: Int32
    switch algorithm {
    case .sha256:
      length = 32
      status = unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
    case .md5:
      length = 16
      status = unsafe EVP_DigestInit_ex(context, EVP_md5(), nil)
    }
    precondition(status == 1, "OpenSSL has no \(algorithm.rawValue)")
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  mutating func update(_ bytes: Span<UInt8>) {
    let status = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(status == 1, "OpenSSL cannot update a digest")
  }

  /// The digest of all bytes, in hexadecimal digits.
  consuming func digest() -> String {
    var bytes = [UInt8](repeating: 0, count: length)
    let status = unsafe bytes.withUnsafeMutableBufferPointer {
      unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
    }
    precondition(status == 1, "OpenSSL cannot finish a digest")
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  static func digest(of bytes: [UInt8], _ algorithm: Algorithm) -> String {
    var stream = DigestStream(algorithm)
    stream.update(bytes.span)
    return stream.digest()
  }
}
