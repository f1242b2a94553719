/// A Markdown document, built block by block; its text depends on nothing but the blocks.
package struct MarkdownDocument: Sendable {
  private var blocks: [String] = []

  package init() {}

  /// The document, blocks separated by one blank line, with a final newline.
  package var text: String { blocks.joined(separator: "\n\n") + "\n" }

  /// - Precondition: `level` is 1 to 6.
  package mutating func heading(_ level: Int, _ text: MarkdownText) {
    precondition((1...6).contains(level))
    blocks.append(String(repeating: "#", count: level) + " " + text.markdown)
  }

  package mutating func paragraph(_ text: MarkdownText) { blocks.append(text.markdown) }

  package mutating func list(_ items: [MarkdownText]) {
    guard !items.isEmpty else { return }
    blocks.append(items.map { "- " + $0.markdown }.joined(separator: "\n"))
  }

  package mutating func table(_ table: MarkdownTable) { blocks.append(table.text) }

  /// A code block; its fence is longer than any run of backticks inside.
  package mutating func code(_ code: String, language: String = "") {
    let fence = String(repeating: "`", count: max(3, MarkdownText.longestBacktickRun(code) + 1))
    blocks.append(fence + language + "\n" + code + "\n" + fence)
  }

  /// A figure with its caption, or what is missing where it could not be drawn.
  package mutating func figure(_ figure: DrawnFigure) {
    switch figure.outcome {
    case .drawn(let file):
      blocks.append("![\(MarkdownText.escape(figure.alternativeText))](\(file))")
      paragraph(
        "*\(figure.caption)* Data: [\(figure.dataFile)](\(MarkdownText(stringLiteral: figure.dataFile))).")
    case .notDrawn(let reason):
      paragraph(
        """
        **Figure not drawn:** \(reason). Its data are in \(code: figure.dataFile), its gnuplot script in \
        \(code: figure.scriptFile). *\(figure.caption)*
        """)
    }
  }

  /// Blocks that are folded away under a summary.
  package mutating func details(_ summary: MarkdownText, _ build: (inout MarkdownDocument) -> Void) {
    var inner = MarkdownDocument()
    build(&inner)
    blocks.append("<details>\n<summary>\(summary.markdown)</summary>\n\n\(inner.text)\n</details>")
  }
}
