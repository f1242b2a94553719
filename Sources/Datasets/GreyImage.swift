internal import CZlib

/// A grey image of 8 bits, 0 black.
package struct GreyImage: Hashable, Sendable {
  package let width: Int
  package let height: Int
  /// Row-major, [height x width].
  package let pixels: [UInt8]

  /// - Precondition: both sides are in 1..<2^31, and there are as many pixels as they say.
  package init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(1..<1 << 31 ~= width && 1..<1 << 31 ~= height && pixels.count == width * height)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The image as a PNG file: colour type 0, no filters, no interlacing, no text and no time; equal images give equal bytes with
  /// the same zlib.
  ///
  /// Source: W3C, "Portable Network Graphics (PNG) Specification", second edition, 2003, sections 5 and 11.
  package func png() -> [UInt8] {
    let filterNone: UInt8 = 0
    var rows: [UInt8] = []
    rows.reserveCapacity(height * (width + 1))
    for start in stride(from: 0, to: pixels.count, by: width) {
      rows.append(filterNone)
      rows += pixels[start..<start + width]
    }
    // Bits of a sample; colour type, compression, filtering and interlacing have one number each.
    let header = Self.bigEndian(UInt32(width)) + Self.bigEndian(UInt32(height)) + [8, 0, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Self.chunk("IHDR", header)
      + Self.chunk("IDAT", Self.compressed(rows)) + Self.chunk("IEND", [])
  }

  /// Length, kind, content, and the checksum of the latter two.
  private static func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
    let checked = Array(kind.utf8) + content
    let checksum = unsafe checked.withUnsafeBufferPointer { bytes in
      unsafe crc32(0, bytes.baseAddress, UInt32(bytes.count))
    }
    return bigEndian(UInt32(content.count)) + checked + bigEndian(UInt32(checksum))
  }

  private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var length = compressBound(uLong(bytes.count))
    return unsafe Array(unsafeUninitializedCapacity: Int(length)) { target, count in
      let status = unsafe bytes.withUnsafeBufferPointer { source in
        unsafe compress2(
          target.baseAddress, &length, source.baseAddress, uLong(source.count), Z_BEST_COMPRESSION)
      }
      precondition(status == Z_OK, "zlib cannot compress (status \(status))")
      count = Int(length)
    }
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] {
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }
}
