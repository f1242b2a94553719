/// A table in plain text: columns as wide as their widest cell, the first ones to the left, others to the right.
struct TextTable {
  var header: [String]
  var rows: [[String]]
  var leftColumns = 1

  var text: String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column < leftColumns ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
