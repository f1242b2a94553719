import ExactExpectations
import Foundation

/// The seed of tests that sample: fixed, or from the environment variable `ARMATURE_SEED` (an integer, or `entropy`).
enum TestSeed {
  static let value: UInt64 = {
    guard let text = ProcessInfo.processInfo.environment["ARMATURE_SEED"] else { return 20_260_102 }
    if text == "entropy" { return UInt64.random(in: 0 ... .max) }
    guard let seed = UInt64(text) else {
      fatalError("ARMATURE_SEED is \(text): expected a non-negative integer or entropy")
    }
    return seed
  }()
}

/// The problems of `Fixtures/Problems`, by the number that their file name starts with.
enum Fixtures {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/Problems")

  static func problems(_ numbers: Int...) throws -> [Problem] {
    let all = try Problem.loadAll(in: folder)
    return numbers.map { all[$0 - 1] }
  }
}
