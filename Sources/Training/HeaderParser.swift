/// A strict reader of the JSON that heads a safetensors file: objects, texts, lists of whole numbers; no key twice.
struct HeaderParser {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// A member of an object: what stands after its key is read by the visitor.
  typealias Visitor = (_ key: String, _ parser: inout HeaderParser) throws(SafetensorsError) -> Void

  mutating func object(_ visit: Visitor) throws(SafetensorsError) {
    var seen: Set<String> = []
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try text()
      guard seen.insert(key).inserted else { throw .duplicateName(key) }
      try expect(":")
      try visit(key, &self)
    } while accept(",")
    try expect("}")
  }

  mutating func integers() throws(SafetensorsError) -> [Int] {
    try expect("[")
    if accept("]") { return [] }
    var values: [Int] = []
    repeat { values.append(try integer()) } while accept(",")
    try expect("]")
    return values
  }

  mutating func text() throws(SafetensorsError) -> String {
    try expect("\"")
    var content: [UInt8] = []
    while true {
      guard position < bytes.count, bytes[position] >= 0x20 else { throw fault("the end of a text") }
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") { break }
      content += byte == UInt8(ascii: "\\") ? try escape() : [byte]
    }
    guard let text = String(validating: content, as: UTF8.self) else { throw fault("UTF-8") }
    return text
  }

  /// Nothing but the spaces that pad the header is left.
  mutating func end() throws(SafetensorsError) {
    skipSpace()
    guard position == bytes.count else { throw fault("the end of the header") }
  }

  private mutating func escape() throws(SafetensorsError) -> [UInt8] {
    guard position < bytes.count else { throw fault("an escaped character") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw fault("an escaped character")
    }
  }

  private mutating func unicodeEscape() throws(SafetensorsError) -> [UInt8] {
    guard position + 4 <= bytes.count,
      let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
      let scalar = UnicodeScalar(code)
    else { throw fault("four hexadecimal digits of a character") }
    position += 4
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func integer() throws(SafetensorsError) -> Int {
    skipSpace()
    let start = position
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
      position += 1
    }
    guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw fault("a whole number")
    }
    return value
  }

  private mutating func expect(_ mark: Unicode.Scalar) throws(SafetensorsError) {
    guard accept(mark) else { throw fault("'\(mark)'") }
  }

  private mutating func accept(_ mark: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private func fault(_ expected: String) -> SafetensorsError {
    .headerSyntax(byte: position, expected: expected)
  }
}
