import Testing

@testable import Reporting

@Suite("Markdown")
struct MarkdownTests {
  @Test("A document of every kind of block has exactly this text")
  func snapshot() {
    var document = MarkdownDocument()
    document.heading(1, "Title")
    document.paragraph("Plain with \(code: "x|y") and \("*stars*").")
    document.list(["one", "two"])
    var table = MarkdownTable([.init("name"), .init("value", .right), .init("mark", .centre)])
    table.append(["\(code: "a|b")", "1.50", "x"])
    table.append(["\("c|d")", "12.25", ""])
    document.table(table)
    document.code("./armature verify", language: "sh")
    document.details("More") { $0.paragraph("Inside.") }
    #expect(
      document.text == """
        # Title

        Plain with `x|y` and \\*stars\\*.

        - one
        - two

        | name   | value | mark |
        | ------ | ----: | :--: |
        | `a\\|b` |  1.50 | x    |
        | c\\|d   | 12.25 |      |

        ```sh
        ./armature verify
        ```

        <details>
        <summary>More</summary>

        Inside.

        </details>

        """)
  }

  @Test(
    "Interpolated text is escaped, whatever it holds",
    arguments: [
      ("a*b_c", "a\\*b\\_c"), ("a|b", "a\\|b"), ("<b>", "&lt;b&gt;"), ("$x$", "\\$x\\$"), ("a\nb", "a b"),
      ("[a](b)", "\\[a\\](b)"), ("`x`", "\\`x\\`"), ("a\\", "a\\\\"), ("a & b", "a &amp; b"),
    ])
  func escaping(text: String, escaped: String) {
    let markdown: MarkdownText = "\(text)"
    #expect(markdown.markdown == escaped)
  }

  @Test("Backticks inside of code make its fence longer")
  func fences() {
    let span: MarkdownText = "\(code: "a`b")"
    #expect(span.markdown == "``a`b``")
    let edge: MarkdownText = "\(code: "`")"
    #expect(edge.markdown == "`` ` ``")
    var document = MarkdownDocument()
    document.code("```\nx\n```")
    #expect(document.text == "````\n```\nx\n```\n````\n")
  }

  @Test("A cell cannot break its table: a line break becomes a space")
  func cells() {
    var table = MarkdownTable([.init("a")])
    table.append([MarkdownText(stringLiteral: "x\ny")])
    #expect(table.text == "| a   |\n| --- |\n| x y |")
  }
}
