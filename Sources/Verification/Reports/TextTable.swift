/// A table in plain text, columns aligned: the first ones to the left, the others to the right.
package struct TextTable {
  let header: [String]
  package var rows: [[String]]
  let leftColumns: Int

  package init(header: [String], rows: [[String]] = [], leftColumns: Int = 1) {
    self.header = header
    self.rows = rows
    self.leftColumns = leftColumns
  }

  package var text: String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { line(of: $0, widths: widths) }.joined(separator: "\n")
  }

  private func line(of cells: [String], widths: [Int]) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      if column > 0 { line += "  " }
      line += column < leftColumns ? cell + padding : padding + cell
    }
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}

/// A number with three significant digits.
func threeDigits(_ number: Double) -> String {
  guard number != 0, number.isFinite else { return "\(number)" }
  var mantissa = number.magnitude
  var exponent = 0
  while mantissa >= 9.995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
  while mantissa < 0.9995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  let hundredths = Int((mantissa * 100).rounded())
  let fraction = hundredths % 100 < 10 ? "0\(hundredths % 100)" : "\(hundredths % 100)"
  return "\(number < 0 ? "-" : "")\(hundredths / 100).\(fraction)e\(exponent)"
}
