import ArgumentParser

/// `--seed`: a whole number, or `entropy` for a fresh one from the system, which is then printed.
struct SeedArgument: ExpressibleByArgument {
  let value: UInt64

  init(value: UInt64) { self.value = value }

  init?(argument: String) {
    if argument == "entropy" {
      value = UInt64.random(in: 0...UInt64(Int64.max))
    } else if let number = UInt64(argument) {
      value = number
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { String(value) }
}
