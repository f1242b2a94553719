/// A piece of inline Markdown: literals are Markdown as written, interpolated strings are escaped.
///
/// `"**\(name)**"` is bold whatever `name` holds, so a name with an asterisk or a bar can break no table.
package struct MarkdownText: Hashable, Sendable, ExpressibleByStringInterpolation {
  package let markdown: String

  package init(stringLiteral value: String) { markdown = value }
  package init(stringInterpolation: StringInterpolation) { markdown = stringInterpolation.markdown }

  /// Text that is shown as it is, every Markdown character escaped.
  package init(plain text: String) { markdown = Self.escape(text) }

  package struct StringInterpolation: StringInterpolationProtocol {
    var markdown = ""

    package init(literalCapacity: Int, interpolationCount: Int) { markdown.reserveCapacity(literalCapacity) }
    package mutating func appendLiteral(_ literal: String) { markdown += literal }
    package mutating func appendInterpolation(_ text: String) { markdown += MarkdownText.escape(text) }
    package mutating func appendInterpolation(_ number: Int) { markdown += String(number) }
    package mutating func appendInterpolation(_ text: MarkdownText) { markdown += text.markdown }
    package mutating func appendInterpolation(code: String) { markdown += MarkdownText.codeSpan(code) }
  }

  /// The texts in a row, with `separator` between them.
  package static func joined(_ texts: [MarkdownText], separator: String) -> MarkdownText {
    MarkdownText(stringLiteral: texts.map(\.markdown).joined(separator: separator))
  }

  static func escape(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\", "`", "*", "_", "[", "]", "|", "~", "$": escaped += "\\" + String(character)
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case _ where character.isNewline: escaped += " "
      default: escaped.append(character)
      }
    }
    return escaped
  }

  /// A code span; its fence is longer than any run of backticks inside.
  static func codeSpan(_ code: String) -> String {
    let line = String(code.map { $0.isNewline ? " " : $0 })
    let fence = String(repeating: "`", count: longestBacktickRun(line) + 1)
    let padding = line.hasPrefix("`") || line.hasSuffix("`") ? " " : ""
    return fence + padding + line + padding + fence
  }

  static func longestBacktickRun(_ text: String) -> Int {
    var longest = 0
    var current = 0
    for character in text {
      current = character == "`" ? current + 1 : 0
      longest = max(longest, current)
    }
    return longest
  }
}
