import Foundation
import Testing

@testable import Datasets

/// Writes MATLAB level 5 files byte by byte from the format's description; shares nothing with the reader.
struct MATWriter {
  var isLittleEndian = true
  private(set) var bytes: [UInt8]

  init(isLittleEndian: Bool = true) {
    self.isLittleEndian = isLittleEndian
    bytes = Array("MATLAB 5.0 MAT-file, written by a test".utf8)
    bytes += [UInt8](repeating: 0x20, count: 124 - bytes.count)
    bytes += isLittleEndian ? [0, 1, 0x49, 0x4D] : [1, 0, 0x4D, 0x49]
  }

  func integer(_ value: Int, _ width: Int) -> [UInt8] {
    let little = (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    return isLittleEndian ? little : little.reversed()
  }

  func double(_ value: Double) -> [UInt8] { integer(Int(bitPattern: UInt(value.bitPattern)), 8) }

  func element(_ type: Int, _ payload: [UInt8]) -> [UInt8] {
    let padding = (8 - payload.count % 8) % 8
    return integer(type, 4) + integer(payload.count, 4) + payload + [UInt8](repeating: 0, count: padding)
  }

  /// An element of at most 4 bytes whose count stands beside its type.
  func small(_ type: Int, _ payload: [UInt8]) -> [UInt8] {
    integer(payload.count << 16 | type, 4) + payload + [UInt8](repeating: 0, count: 4 - payload.count)
  }

  func matrix(
    _ name: String, _ sizes: [Int], type: Int, _ numbers: [UInt8], arrayClass: Int = 6, flags: Int = 0
  ) -> [UInt8] {
    let head = element(6, integer(flags << 8 | arrayClass, 4) + integer(0, 4))
    let title = name.utf8.count <= 4 ? small(1, Array(name.utf8)) : element(1, Array(name.utf8))
    let data = numbers.count <= 4 ? small(type, numbers) : element(type, numbers)
    return element(14, head + element(5, sizes.flatMap { integer($0, 4) }) + title + data)
  }

  mutating func append(_ element: [UInt8]) { bytes += element }

  /// The element as a zlib stream of stored blocks; compressed elements are not padded.
  mutating func appendCompressed(_ element: [UInt8]) {
    let stream = zlib(element)
    bytes += integer(15, 4) + integer(stream.count, 4) + stream
  }
}

@Suite("A MATLAB level 5 file")
struct MATFileTests {
  private func fault(of bytes: [UInt8], wanted: Set<String> = ["x"]) -> String? {
    do throws(DatasetError) {
      let file = try MATFile(bytes, wanted: wanted, file: "f.mat")
      for name in wanted { _ = try file.variable(name) }
      return nil
    } catch {
      #expect(!error.description.contains("\n"))
      return error.description
    }
  }

  @Test("is read in both byte orders, plain and compressed", arguments: [true, false], [true, false])
  func reads(isLittleEndian: Bool, compressed: Bool) throws {
    var writer = MATWriter(isLittleEndian: isLittleEndian)
    let numbers = [0, 0.25, 1, 1 / 3, -2, 1e-9].flatMap(writer.double)
    let matrices = [
      writer.matrix("x", [2, 3], type: 9, numbers), writer.matrix("long name", [1, 1], type: 2, [7]),
    ]
    for matrix in matrices {
      if compressed { writer.appendCompressed(matrix) } else { writer.append(matrix) }
    }
    let file = try MATFile(writer.bytes, wanted: ["x", "long name"], file: "f.mat")
    let variable = try file.variable("x")
    #expect(variable.dimensions == [2, 3])
    #expect(variable.values == [0, 0.25, 1, Float(1.0 / 3), -2, 1e-9])
    #expect(try file.variable("long name").values == [7])
  }

  @Test("may store numbers in any type that holds them")
  func types() throws {
    var writer = MATWriter()
    let cases: [(type: Int, bytes: [UInt8], value: Float)] = [
      (1, [0xFE], -2), (2, [0xFE], 254), (3, [0xFE, 0xFF], -2), (4, [0xFE, 0xFF], 65534),
      (5, writer.integer(-3, 4), -3), (6, writer.integer(3_000_000_000, 4), 3e9),
      (7, writer.integer(Int(Float(0.1).bitPattern), 4), 0.1), (9, writer.double(0.1), 0.1),
      (12, writer.integer(-5, 8), -5), (13, writer.integer(5, 8), 5),
    ]
    for (index, item) in cases.enumerated() {
      writer.append(writer.matrix("v\(index)", [1, 1], type: item.type, item.bytes))
    }
    let names = cases.indices.map { "v\($0)" }
    let file = try MATFile(writer.bytes, wanted: Set(names), file: "f.mat")
    for (name, item) in zip(names, cases) {
      #expect(try file.variable(name).values == [item.value], "\(name)")
    }
  }

  @Test("may hold other variables, whatever they are, and elements that are no variables")
  func others() throws {
    var writer = MATWriter()
    writer.append(writer.element(9, writer.double(1)))
    writer.append(writer.matrix("cell", [1, 1], type: 9, writer.double(1), arrayClass: 1))
    writer.appendCompressed(writer.matrix("complex", [1, 1], type: 9, writer.double(1), flags: 8))
    writer.append(writer.matrix("x", [1, 1], type: 9, writer.double(4)))
    #expect(try MATFile(writer.bytes, wanted: ["x"], file: "f.mat").variable("x").values == [4])
    #expect(
      fault(of: writer.bytes, wanted: ["y"])
        == "f.mat, the whole file: expected a variable y, found only cell, complex, x")
    #expect(fault(of: writer.bytes, wanted: ["cell"])?.contains("found array class 1") == true)
    #expect(fault(of: writer.bytes, wanted: ["complex"])?.contains("found array class 6, complex") == true)
  }

  @Test("of another level, of another kind, or none at all is refused by name")
  func foreign() {
    var header = MATWriter().bytes
    #expect(fault(of: header) == "f.mat, the whole file: expected a variable x, found none")
    header[124] = 0
    header[125] = 2
    #expect(
      fault(of: header)
        == "f.mat, byte 0: expected the header of a MATLAB level 5 file, found a MATLAB 7.3 (HDF5) file")
    header[125] = 9
    #expect(fault(of: header)?.hasSuffix("found version 2304") == true)
    #expect(fault(of: [])?.hasSuffix("found 0 bytes") == true)
    #expect(
      fault(of: [UInt8](repeating: 65, count: 500))?.hasSuffix("found no byte order mark at byte 126") == true
    )
  }

  @Test("that is cut off anywhere, plain or compressed, is reported and never read beyond its end")
  func truncated() throws {
    for compressed in [false, true] {
      var writer = MATWriter()
      let matrix = writer.matrix("x", [2, 2], type: 9, [1, 2, 3, 4].flatMap(writer.double))
      if compressed { writer.appendCompressed(matrix) } else { writer.append(matrix) }
      #expect(fault(of: writer.bytes) == nil)
      for count in 0..<writer.bytes.count {
        #expect(fault(of: Array(writer.bytes.prefix(count))) != nil, "\(compressed), \(count)")
      }
    }
  }

  @Test("with any byte of its elements changed is read or refused, but never breaks the reader")
  func corrupted() throws {
    var writer = MATWriter()
    writer.append(writer.matrix("x", [2, 2], type: 9, [1, 2, 3, 4].flatMap(writer.double)))
    writer.appendCompressed(writer.matrix("y", [1, 1], type: 9, writer.double(5)))
    for position in 128..<writer.bytes.count {
      for value in [UInt8(0), 0xFF, writer.bytes[position] ^ 1] {
        var bytes = writer.bytes
        bytes[position] = value
        _ = fault(of: bytes, wanted: ["x", "y"])
      }
    }
  }

  @Test("whose numbers do not fill its dimensions, or twice the same variable, is refused")
  func inconsistent() {
    var writer = MATWriter()
    writer.append(writer.matrix("x", [2, 3], type: 9, [1, 2].flatMap(writer.double)))
    #expect(fault(of: writer.bytes)?.hasSuffix("expected 2 x 3 numbers of 8 bytes, found 16 bytes") == true)
    var huge = MATWriter()
    let size = Int(Int32.max)
    huge.append(huge.matrix("x", [size, size, size], type: 9, huge.double(1)))
    #expect(fault(of: huge.bytes)?.contains("expected 2147483647 x") == true)
    var twice = MATWriter()
    for _ in 0..<2 { twice.append(twice.matrix("x", [1, 1], type: 9, twice.double(1))) }
    #expect(fault(of: twice.bytes)?.hasSuffix("expected each variable once, found x again") == true)
  }

  /// Written by SciPy 1.17.1: savemat of data = float64 [[0, 0.5, 1], [0.25, 0.75, 1 / 3]], labels = uint8 [[1, 2, 3]] and
  /// name = "abc", compressed and not; its 116 bytes of text, which state a time, are blanks here.
  static let scipy: [(compressed: Bool, base64: String)] = SciPyFixture.files

  @Test("that SciPy wrote is read")
  func fixture() throws {
    for (compressed, base64) in Self.scipy {
      let bytes = [UInt8](try #require(Data(base64Encoded: base64)))
      let file = try MATFile(bytes, wanted: ["data", "labels"], file: "f.mat")
      let data = try file.variable("data")
      #expect(
        data.dimensions == [2, 3] && data.values == [0, 0.25, 0.5, 0.75, 1, Float(1.0 / 3)], "\(compressed)")
      #expect(try file.variable("labels").values == [1, 2, 3])
    }
  }

  private static var python: String? {
    let name = ProcessInfo.processInfo.environment["ARMATURE_PYTHON"] ?? "python3"
    return (try? run(name, ["-c", "import scipy.io"])) == 0 ? name : nil
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test("that the SciPy of this machine writes is read", .enabled(if: python != nil))
  func liveSciPy() throws {
    let python = try #require(Self.python)
    try withTemporaryFolder { folder in
      let script = """
        import numpy, scipy.io, sys
        x = numpy.arange(35, dtype=float).reshape(5, 7) / 34
        for compressed in (False, True):
            scipy.io.savemat(f"{sys.argv[1]}/{int(compressed)}.mat", {"x": x, "s": "text", "c": {"a": 1}},
                             do_compression=compressed)
        """
      #expect(try Self.run(python, ["-c", script, folder.path]) == 0)
      for name in ["0.mat", "1.mat"] {
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
        let variable = try MATFile(bytes, wanted: ["x"], file: name).variable("x")
        let expected = (0..<35).map { (place: Int) -> Float in
          let (column, row) = place.quotientAndRemainder(dividingBy: 5)
          return Float(Double(7 * row + column) / 34)
        }
        #expect(variable.dimensions == [5, 7] && variable.values == expected)
      }
    }
  }
}
