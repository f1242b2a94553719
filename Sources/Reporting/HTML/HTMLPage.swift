internal import Foundation

/// A report as one HTML page that needs nothing else: styles, script and figures are inside, and nothing is fetched.
///
/// Tables sort by a click on a column's head. The page follows the reader's choice of light or dark.
struct HTMLPage: Sendable {
  let document: MarkdownDocument
  /// Folder that the document's figures lie in.
  let folder: String

  /// - Throws: `ReportingError.malformed` for a figure that cannot be read.
  func text() throws(ReportingError) -> String {
    let body = try html(of: document.blocks).joined(separator: "\n")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      <style>
      \(HTMLStyle.sheet)
      </style>
      </head>
      <body>
      <main>
      \(body)
      </main>
      <script>
      \(HTMLStyle.sortScript)
      </script>
      </body>
      </html>

      """
  }

  /// The first heading, without markup.
  private var title: String {
    for case .heading(_, let text) in document.blocks {
      return HTMLText.html(text).replacing(/<[^>]*>/, with: "")
    }
    return "Report"
  }

  private func html(of blocks: [MarkdownDocument.Block]) throws(ReportingError) -> [String] {
    var parts: [String] = []
    for block in blocks { parts.append(try html(of: block)) }
    return parts
  }

  private func html(of block: MarkdownDocument.Block) throws(ReportingError) -> String {
    switch block {
    case .heading(let level, let text): return "<h\(level)>\(HTMLText.html(text))</h\(level)>"
    case .paragraph(let text): return "<p>\(HTMLText.html(text))</p>"
    case .list(let items):
      return "<ul>\n" + items.map { "<li>\(HTMLText.html($0))</li>\n" }.joined() + "</ul>"
    case .table(let table): return Self.html(of: table)
    case .code(let code, _): return "<pre><code>\(HTMLText.escape(code))</code></pre>"
    case .image(let alternativeText, let file): return try figure(file, alternativeText: alternativeText)
    case .details(let summary, let inner):
      let body = try html(of: inner).joined(separator: "\n")
      return "<details>\n<summary>\(HTMLText.html(summary))</summary>\n\(body)\n</details>"
    }
  }

  private static func html(of table: MarkdownTable) -> String {
    let styles = table.columns.map { column in
      switch column.alignment {
      case .left: ""
      case .right: " class=\"right\""
      case .centre: " class=\"centre\""
      }
    }
    let heads = zip(table.columns, styles).map { column, style in
      "<th scope=\"col\"\(style)><button type=\"button\">\(HTMLText.html(column.title))</button></th>"
    }
    let rows = table.rows.map { row in
      "<tr>" + zip(row, styles).map { "<td\($1)>\(HTMLText.html($0))</td>" }.joined() + "</tr>"
    }
    return "<div class=\"table\"><table>\n<thead><tr>\(heads.joined())</tr></thead>\n<tbody>\n"
      + rows.joined(separator: "\n") + "\n</tbody>\n</table></div>"
  }

  /// The picture's bytes, as text.
  private func picture(_ file: String, alternativeText: String) throws(ReportingError) -> String {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)),
      data.starts(with: [0x89, 0x50, 0x4E, 0x47])
    else { throw .malformed(file: file, place: "the file", expected: "a PNG picture") }
    let label = HTMLText.escape(alternativeText)
    return
      "<figure><img style=\"max-width: 100%; height: auto\" alt=\"\(label)\" src=\"data:image/png;base64,\(data.base64EncodedString())\"></figure>"
  }

  /// The figure's SVG, its names made this figure's own: two figures of one page would share them otherwise.
  private func figure(_ file: String, alternativeText: String) throws(ReportingError) -> String {
    if file.hasSuffix(".png") { return try picture(file, alternativeText: alternativeText) }
    guard let svg = try? String(contentsOfFile: folder + "/" + file, encoding: .utf8),
      let start = svg.range(of: "<svg")
    else { throw .malformed(file: file, place: "the file", expected: "an SVG figure") }
    let stem = ((file as NSString).lastPathComponent as NSString).deletingPathExtension
    let own = svg[start.lowerBound...]
      .replacing(/\bid="/, with: "id=\"\(stem)-").replacing(/\bid='/, with: "id='\(stem)-")
      .replacing(/href=(['"])#/) { "href=\($0.output.1)#\(stem)-" }
      .replacing("url(#", with: "url(#\(stem)-")
    let label = HTMLText.escape(alternativeText)
    return "<figure role=\"img\" aria-label=\"\(label)\">\n\(own)</figure>"
  }
}
