import ArgumentParser
import Foundation

/// `--seed`: a whole number, or `entropy` for a fresh one from the system.
struct SeedArgument: ExpressibleByArgument {
  let value: UInt64
  /// Whether the system's entropy chose it; then it must be printed, or nobody could repeat the run.
  let isFresh: Bool

  init(value: UInt64, isFresh: Bool = false) {
    self.value = value
    self.isFresh = isFresh
  }

  init?(argument: String) {
    if argument == "entropy" {
      self.init(value: UInt64.random(in: 0...UInt64(Int64.max)), isFresh: true)
    } else if let number = UInt64(argument) {
      self.init(value: number)
    } else {
      return nil
    }
  }

  /// The seed that the variable `ARMATURE_SEED` gives, or else 1.
  static func fromEnvironment() throws -> SeedArgument {
    guard let text = ProcessInfo.processInfo.environment["ARMATURE_SEED"] else {
      return SeedArgument(value: 1)
    }
    guard let seed = SeedArgument(argument: text) else {
      throw ValidationError("ARMATURE_SEED: expected a whole number or entropy, found “\(text)”")
    }
    return seed
  }

  var defaultValueDescription: String { String(value) }
}
