internal import CKernels

extension KernelScalar {
  public static func addScaled(_ x: Span<Self>, by factor: Self, to y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "addScaled: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] += factor * x[i] }
  }

  public static func scale(_ y: inout MutableSpan<Self>, by factor: Self) {
    for i in 0..<y.count { y[i] *= factor }
  }

  public static func addColumnSums(
    of matrix: Span<Self>, rows: Int, columns: Range<Int>, to sums: inout MutableSpan<Self>
  ) {
    let width = sums.count
    requireMatrix("addColumnSums", matrix.count, rows, columns, width)
    for row in 0..<rows {
      for column in columns { sums[column] += matrix[row * width + column] }
    }
  }

  public static func addWeightedRows(
    of matrix: Span<Self>, weights: Span<Self>, factor: Self, to sums: inout MutableSpan<Self>
  ) {
    let width = sums.count
    requireMatrix("addWeightedRows", matrix.count, weights.count, 0..<width, width)
    for row in weights.indices {
      let weight = factor * weights[row]
      for column in 0..<width { sums[column] += weight * matrix[row * width + column] }
    }
  }

  public static func addRectified(
    _ x: Span<Self>, slope: Self, width: Int, columns: Range<Int>, to y: inout MutableSpan<Self>
  ) {
    precondition(x.count == y.count, "addRectified: \(x.count) inputs for \(y.count) outputs")
    requireMatrix("addRectified", y.count, y.count / width, columns, width)
    for start in stride(from: 0, to: y.count, by: width) {
      for column in columns {
        let sum = y[start + column] + x[start + column]
        y[start + column] = sum > 0 ? sum : slope * sum
      }
    }
  }
}

private func requireMatrix(_ name: String, _ count: Int, _ rows: Int, _ columns: Range<Int>, _ width: Int) {
  precondition(
    count == rows * width && columns.lowerBound >= 0 && columns.upperBound <= width,
    "\(name): \(count) elements for columns \(columns) of \(rows) x \(width)")
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

  public static func addColumnSums(
    of matrix: Span<Float>, rows: Int, columns: Range<Int>, to sums: inout MutableSpan<Float>
  ) {
    let (width, first) = (sums.count, columns.lowerBound)
    requireMatrix("addColumnSums", matrix.count, rows, columns, width)
    unsafe matrix.withUnsafeBufferPointer { matrix in
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        unsafe armature_add_column_sums(
          matrix.baseAddress?.advanced(by: first), rows, width, columns.count,
          sums.baseAddress?.advanced(by: first))
      }
    }
  }

  public static func addWeightedRows(
    of matrix: Span<Float>, weights: Span<Float>, factor: Float, to sums: inout MutableSpan<Float>
  ) {
    let width = sums.count
    requireMatrix("addWeightedRows", matrix.count, weights.count, 0..<width, width)
    unsafe matrix.withUnsafeBufferPointer { matrix in
      unsafe weights.withUnsafeBufferPointer { weights in
        unsafe sums.withUnsafeMutableBufferPointer { sums in
          unsafe armature_add_weighted_rows(
            matrix.baseAddress, weights.baseAddress, factor, weights.count, width, sums.baseAddress)
        }
      }
    }
  }

  public static func addRectified(
    _ x: Span<Float>, slope: Float, width: Int, columns: Range<Int>, to y: inout MutableSpan<Float>
  ) {
    precondition(x.count == y.count, "addRectified: \(x.count) inputs for \(y.count) outputs")
    let (rows, first) = (y.count / width, columns.lowerBound)
    requireMatrix("addRectified", y.count, rows, columns, width)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe armature_add_rectified(
          x.baseAddress?.advanced(by: first), slope, rows, width, columns.count,
          y.baseAddress?.advanced(by: first))
      }
    }
  }
}
