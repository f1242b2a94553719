/// An object of a problem file with exactly the keys it may have.
struct JSONObject {
  let path: String
  let members: [String: JSONValue]

  /// - Throws: `ProblemError` if `json` is no object, lacks a key or has one that is not in `keys`.
  init(_ json: JSONValue, path: String, keys: [String]) throws(ProblemError) {
    let members = try Self.members(of: json, path: path)
    self.path = path
    self.members = members
    for key in members.keys.sorted() where !keys.contains(key) {
      throw ProblemError(
        key: name(key), expectation: "unknown key; expected \(keys.joined(separator: ", "))")
    }
    for key in keys where members[key] == nil {
      throw ProblemError(key: name(key), expectation: "missing key")
    }
  }

  /// The string under `kind`, which decides what other keys there may be.
  static func kind(of json: JSONValue, path: String) throws(ProblemError) -> String {
    let members = try members(of: json, path: path)
    guard let kind = members["kind"] else {
      throw ProblemError(key: "\(path).kind", expectation: "missing key")
    }
    guard case .string(let text) = kind else {
      throw ProblemError(key: "\(path).kind", expectation: "expected a string, found \(kind.summary)")
    }
    return text
  }

  private static func members(of json: JSONValue, path: String) throws(ProblemError) -> [String: JSONValue] {
    guard case .object(let members) = json else {
      throw ProblemError(
        key: path.isEmpty ? nil : path, expectation: "expected an object, found \(json.summary)")
    }
    return members
  }

  func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  func value(_ key: String) throws(ProblemError) -> JSONValue {
    guard let value = members[key] else { throw ProblemError(key: name(key), expectation: "missing key") }
    return value
  }

  func string(_ key: String) throws(ProblemError) -> String {
    let value = try value(key)
    guard case .string(let text) = value else {
      throw ProblemError(key: name(key), expectation: "expected a string, found \(value.summary)")
    }
    return text
  }

  func number(_ key: String) throws(ProblemError) -> Double {
    let value = try value(key)
    guard case .number(let number) = value else {
      throw ProblemError(key: name(key), expectation: "expected a number, found \(value.summary)")
    }
    return number
  }

  func numbers(_ key: String) throws(ProblemError) -> [Double] {
    try Self.numbers(value(key), name: name(key))
  }

  /// A list of lists of numbers.
  func rows(_ key: String) throws(ProblemError) -> [[Double]] {
    let value = try value(key)
    guard case .array(let elements) = value else {
      throw ProblemError(
        key: name(key), expectation: "expected a list of lists of numbers, found \(value.summary)")
    }
    var rows: [[Double]] = []
    for (index, element) in elements.enumerated() {
      rows.append(try Self.numbers(element, name: "\(name(key))[\(index)]"))
    }
    return rows
  }

  func integer(_ key: String) throws(ProblemError) -> Int {
    let number = try number(key)
    guard let integer = Int(exactly: number) else {
      throw ProblemError(key: name(key), expectation: "expected a whole number, found \(number)")
    }
    return integer
  }

  private static func numbers(_ value: JSONValue, name: String) throws(ProblemError) -> [Double] {
    guard case .array(let elements) = value else {
      throw ProblemError(key: name, expectation: "expected a list of numbers, found \(value.summary)")
    }
    var numbers: [Double] = []
    for (index, element) in elements.enumerated() {
      guard case .number(let number) = element else {
        throw ProblemError(
          key: "\(name)[\(index)]", expectation: "expected a number, found \(element.summary)")
      }
      numbers.append(number)
    }
    return numbers
  }
}
