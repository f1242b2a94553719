/// A decoding error in the words of the one line that a user reads.
extension DecodingError {
  /// The keys that lead to the mistake, `marks, 2, steps`.
  var place: String {
    let keys = (context?.codingPath ?? []).map { $0.intValue.map(String.init) ?? $0.stringValue }
    return keys.isEmpty ? "top level" : keys.joined(separator: ", ")
  }

  var expectation: String {
    switch self {
    case .keyNotFound(let key, _): "the key '\(key.stringValue)'"
    case .typeMismatch(let type, _), .valueNotFound(let type, _): "a value of type \(type)"
    default:
      context.map(\.debugDescription).map { "well-formed data (\(Self.oneLine($0)))" } ?? "well-formed data"
    }
  }

  private var context: Context? {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
      .dataCorrupted(let context):
      context
    @unknown default: nil
    }
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
