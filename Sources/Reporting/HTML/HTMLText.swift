/// Inline Markdown, as far as reports write it, as HTML: escapes, code spans, bold, italic, links.
enum HTMLText {
  static func html(_ text: MarkdownText) -> String {
    var converter = Converter(text.markdown)
    return converter.html()
  }

  /// Text that is shown as it is.
  static func escape(_ text: some StringProtocol) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  private struct Converter {
    private let characters: [Character]
    private var place = 0
    /// The elements that are open, the innermost last.
    private var open: [String] = []

    init(_ markdown: String) { characters = Array(markdown) }

    mutating func html() -> String {
      var html = ""
      while place < characters.count { html += next() }
      while let element = open.popLast() { html += "</\(element)>" }
      return html
    }

    private mutating func next() -> String {
      let character = characters[place]
      switch character {
      case "\\" where place + 1 < characters.count && characters[place + 1].isPunctuationOrSymbol:
        place += 2
        return HTMLText.escape(String(characters[place - 1]))
      case "`": return codeSpan()
      case "*": return emphasis()
      case "[": return link()
      case "&":
        place += 1
        return isEntity ? "&" : "&amp;"
      default:
        place += 1
        return HTMLText.escape(String(character))
      }
    }

    /// Whether the characters from here on finish an entity that began with `&`.
    private var isEntity: Bool {
      let name = characters[place...].prefix { $0.isASCII && $0.isLetter }
      return !name.isEmpty && place + name.count < characters.count && characters[place + name.count] == ";"
    }

    private func run(of character: Character, from start: Int) -> Int {
      characters[start...].prefix { $0 == character }.count
    }

    private mutating func codeSpan() -> String {
      let fence = run(of: "`", from: place)
      var end = place + fence
      while end < characters.count {
        let length = run(of: "`", from: end)
        if length == fence { break }
        end += max(1, length)
      }
      guard end < characters.count else {
        place += fence
        return String(repeating: "`", count: fence)
      }
      var code = String(characters[place + fence..<end])
      if code.hasPrefix(" ") && code.hasSuffix(" ") && code.contains(where: { $0 != " " }) {
        code = String(code.dropFirst().dropLast())
      }
      place = end + fence
      return "<code>\(HTMLText.escape(code))</code>"
    }

    private mutating func emphasis() -> String {
      let isStrong = run(of: "*", from: place) >= 2
      let element = isStrong ? "strong" : "em"
      place += isStrong ? 2 : 1
      if open.last == element {
        open.removeLast()
        return "</\(element)>"
      }
      open.append(element)
      return "<\(element)>"
    }

    /// `[text](address)`; a bracket that opens no link is a bracket.
    private mutating func link() -> String {
      guard let middle = linkMiddle(),
        let end = characters[(middle + 2)...].firstIndex(of: ")")
      else {
        place += 1
        return "["
      }
      var inner = Converter(String(characters[place + 1..<middle]))
      let address = String(characters[middle + 2..<end])
      place = end + 1
      return "<a href=\"\(HTMLText.escape(address))\">\(inner.html())</a>"
    }

    /// The place of the `]` of a `](`, nothing bracketed in between.
    private func linkMiddle() -> Int? {
      var index = place + 1
      while index + 1 < characters.count {
        switch characters[index] {
        case "\\": index += 2
        case "[": return nil
        case "]": return characters[index + 1] == "(" ? index : nil
        default: index += 1
        }
      }
      return nil
    }
  }
}

extension Character {
  /// What a backslash may escape in Markdown.
  fileprivate var isPunctuationOrSymbol: Bool { isASCII && !isLetter && !isNumber && !isWhitespace }
}
