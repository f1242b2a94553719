import Foundation
import GradientEstimators
import Testing

@testable import ExactExpectations

@Suite("Sampled gradients as a NumPy file")
struct SampleDrawsTests {
  private func withTemporaryFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "draws-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test("The file has NumPy's header and the draws in C order, as float64")
  func file() throws {
    try withTemporaryFolder { folder in
      let draws = try SampleDraws(estimator: ARM(), problem: try Fixtures.problems()[4], seed: 7)
      let file = folder.appending(path: "g.npy")
      try draws.write(count: 50, to: file)
      let data = try Data(contentsOf: file)
      #expect(data.prefix(8) == Data([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]))
      let header = 10 + Int(data[8]) + Int(data[9]) << 8
      #expect(header.isMultiple(of: 64) && data[header - 1] == 0x0A)
      let literal = String(decoding: data[10..<header], as: UTF8.self)
      #expect(literal.hasPrefix("{'descr': '<f8', 'fortran_order': False, 'shape': (50, 2), }"))
      let numbers = stride(from: header, to: data.count, by: 8).map { start in
        Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(data[start + $1]) << UInt64(8 * $1) })
      }
      #expect(numbers == draws.gradients(0..<50))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()) == ["g.npy"])
    }
  }

  @Test("Draws depend on the seed, and not on how many are made at a time")
  func streaming() throws {
    let problem = try Fixtures.problems()[4]
    let draws = try SampleDraws(estimator: LOORF(samples: 2), problem: problem, seed: 7)
    #expect(draws.gradients(0..<10) + draws.gradients(10..<25) == draws.gradients(0..<25))
    let other = try SampleDraws(estimator: LOORF(samples: 2), problem: problem, seed: 8)
    #expect(draws.gradients(0..<25) != other.gradients(0..<25))
  }

  @Test("An unwritable place is named in one line, and an unfinished file leaves nothing behind")
  func failure() throws {
    let draws = try SampleDraws(estimator: ARM(), problem: try Fixtures.problems()[0], seed: 1)
    let error = #expect(throws: NPYError.self) {
      try draws.write(count: 3, to: URL(filePath: "/nonexistent/g.npy"))
    }
    #expect(error?.description.contains("/nonexistent/g.npy") == true)
    try withTemporaryFolder { folder in
      do {
        var writer = try NPYWriter(file: folder.appending(path: "g.npy"), rows: 2, columns: 1)
        try writer.append([1])
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()).isEmpty)
    }
  }
}
