import ReferenceMath
import Testing

@Suite struct ReferenceMatrixProductTests {
  @Test(
    "Every transposition agrees with three nested loops",
    arguments: [(false, false), (false, true), (true, false), (true, true)])
  func transpositions(transposeA: Bool, transposeB: Bool) {
    let (rows, columns, inner) = (3, 4, 5)
    // Small integers: sums are exact, so the comparison is for equality.
    let a = (0..<rows * inner).map { Double(($0 * 7 + 3) % 11 - 5) }
    let b = (0..<inner * columns).map { Double(($0 * 5 + 1) % 13 - 6) }
    let c = (0..<rows * columns).map { Double($0 - 4) }
    var product = c
    var span = product.mutableSpan
    referenceMatrixProduct(
      transposeA: transposeA, transposeB: transposeB, rows: rows, columns: columns, inner: inner, alpha: 2,
      a.span, strideA: transposeA ? rows : inner, b.span, beta: -3, into: &span)
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = 0.0
        for k in 0..<inner {
          sum +=
            a[transposeA ? k * rows + row : row * inner + k]
            * b[transposeB ? column * inner + k : k * columns + column]
        }
        #expect(product[row * columns + column] == 2 * sum - 3 * c[row * columns + column])
      }
    }
  }
}
