import Foundation
import Testing

@testable import Reporting

@Suite("HTML pages")
struct HTMLTests {
  /// Chromium under any of its names, or what `ARMATURE_CHROMIUM` names.
  private static let chromium: ExternalProgram? = {
    if let path = ProcessInfo.processInfo.environment["ARMATURE_CHROMIUM"] {
      return ExternalProgram(path: path)
    }
    return ["chromium", "chromium-browser", "google-chrome", "chrome", "headless_shell"]
      .compactMap { ExternalProgram.find($0) }.first
  }()

  @Test(
    "Inline Markdown becomes HTML",
    arguments: [
      ("plain & simple", "plain &amp; simple"), ("a &amp; b", "a &amp; b"),
      ("**bold** and *thin*", "<strong>bold</strong> and <em>thin</em>"),
      ("*a **b** c*", "<em>a <strong>b</strong> c</em>"), ("`x < y`", "<code>x &lt; y</code>"),
      ("`` a`b ``", "<code>a`b</code>"), ("\\*no\\*", "*no*"),
      ("[t *x*](f/a.md)", "<a href=\"f/a.md\">t <em>x</em></a>"),
      ("[15 %]", "[15 %]"), ("`open", "`open"), ("**never closed", "<strong>never closed</strong>"),
      ("&lt;b&gt;", "&lt;b&gt;"), ("a < b", "a &lt; b"), ("x\\", "x\\"),
    ])
  func inline(markdown: String, html: String) {
    #expect(HTMLText.html(MarkdownText(stringLiteral: markdown)) == html)
  }

  @Test("Whatever a name holds, it is shown as it is")
  func escaping() {
    let name = "<b>*x*</b> [a](b) `c` & \"d\""
    let shown = HTMLText.html("**\(name)** \(code: name)")
    let escaped = "&lt;b&gt;*x*&lt;/b&gt; [a](b) `c` &amp; &quot;d&quot;"
    #expect(shown == "<strong>\(escaped)</strong> <code>\(escaped)</code>")
  }

  private func page(in folder: TemporaryFolder) throws -> String {
    let figure = Figure(
      name: "curve", alternativeText: "A \"curve\"", caption: "Caption.",
      panels: [
        Figure.Panel(
          "p", x: Figure.Axis("x"), y: Figure.Axis("y"),
          series: [FigureSeries("s", .points, .blue, [.init(1, 2), .init(2, 3)])])
      ])
    var document = MarkdownDocument()
    document.heading(1, "Title with \(code: "code")")
    document.list(["one", "two"])
    document.code("a < b")
    document.details("More") { $0.paragraph("Inside.") }
    for _ in 0..<2 {
      document.figure(try ReportFolder(path: folder.path, gnuplot: .find("gnuplot")).draw(figure))
    }
    var table = MarkdownTable([.init("name"), .init("value", .right)])
    for (name, value) in [("b", "1,250.5 ± 3"), ("a", "-2.5e-3"), ("c", "-"), ("d", "30.0")] {
      table.append(["\(name)", "\(value)"])
    }
    document.table(table)
    return try HTMLPage(document: document, folder: folder.path).text()
  }

  @Test("A page fetches nothing: no file, no address, no style sheet and no script but its own")
  func selfContained() throws {
    let folder = try TemporaryFolder()
    let text = try page(in: folder)
    #expect(text.hasPrefix("<!DOCTYPE html>") && text.contains("<title>Title with code</title>"))
    for pattern in ["src=", "<link", "@import", "url(http", "fetch(", "<img", "<iframe"] {
      #expect(!text.contains(pattern), "\(pattern)")
    }
    #expect(
      text.contains("prefers-color-scheme: dark") && text.contains("<details>\n<summary>More</summary>"))
    guard ExternalProgram.find("gnuplot") != nil else { return }
    #expect(text.components(separatedBy: "<svg").count == 3, "the figures are inside")
    #expect(text.contains("aria-label=\"A &quot;curve&quot;\""))
    // Every name that something refers to is there.
    for reference in text.matches(of: /href=['"]#([^'"]+)['"]/) {
      #expect(text.contains("id='\(reference.output.1)'") || text.contains("id=\"\(reference.output.1)\""))
    }
  }

  @Test("Where a figure could not be drawn the page says so")
  func withoutFigure() throws {
    let folder = try TemporaryFolder()
    var document = MarkdownDocument()
    let figure = DrawnFigure(
      outcome: .notDrawn(reason: "gnuplot was not found"), alternativeText: "A", caption: "C",
      dataFile: "a.dat",
      scriptFile: "a.gp")
    document.figure(figure)
    let text = try HTMLPage(document: document, folder: folder.path).text()
    #expect(text.contains("<strong>Figure not drawn:</strong> gnuplot was not found"))
  }

  /// The names in the first column of the table after each of some clicks on the heads of columns, in one page.
  private func orders(afterClicksOn columns: [Int], in folder: TemporaryFolder) throws -> [String] {
    let script = """
      <script>
      for (const column of \(columns)) {
        document.querySelectorAll("thead button")[column].click();
        const names = Array.from(document.querySelectorAll("tbody tr"), (row) => row.cells[0].textContent);
        document.body.append(`order:${names.join("")};`);
      }
      </script></body>
      """
    let file = try folder.write(try page(in: folder).replacing("</body>", with: script), to: "page.html")
    let dom = try Self.chromium?.run(
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder.file("profile"))",
        "--dump-dom",
        "file://\(file)",
      ], secondsAllowed: 60)
    return (dom ?? "").matches(of: /order:([a-z]+);/).map { String($0.output.1) }
  }

  @Test(
    "In Chromium a click on a head sorts: numbers as numbers, a second click the other way, empty cells last",
    .enabled(if: chromium != nil, "Chromium is not installed (ARMATURE_CHROMIUM names it elsewhere)"))
  func sorting() throws {
    let folder = try TemporaryFolder()
    #expect(try orders(afterClicksOn: [1, 1, 0, 0], in: folder) == ["adbc", "bdac", "abcd", "dcba"])
  }
}
