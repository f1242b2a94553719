internal import CKernels

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

  public static func addRow(
    _ row: Span<Self>, rectifyingBy slope: Self, toEachRowOf matrix: inout MutableSpan<Self>
  ) {
    addRow(row, toEachRowOf: &matrix)
    for i in 0..<matrix.count where matrix[i] <= 0 { matrix[i] *= slope }
  }
}

extension Float {
  public static func addScaled(_ x: Span<Float>, by factor: Float, to y: inout MutableSpan<Float>) {
    precondition(x.count == y.count, "addScaled: \(x.count) inputs for \(y.count) outputs")
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe armature_add_scaled(x.baseAddress, factor, y.baseAddress, y.count)
      }
    }
  }

  public static func scale(_ y: inout MutableSpan<Float>, by factor: Float) {
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe armature_scale(y.baseAddress, factor, y.count)
    }
  }

  public static func addColumnSums(of matrix: Span<Float>, rows: Int, to sums: inout MutableSpan<Float>) {
    let columns = sums.count
    precondition(
      matrix.count == rows * columns, "addColumnSums: \(matrix.count) elements for \(rows) x \(columns)")
    unsafe matrix.withUnsafeBufferPointer { matrix in
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        unsafe armature_add_column_sums(matrix.baseAddress, rows, columns, sums.baseAddress)
      }
    }
  }

  public static func addRow(_ row: Span<Float>, toEachRowOf matrix: inout MutableSpan<Float>) {
    let columns = row.count
    precondition(
      columns == 0 ? matrix.count == 0 : matrix.count.isMultiple(of: columns),
      "addRow: \(matrix.count) elements in rows of \(columns)")
    guard columns > 0 else { return }
    unsafe row.withUnsafeBufferPointer { row in
      unsafe matrix.withUnsafeMutableBufferPointer { matrix in
        unsafe armature_add_row(row.baseAddress, matrix.count / columns, columns, matrix.baseAddress)
      }
    }
  }

  public static func addRow(
    _ row: Span<Float>, rectifyingBy slope: Float, toEachRowOf matrix: inout MutableSpan<Float>
  ) {
    let columns = row.count
    precondition(
      columns == 0 ? matrix.count == 0 : matrix.count.isMultiple(of: columns),
      "addRow: \(matrix.count) elements in rows of \(columns)")
    guard columns > 0 else { return }
    unsafe row.withUnsafeBufferPointer { row in
      unsafe matrix.withUnsafeMutableBufferPointer { matrix in
        unsafe armature_add_row_rectified(
          row.baseAddress, slope, matrix.count / columns, columns, matrix.baseAddress)
      }
    }
  }
}
