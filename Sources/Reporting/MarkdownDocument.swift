/// A Markdown document, built block by block; its text depends on nothing but the blocks.
package struct MarkdownDocument: Sendable {
  /// What the document consists of, for other forms than Markdown.
  indirect enum Block: Sendable {
    case heading(Int, MarkdownText)
    case paragraph(MarkdownText)
    case list([MarkdownText])
    case table(MarkdownTable)
    case code(String, language: String)
    /// A drawn figure or a picture; the file is relative to the document.
    case image(alternativeText: String, file: String)
    case details(MarkdownText, [Block])
  }

  private(set) var blocks: [Block] = []

  package init() {}

  /// The document, blocks separated by one blank line, with a final newline.
  package var text: String { blocks.text }

  /// - Precondition: `level` is 1 to 6.
  package mutating func heading(_ level: Int, _ text: MarkdownText) {
    precondition((1...6).contains(level))
    blocks.append(.heading(level, text))
  }

  package mutating func paragraph(_ text: MarkdownText) { blocks.append(.paragraph(text)) }

  package mutating func list(_ items: [MarkdownText]) {
    guard !items.isEmpty else { return }
    blocks.append(.list(items))
  }

  package mutating func table(_ table: MarkdownTable) { blocks.append(.table(table)) }

  /// A code block; its fence is longer than any run of backticks inside.
  package mutating func code(_ code: String, language: String = "") {
    blocks.append(.code(code, language: language))
  }

  /// A figure with its caption, or what is missing where it could not be drawn.
  package mutating func figure(_ figure: DrawnFigure) {
    switch figure.outcome {
    case .drawn(let file):
      blocks.append(.image(alternativeText: figure.alternativeText, file: file))
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

  /// A picture that is a file already, with its caption; the file is relative to the document.
  package mutating func picture(file: String, alternativeText: String, caption: MarkdownText) {
    blocks.append(.image(alternativeText: alternativeText, file: file))
    paragraph("*\(caption)*")
  }

  /// Blocks that are folded away under a summary.
  package mutating func details(_ summary: MarkdownText, _ build: (inout MarkdownDocument) -> Void) {
    var inner = MarkdownDocument()
    build(&inner)
    blocks.append(.details(summary, inner.blocks))
  }
}

extension MarkdownDocument.Block {
  var markdown: String {
    switch self {
    case .heading(let level, let text): return String(repeating: "#", count: level) + " " + text.markdown
    case .paragraph(let text): return text.markdown
    case .list(let items): return items.map { "- " + $0.markdown }.joined(separator: "\n")
    case .table(let table): return table.text
    case .code(let code, let language):
      let fence = String(repeating: "`", count: max(3, MarkdownText.longestBacktickRun(code) + 1))
      return fence + language + "\n" + code + "\n" + fence
    case .image(let alternativeText, let file): return "![\(MarkdownText.escape(alternativeText))](\(file))"
    case .details(let summary, let inner):
      return "<details>\n<summary>\(summary.markdown)</summary>\n\n\(inner.text)\n</details>"
    }
  }
}

extension [MarkdownDocument.Block] {
  var text: String { map(\.markdown).joined(separator: "\n\n") + "\n" }
}
