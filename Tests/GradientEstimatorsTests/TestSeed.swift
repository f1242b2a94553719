import Foundation

/// The seed of tests that sample: fixed, or from the environment variable `ARMATURE_SEED` (an integer, or
/// `entropy`).
enum TestSeed {
  static let value: UInt64 = {
    guard let text = ProcessInfo.processInfo.environment["ARMATURE_SEED"] else { return 20_260_101 }
    if text == "entropy" { return UInt64.random(in: 0 ... .max) }
    guard let seed = UInt64(text) else {
      fatalError("ARMATURE_SEED is \(text): expected a non-negative integer or entropy")
    }
    return seed
  }()
}
