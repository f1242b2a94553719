/// A protocol file that breaks the format: where, what was expected, what was found.
public struct ProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
  public let file: String
  /// Counted from 1; nil where the whole file is meant.
  public let line: Int?
  /// With the keys above it: `model.latents`; empty where the whole file is meant.
  public let key: String
  public let expected: String
  public let found: String

  public var description: String {
    let place = line.map { "\(file), line \($0)" } ?? file
    return (key.isEmpty ? place : "\(place), key \(key)") + ": expected \(expected), found \(found)"
  }
}
