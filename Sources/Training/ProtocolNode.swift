internal import Foundation
internal import Yams

/// A node of a YAML file with its place, read strictly: nothing is converted, guessed or left over.
struct ProtocolNode {
  private let node: Node
  let file: String
  /// The keys that lead to the node: `model.latents`.
  let path: String

  /// The root of the one document in `text`.
  init(text: String, file: String) throws(ProtocolError) {
    self.file = file
    path = ""
    do {
      guard let root = try Yams.compose(yaml: text) else {
        throw ProtocolError(file: file, line: nil, key: "", expected: "a protocol", found: "an empty file")
      }
      node = root
    } catch let error as ProtocolError {
      throw error
    } catch let error as YamlError {
      throw Self.syntaxError(error, file: file)
    } catch {
      throw ProtocolError(file: file, line: nil, key: "", expected: "YAML", found: "\(error)")
    }
  }

  private init(_ node: Node, file: String, path: String) {
    self.node = node
    self.file = file
    self.path = path
  }

  private static func syntaxError(_ error: YamlError, file: String) -> ProtocolError {
    let expected = "one YAML document"
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return ProtocolError(file: file, line: mark.line, key: "", expected: expected, found: problem)
    case .duplicatedKeysInMapping(let duplicates, _):
      let names = duplicates.map { "'\($0)'" }.sorted().joined(separator: ", ")
      return ProtocolError(
        file: file, line: nil, key: "", expected: "each key once", found: "key \(names) more than once")
    default:
      let words = "\(error)".split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return ProtocolError(file: file, line: nil, key: "", expected: expected, found: words)
    }
  }

  /// The values of a mapping that has exactly the keys `required`, and any of `optional`.
  func members(_ required: [String], optional: [String] = []) throws(ProtocolError) -> [String: ProtocolNode]
  {
    guard case .mapping(let mapping) = node else { throw error("a mapping of keys to values", found: words) }
    var members: [String: ProtocolNode] = [:]
    for (key, value) in mapping {
      guard case .scalar(let name) = key, (required + optional).contains(name.string) else {
        let known = (required + optional).joined(separator: ", ")
        let unknown = ProtocolNode(key, file: file, path: path)
        throw unknown.error("one of the keys \(known)", found: "the unknown key \(unknown.words)")
      }
      members[name.string] = ProtocolNode(value, file: file, path: childPath(name.string))
    }
    for key in required where members[key] == nil {
      throw ProtocolError(
        file: file, line: node.mark?.line, key: childPath(key), expected: "a value", found: "no such key")
    }
    return members
  }

  /// One value of a mapping whose other keys are not looked at.
  func member(_ key: String) throws(ProtocolError) -> ProtocolNode {
    guard case .mapping(let mapping) = node else { throw error("a mapping of keys to values", found: words) }
    guard let value = mapping[Node(key)] else {
      throw ProtocolError(
        file: file, line: node.mark?.line, key: childPath(key), expected: "a value", found: "no such key")
    }
    return ProtocolNode(value, file: file, path: childPath(key))
  }

  /// The values of a mapping with any keys, in the order of the file; nil where the node is none.
  func pairs() -> [(key: ProtocolNode, value: ProtocolNode)]? {
    guard case .mapping(let mapping) = node else { return nil }
    return mapping.map { key, value in
      (
        ProtocolNode(key, file: file, path: path),
        ProtocolNode(value, file: file, path: childPath(key.string ?? ""))
      )
    }
  }

  /// The elements of a list; `words` says what is expected.
  func elements(_ expected: String) throws(ProtocolError) -> [ProtocolNode] {
    guard case .sequence(let sequence) = node else { throw error(expected, found: words) }
    return sequence.enumerated().map { ProtocolNode($1, file: file, path: "\(path)[\($0)]") }
  }

  /// The node as the file has it: a scalar's text, or a list in brackets.
  var value: String {
    switch node {
    case .scalar(let scalar): scalar.string
    case .sequence(let sequence): "[" + sequence.map { $0.string ?? "" }.joined(separator: ", ") + "]"
    case .mapping, .alias: words
    }
  }

  /// A text on one line that is not empty.
  func text() throws(ProtocolError) -> String {
    guard case .scalar(let scalar) = node, !scalar.string.isEmpty, !scalar.string.contains("\n") else {
      throw error("text on one line", found: words)
    }
    return scalar.string
  }

  func integer(in range: ClosedRange<Int>) throws(ProtocolError) -> Int {
    guard let text = plainScalar, let value = Int(text), range.contains(value) else {
      throw error("a whole number \(range.lowerBound)...\(range.upperBound)", found: words)
    }
    return value
  }

  /// A finite number for which `accepts` holds; `range` says so in words.
  func number(_ range: String, where accepts: (Double) -> Bool) throws(ProtocolError) -> Double {
    guard let text = plainScalar, text.allSatisfy({ "0123456789+-.eE".contains($0) }),
      let value = Double(text), value.isFinite, accepts(value)
    else { throw error("a number \(range)", found: words) }
    return value
  }

  func boolean() throws(ProtocolError) -> Bool {
    guard let text = plainScalar, let value = Bool(text) else { throw error("true or false", found: words) }
    return value
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _: Choice.Type = Choice.self
  ) throws(ProtocolError) -> Choice where Choice.RawValue == String {
    guard let text = plainScalar, let value = Choice(rawValue: text) else {
      throw error(Choice.allCases.map(\.rawValue).joined(separator: " or "), found: words)
    }
    return value
  }

  /// A list, which may be empty, of whole numbers.
  func integers(in range: ClosedRange<Int>) throws(ProtocolError) -> [Int] {
    var values: [Int] = []
    for element in try elements("a list of whole numbers") { values.append(try element.integer(in: range)) }
    return values
  }

  func error(_ expected: String, found: String) -> ProtocolError {
    ProtocolError(file: file, line: node.mark?.line, key: path, expected: expected, found: found)
  }

  private func childPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The text of a scalar without quotes.
  private var plainScalar: String? {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return nil }
    return scalar.string
  }

  /// The node as an error message shows it.
  var words: String {
    switch node {
    case .scalar(let scalar) where scalar.string.isEmpty: "nothing"
    case .scalar(let scalar) where scalar.style == .plain:
      scalar.string.prefix(40).split(whereSeparator: \.isNewline).joined(separator: " ")
    case .scalar(let scalar):
      "the text '" + scalar.string.prefix(40).split(whereSeparator: \.isNewline).joined(separator: " ") + "'"
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}
