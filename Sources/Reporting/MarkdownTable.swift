/// A Markdown table whose source is aligned too, so that it can be read without rendering.
package struct MarkdownTable: Sendable {
  package enum Alignment: Sendable { case left, right, centre }

  package struct Column: Sendable {
    let title: MarkdownText
    let alignment: Alignment

    package init(_ title: MarkdownText, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  let columns: [Column]
  private(set) var rows: [[MarkdownText]] = []

  package init(_ columns: [Column]) {
    precondition(!columns.isEmpty)
    self.columns = columns
  }

  /// - Precondition: one cell for each column.
  package mutating func append(_ cells: [MarkdownText]) {
    precondition(cells.count == columns.count)
    rows.append(cells)
  }

  var text: String {
    let header = columns.map { Self.cell($0.title) }
    let body = rows.map { $0.map(Self.cell) }
    let widths = columns.indices.map { column in
      max(3, header[column].count, body.map { $0[column].count }.max() ?? 0)
    }
    let rule = zip(columns, widths).map { Self.rule($0.alignment, width: $1) }
    return ([header, rule] + body).map { line($0, widths: widths) }.joined(separator: "\n")
  }

  private func line(_ cells: [String], widths: [Int]) -> String {
    let padded = cells.indices.map { i in
      let space = String(repeating: " ", count: widths[i] - cells[i].count)
      return columns[i].alignment == .right ? space + cells[i] : cells[i] + space
    }
    return "| " + padded.joined(separator: " | ") + " |"
  }

  private static func rule(_ alignment: Alignment, width: Int) -> String {
    let dashes = String(repeating: "-", count: width)
    switch alignment {
    case .left: return dashes
    case .right: return dashes.dropLast() + ":"
    case .centre: return ":" + dashes.dropLast(2) + ":"
    }
  }

  /// A bar ends a cell even inside a code span, so every bar that is not escaped yet is escaped here.
  private static func cell(_ text: MarkdownText) -> String {
    var cell = ""
    var escaped = false
    for character in text.markdown {
      if character == "|" && !escaped { cell += "\\" }
      cell += character.isNewline ? " " : String(character)
      escaped = character == "\\" && !escaped
    }
    return cell
  }
}
