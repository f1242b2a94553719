internal import Foundation

/// JSON as run directories hold it: keys in alphabetical order, so that equal values give equal bytes.
enum RunCoding {
  /// One line, its end included.
  static func line(_ value: some Encodable) throws -> Data {
    try encoder([.sortedKeys, .withoutEscapingSlashes]).encode(value) + [UInt8(ascii: "\n")]
  }

  /// A file for people to read.
  static func document(_ value: some Encodable, file: URL) throws(TrainingError) -> [UInt8] {
    do {
      let format: JSONEncoder.OutputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return [UInt8](try encoder(format).encode(value)) + [UInt8(ascii: "\n")]
    } catch {
      throw .unwritable(
        path: file.path, reason: "\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
    }
  }

  static func decode<Value: Decodable>(_ bytes: Data, as type: Value.Type, file: URL) throws(TrainingError)
    -> Value
  {
    do { return try JSONDecoder().decode(type, from: bytes) } catch {
      throw .damaged(file: file.path, reason: reason(error))
    }
  }

  private static func encoder(_ format: JSONEncoder.OutputFormatting) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = format
    return encoder
  }

  private static func reason(_ error: any Error) -> String {
    func key(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
    return switch error {
    case DecodingError.keyNotFound(let missing, let context): "no key \(key(context.codingPath + [missing]))"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "key \(key(context.codingPath)) has another type"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      "key \(key(context.codingPath)) has an impossible value"
    default: "not the JSON that it should be"
    }
  }
}
