/// A study of gradient accuracy that cannot be run: one line that says what, where and what was expected.
package enum AccuracyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file of a network or of points is missing or malformed.
  case malformed(file: String, place: String, expected: String)
  /// A network or points that do not fit together, before a file is known.
  case mismatch(place: String, expected: String)
  /// A setting of the study is out of range.
  case setting(String)
  /// The exact gradient of a layer is zero, so that no error is relative to it.
  case zeroGradient(layer: Int)

  package var description: String {
    switch self {
    case .malformed(let file, let place, let expected): "\(file): \(place): expected \(expected)"
    case .mismatch(let place, let expected): "\(place): expected \(expected)"
    case .setting(let text): text
    case .zeroGradient(let layer):
      "layer \(layer): the exact gradient is zero, so relative errors are undefined; choose another network or points"
    }
  }

  /// The same mistake, at home in a file.
  func within(_ file: String) -> AccuracyError {
    guard case .mismatch(let place, let expected) = self else { return self }
    return .malformed(file: file, place: place, expected: expected)
  }
}
