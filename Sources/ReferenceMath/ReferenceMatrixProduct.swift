internal import CGSL

/// C = alpha op(A) op(B) + beta C in double precision by GSL's own CBLAS; row-major.
///
/// The slow and simple product: the reference for the production one, and the product of the exact checks in
/// `Double`.
///
/// op(A) is [rows x inner], op(B) is [inner x columns], C is [rows x columns]; rows of A as it is stored start `strideA`
/// elements apart.
///
/// - Precondition: `b` and `c` have exactly these numbers of elements, `a` reaches to the end of its last row.
/// - Complexity: rows x columns x inner multiply-adds.
public func referenceMatrixProduct(
  transposeA: Bool, transposeB: Bool, rows: Int, columns: Int, inner: Int,
  alpha: Double, _ a: Span<Double>, strideA: Int, _ b: Span<Double>, beta: Double,
  into c: inout MutableSpan<Double>
) {
  let (storedRows, storedColumns) = transposeA ? (inner, rows) : (rows, inner)
  precondition(strideA >= storedColumns && a.count >= (storedRows - 1) * strideA + storedColumns)
  precondition(b.count == inner * columns && c.count == rows * columns)
  unsafe a.withUnsafeBufferPointer { a in
    unsafe b.withUnsafeBufferPointer { b in
      unsafe c.withUnsafeMutableBufferPointer { c in
        unsafe cblas_dgemm(
          CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
          Int32(rows), Int32(columns), Int32(inner), alpha, a.baseAddress, Int32(strideA),
          b.baseAddress, Int32(transposeB ? inner : columns), beta, c.baseAddress, Int32(columns))
      }
    }
  }
}
