extension KernelScalar {
  public static func addScaled(_ x: Span<Self>, by factor: Self, to y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "addScaled: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] += factor * x[i] }
  }

  public static func scale(_ y: inout MutableSpan<Self>, by factor: Self) {
    for i in 0..<y.count { y[i] *= factor }
  }

  public static func addColumnSums(of matrix: Span<Self>, rows: Int, to sums: inout MutableSpan<Self>) {
    let columns = sums.count
    precondition(
      matrix.count == rows * columns, "addColumnSums: \(matrix.count) elements for \(rows) x \(columns)")
    for row in 0..<rows {
      for column in 0..<columns { sums[column] += matrix[row * columns + column] }
    }
  }

  public static func addRow(_ row: Span<Self>, toEachRowOf matrix: inout MutableSpan<Self>) {
    let columns = row.count
    precondition(
      columns == 0 ? matrix.count == 0 : matrix.count.isMultiple(of: columns),
      "addRow: \(matrix.count) elements in rows of \(columns)")
    guard columns > 0 else { return }
    for start in stride(from: 0, to: matrix.count, by: columns) {
      for column in 0..<columns { matrix[start + column] += row[column] }
    }
  }
}
