/// A gzip stream of stored (uncompressed) blocks, RFC 1951 section 3.2.4 inside RFC 1952.
func gzip(_ content: [UInt8]) -> [UInt8] {
  [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] + storedBlocks(content) + littleEndian(crc32(content))
    + littleEndian(UInt32(content.count))
}

/// A zlib stream of stored blocks, RFC 1950.
func zlib(_ content: [UInt8]) -> [UInt8] {
  [0x78, 0x01] + storedBlocks(content) + littleEndian(adler32(content)).reversed()
}

private func storedBlocks(_ content: [UInt8]) -> [UInt8] {
  var stream: [UInt8] = []
  let blockSize = 65_535
  var start = 0
  repeat {
    let end = min(start + blockSize, content.count)
    let length = UInt16(end - start)
    stream.append(end == content.count ? 1 : 0)
    stream += littleEndian(UInt32(length)).prefix(2) + littleEndian(UInt32(~length)).prefix(2)
    stream += content[start..<end]
    start = end
  } while start < content.count
  return stream
}

private func adler32(_ bytes: [UInt8]) -> UInt32 {
  var (low, high): (UInt32, UInt32) = (1, 0)
  for byte in bytes {
    low = (low + UInt32(byte)) % 65521
    high = (high + low) % 65521
  }
  return high << 16 | low
}

private func littleEndian(_ word: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
}

private let crcTable = (UInt32(0)..<256).map { byte in
  (0..<8).reduce(byte) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
  var register = UInt32.max
  for byte in bytes { register = register >> 8 ^ crcTable[Int(UInt8(truncatingIfNeeded: register) ^ byte)] }
  return ~register
}
