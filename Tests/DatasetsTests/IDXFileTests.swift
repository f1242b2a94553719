import Testing

@testable import Datasets

@Suite struct IDXFileTests {
  /// An IDX file of `type` with these sizes, followed by `values`.
  static func idx(type: UInt8 = 8, _ shape: [Int], _ values: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(shape.count)]
      + shape.flatMap { size in (0..<4).reversed().map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } }
      + values
  }

  func fault(of content: [UInt8]) -> String? {
    do throws(DatasetError) {
      _ = try IDXFile(content, file: "i.idx")
      return nil
    } catch {
      return error.description
    }
  }

  @Test("Bytes are read with their shape")
  func bytes() throws {
    let file = try IDXFile(Self.idx([2, 1, 3], [1, 2, 3, 4, 5, 255]), file: "i.idx")
    #expect(file.shape == [2, 1, 3])
    #expect(try file.images(height: 1, width: 3, file: "i.idx") == [1, 2, 3, 4, 5, 255])
    #expect(throws: DatasetError.self) { try file.images(height: 3, width: 1, file: "i.idx") }
  }

  @Test("Shorts are big-endian and signed")
  func shorts() throws {
    let file = try IDXFile(Self.idx(type: 11, [3], [0, 1, 1, 0, 0xFF, 0xFE]), file: "i.idx")
    #expect(file.values == .shorts([1, 256, -2]))
    #expect(throws: DatasetError.self) { try file.images(height: 1, width: 1, file: "i.idx") }
  }

  @Test("An array of no images is read")
  func empty() throws {
    #expect(try IDXFile(Self.idx([0, 2, 2], []), file: "i.idx").values == .bytes([]))
  }

  @Test("Each broken layout is reported with its place")
  func malformed() {
    #expect(fault(of: [])?.hasPrefix("i.idx, byte 0: expected an IDX magic number") == true)
    #expect(fault(of: [0, 1, 8, 1])?.hasSuffix("found 0, 1, 8, 1") == true)
    #expect(fault(of: [0, 0, 8, 0])?.hasPrefix("i.idx, byte 0") == true)
    #expect(
      fault(of: Self.idx(type: 13, [1], [0]))
        == "i.idx, byte 2: expected IDX type 8 (unsigned byte) or 11 (short), found 13")
    #expect(
      fault(of: [0, 0, 8, 2, 0, 0, 0, 1])
        == "i.idx, byte 4: expected 2 sizes of 4 bytes, found the end of the file"
    )
    #expect(
      fault(of: Self.idx([2, 2], [1, 2, 3]))
        == "i.idx, byte 12: expected 2 x 2 values of 1 bytes, found 3 bytes")
    #expect(fault(of: Self.idx([1], [1, 2])) == "i.idx, byte 8: expected 1 values of 1 bytes, found 2 bytes")
    #expect(
      fault(of: Self.idx([0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], [1]))?.hasPrefix("i.idx, byte 16: expected")
        == true)
  }
}
