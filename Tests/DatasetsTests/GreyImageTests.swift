import Testing

@testable import Datasets

@Suite("Grey images as PNG files")
struct GreyImageTests {
  private struct Chunk {
    let kind: String
    let content: [UInt8]
    let checksum: UInt32
  }

  private func number(_ bytes: some Collection<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  private func chunks(_ file: [UInt8]) -> [Chunk] {
    var chunks: [Chunk] = []
    var place = 8
    while place + 12 <= file.count {
      let end = place + 8 + number(file[place..<place + 4])
      chunks.append(
        Chunk(
          kind: String(decoding: file[place + 4..<place + 8], as: UTF8.self),
          content: Array(file[place + 8..<end]), checksum: UInt32(number(file[end..<end + 4]))))
      place = end + 4
    }
    return chunks
  }

  /// The checksum of PNG, bit by bit from its polynomial.
  private func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { register, byte in
      (0..<8).reduce(register ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }

  private func inflated(_ bytes: [UInt8], count: Int) -> [UInt8] {
    var stream = InflateStream(.zlib)
    var output = [UInt8](repeating: 0, count: count + 1)
    var target = output.mutableSpan
    let result = stream.inflate(bytes.span, into: &target)
    #expect(result.consumed == bytes.count && result.produced == count && result.outcome == .ended)
    return Array(output.dropLast())
  }

  @Test("A file's chunks have the right checksums, and inflated and unfiltered it is the image again")
  func decodes() {
    for (width, height) in [(1, 1), (3, 5), (300, 2)] {
      let pixels = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 * $0 + 7 * $0) }
      let file = GreyImage(width: width, height: height, pixels: pixels).png()
      #expect(file.prefix(8).elementsEqual([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
      let chunks = chunks(file)
      #expect(chunks.map(\.kind) == ["IHDR", "IDAT", "IEND"])
      #expect(file.count == 8 + chunks.reduce(0) { $0 + 12 + $1.content.count })
      for chunk in chunks { #expect(chunk.checksum == checksum(Array(chunk.kind.utf8) + chunk.content)) }
      #expect(number(chunks[0].content[0..<4]) == width && number(chunks[0].content[4..<8]) == height)
      #expect(chunks[0].content[8...].elementsEqual([8, 0, 0, 0, 0]))
      let rows = inflated(chunks[1].content, count: height * (width + 1))
      for row in 0..<height {
        #expect(rows[row * (width + 1)] == 0, "no filter")
        let found = rows[row * (width + 1) + 1..<(row + 1) * (width + 1)]
        #expect(found.elementsEqual(pixels[row * width..<(row + 1) * width]))
      }
    }
  }

  @Test("The test's checksum is that of the specification: of IEND it is AE 42 60 82")
  func knownChecksum() { #expect(checksum(Array("IEND".utf8)) == 0xAE42_6082) }
}
