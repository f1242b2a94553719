import ArgumentParser
import Foundation

/// `--seed`: a whole number, or `entropy` for a fresh one from the system.
struct SeedArgument {
  let value: UInt64
  /// Whether the system's entropy chose it; then it must be printed, or nobody could repeat the run.
  let isFresh: Bool

  init(value: UInt64, isFresh: Bool = false) {
    self.value = value
    self.isFresh = isFresh
  }

  /// Reads the value of `--seed` or of `ARMATURE_SEED`; `name` is which.
  private init(_ text: String, of name: String) throws {
    if text == "entropy" {
      self.init(value: UInt64.random(in: 0...UInt64(Int64.max)), isFresh: true)
    } else if let number = UInt64(text) {
      self.init(value: number)
    } else {
      throw ValidationError("\(name) \(text): expected a whole number from 0, or entropy")
    }
  }

  static func option(_ text: String) throws -> SeedArgument { try SeedArgument(text, of: "--seed") }

  /// The seed that the variable `ARMATURE_SEED` gives, or else 1.
  static func fromEnvironment() throws -> SeedArgument {
    guard let text = ProcessInfo.processInfo.environment["ARMATURE_SEED"] else {
      return SeedArgument(value: 1)
    }
    return try SeedArgument(text, of: "ARMATURE_SEED")
  }
}
