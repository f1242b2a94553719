internal import Foundation

/// JSON text for files that people diff: keys sorted, one item of a list on each line.
enum LineJSON {
  /// A value on one line; numbers that JSON cannot hold become strings.
  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
    return try decoder.decode(type, from: data)
  }

  /// The lines of an object from the lines of its members.
  static func object(_ members: [[String]], indent: String = "", key: String? = nil) -> [String] {
    let separated = members.enumerated().flatMap { place, lines -> [String] in
      guard let last = lines.last, place < members.count - 1 else { return lines }
      return lines.dropLast() + [last + ","]
    }
    return [indent + prefix(key) + "{"] + separated.map { indent + "  " + $0 } + [indent + "}"]
  }

  /// A member with its value on one line.
  static func member(_ key: String, _ value: some Encodable) throws -> [String] {
    [prefix(key) + (try line(value))]
  }

  /// A member whose list has an item on each line.
  static func list(_ key: String, _ items: [some Encodable]) throws -> [String] {
    guard !items.isEmpty else { return [prefix(key) + "[]"] }
    let lines = try items.enumerated().map { "  " + (try line($1)) + ($0 == items.count - 1 ? "" : ",") }
    return [prefix(key) + "["] + lines + ["]"]
  }

  /// A member whose list has items of several lines.
  static func list(_ key: String, lines items: [[String]]) -> [String] {
    let lines = items.enumerated().flatMap { place, lines -> [String] in
      guard let last = lines.last, place < items.count - 1 else { return lines }
      return lines.dropLast() + [last + ","]
    }
    return [prefix(key) + "["] + lines.map { "  " + $0 } + ["]"]
  }

  /// A member whose object has a member on each line.
  static func members(_ key: String, _ value: some Encodable) throws -> [String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard
      let object = try JSONSerialization.jsonObject(with: encoder.encode(value), options: [])
        as? [String: Any]
    else { return try member(key, value) }
    let lines = try object.keys.sorted().map { name -> [String] in
      let data = try JSONSerialization.data(
        withJSONObject: object[name] ?? NSNull(),
        options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
      return [prefix(name) + String(decoding: data, as: UTF8.self)]
    }
    return self.object(lines, key: key)
  }

  private static func prefix(_ key: String?) -> String { key.map { "\"\($0)\": " } ?? "" }
}
