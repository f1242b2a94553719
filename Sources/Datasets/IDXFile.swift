/// An array of the IDX format, as MNIST and its relatives use it.
///
/// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", 1998, section "File formats".
struct IDXFile {
  enum Values: Equatable {
    /// Type 0x08.
    case bytes([UInt8])
    /// Type 0x0B, big-endian in the file.
    case shorts([Int16])
  }

  let shape: [Int]
  let values: Values

  /// - Throws: `DatasetError.malformed` where magic number, type, sizes or length are not those of the format.
  init(_ content: [UInt8], file: String) throws(DatasetError) {
    guard content.count >= 4, content[0] == 0, content[1] == 0, content[3] > 0 else {
      throw .malformed(
        file: file, place: "byte 0", expected: "an IDX magic number (0, 0, type, dimensions)",
        found: content.prefix(4).map(String.init).joined(separator: ", "))
    }
    guard let width = [0x08: 1, 0x0B: 2][content[2]] else {
      throw .malformed(
        file: file, place: "byte 2", expected: "IDX type 8 (unsigned byte) or 11 (short)",
        found: "\(content[2])")
    }
    let dimensions = Int(content[3])
    let start = 4 + 4 * dimensions
    guard content.count >= start else {
      throw .malformed(
        file: file, place: "byte 4", expected: "\(dimensions) sizes of 4 bytes", found: "the end of the file")
    }
    let shape = (0..<dimensions).map { dimension in
      content[4 + 4 * dimension..<8 + 4 * dimension].reduce(0) { $0 << 8 | Int($1) }
    }
    self.shape = shape
    let count = shape.reduce(Int?(width)) { product, size in
      product.flatMap { Self.product($0, size) }
    }
    guard let count, content.count - start == count else {
      throw .malformed(
        file: file, place: "byte \(start)",
        expected: "\(shape.map(String.init).joined(separator: " x ")) values of \(width) bytes",
        found: "\(content.count - start) bytes")
    }
    values = width == 1 ? .bytes(Array(content[start...])) : .shorts(Self.shorts(content[start...]))
  }

  private static func product(_ a: Int, _ b: Int) -> Int? {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : product
  }

  private static func shorts(_ bytes: ArraySlice<UInt8>) -> [Int16] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { index in
      Int16(bitPattern: UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]))
    }
  }

  /// The bytes of an image file [images x height x width].
  func images(height: Int, width: Int, file: String) throws(DatasetError) -> [UInt8] {
    guard case .bytes(let bytes) = values, shape.count == 3, shape[1] == height, shape[2] == width else {
      throw .malformed(
        file: file, place: "byte 2", expected: "unsigned bytes of shape images x \(height) x \(width)",
        found: "shape \(shape.map(String.init).joined(separator: " x "))")
    }
    return bytes
  }

  /// The numbers of a label file, one for each of `count` images.
  func labels(count: Int, file: String) throws(DatasetError) -> [UInt16] {
    guard shape == [count] else {
      throw .malformed(
        file: file, place: "byte 3", expected: "\(count) labels, one for each image",
        found: "shape \(shape.map(String.init).joined(separator: " x "))")
    }
    switch values {
    case .bytes(let bytes): return bytes.map { UInt16($0) }
    case .shorts(let shorts):
      guard shorts.allSatisfy({ $0 >= 0 }) else {
        throw .malformed(file: file, place: "byte 8", expected: "labels from 0", found: "a negative one")
      }
      return shorts.map { UInt16($0) }
    }
  }
}
