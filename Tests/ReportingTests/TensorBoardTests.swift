import Foundation
import Testing

@testable import Reporting

@Suite("TensorBoard event files")
struct TensorBoardTests {
  /// The vectors of RFC 3720, appendix B.4, and the check value of the polynomial.
  private static let checksums: [([UInt8], UInt32)] = [
    (Array("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0...31), 0x46DD_794E), ([], 0),
  ]

  @Test(
    "CRC-32C gives the published check values",
    arguments: checksums)
  func checksum(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.checksum(bytes) == expected)
  }

  /// The records of a file, each check verified by a bitwise CRC that shares nothing with the one under test.
  private func records(_ bytes: [UInt8]) throws -> [[UInt8]] {
    func number(_ slice: ArraySlice<UInt8>) -> UInt64 {
      slice.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    func masked(_ slice: ArraySlice<UInt8>) -> UInt64 {
      var crc = UInt32.max
      for byte in slice {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
      }
      crc = ~crc
      return UInt64((crc >> 15 | crc << 17) &+ 0xA282_EAD8)
    }
    var records: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
      let length = Int(number(bytes[start..<start + 8]))
      #expect(number(bytes[start + 8..<start + 12]) == masked(bytes[start..<start + 8]))
      let data = bytes[start + 12..<start + 12 + length]
      #expect(number(bytes[start + 12 + length..<start + 16 + length]) == masked(data))
      records.append(Array(data))
      start += 16 + length
    }
    return records
  }

  /// The bytes by hand: field 1 (double), field 2 (varint 300), field 5 with field 1 with tag and float.
  @Test("An event has the bytes of the format, worked out by hand")
  func event() throws {
    let file = TensorBoardFile(
      started: 1, scalars: [.init(tag: "a/b", step: 300, wallTime: 2, value: 0.5)])
    let found = try records(file.bytes)
    let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
    let two: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x40]
    #expect(found.count == 2)
    #expect(found[0] == [0x09] + one + [0x1A, 13] + Array("brain.Event:2".utf8))
    let value: [UInt8] = [0x0A, 3] + Array("a/b".utf8) + [0x15, 0, 0, 0, 0x3F]
    #expect(found[1] == [0x09] + two + [0x10, 0xAC, 0x02, 0x2A, 12, 0x0A, 10] + value)
  }

  @Test("A run's metrics are all there, by step, in the same bytes twice")
  func run() throws {
    let folder = try TemporaryFolder()
    let run = try RecordedRun.load(
      try SyntheticRun(bounds: [(400, 140), (1000, 130)]).write(in: folder))
    let paths = try ["a", "b"].map { try TensorBoardExport(run).write(to: folder.file($0)) }
    #expect(paths[0].hasSuffix("/a/events.out.tfevents.1767323045.armature"))
    let contents = try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    #expect(contents[0] == contents[1])
    // The version, 5 training records, 2 evaluations with 2 numbers each.
    let found = try records([UInt8](contents[0]))
    #expect(found.count == 1 + 5 + 4)
    let texts = found.map { String(decoding: $0.filter { (32..<127).contains($0) }, as: UTF8.self) }
    #expect(texts[1].contains("train/negative_ELBO") && texts[3].contains("test/negative_bound_100_samples"))
    // At step 400 two records of 200 steps are done: 1.5 s of training and 0.5 s of evaluation each.
    let wallTime = found[3][1..<9].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    #expect(Double(bitPattern: wallTime) == 1_767_323_045 + 4)
  }
}
