import ElementwiseKernels
import Testing

@testable import NeuralNetworks

@Suite("The matrix product")
struct MatrixProductTests {
  static let sizes = [(1, 1, 1), (1, 7, 3), (5, 1, 9), (3, 4, 1), (7, 13, 17), (25, 33, 50), (50, 19, 31)]

  @Test(
    "agrees with three nested loops, in both precisions and with every transposition", arguments: sizes)
  func agreesWithLoops(size: (rows: Int, columns: Int, inner: Int)) {
    for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
      for (alpha, beta) in [(1.0, 0.0), (1.0, 1.0), (-0.75, 0.5)] {
        let double = differences(Double.self, size, transposeA, transposeB, alpha, beta)
        let float = differences(Float.self, size, transposeA, transposeB, alpha, beta)
        // Rounding of a sum of at most 50 products, each below 1: 52 half units of the last place of 50.
        #expect(double < 52 * 50 * Double.ulpOfOne)
        #expect(float < 52 * 50 * Double(Float.ulpOfOne))
      }
    }
  }

  private func differences<Scalar: KernelScalar>(
    _ type: Scalar.Type, _ size: (rows: Int, columns: Int, inner: Int), _ transposeA: Bool,
    _ transposeB: Bool,
    _ alpha: Double, _ beta: Double
  ) -> Double {
    let a: [Scalar] = testNumbers(size.rows * size.inner, stream: 1)
    let b: [Scalar] = testNumbers(size.inner * size.columns, stream: 2)
    var c: [Scalar] = testNumbers(size.rows * size.columns, stream: 3)
    let expected = (0..<c.count).map { place -> Double in
      let (row, column) = (place / size.columns, place % size.columns)
      let sum = (0..<size.inner).reduce(0.0) { sum, k in
        let left = a[transposeA ? k * size.rows + row : row * size.inner + k]
        let right = b[transposeB ? column * size.inner + k : k * size.columns + column]
        return sum + Double(left) * Double(right)
      }
      return alpha * sum + beta * Double(c[place])
    }
    var target = c.mutableSpan
    matrixProduct(
      transposeA: transposeA, transposeB: transposeB, rows: size.rows, columns: size.columns,
      inner: size.inner,
      alpha: Scalar(alpha), a.span, b.span, beta: Scalar(beta), into: &target)
    return zip(c, expected).map { (Double($0) - $1).magnitude }.max() ?? .infinity
  }

  @Test("takes some columns of a wider matrix by its stride, transposed or not, in both precisions")
  func strides() {
    func check<Scalar: KernelScalar>(_ type: Scalar.Type) {
      let (rows, inner, columns, width, first) = (4, 3, 5, 9, 2)
      let b: [Scalar] = (0..<inner * columns).map { Scalar(($0 * 5 + 1) % 13 - 6) }
      for transpose in [false, true] {
        let (storedRows, storedColumns) = transpose ? (inner, rows) : (rows, inner)
        let wide: [Scalar] = (0..<storedRows * width).map { Scalar(($0 * 7 + 3) % 11 - 5) }
        let narrow = (0..<storedRows).flatMap { row in
          (0..<storedColumns).map { wide[row * width + first + $0] }
        }
        var results = [[Scalar]](repeating: Array(repeating: 0, count: rows * columns), count: 2)
        var fromNarrow = results[0].mutableSpan
        matrixProduct(
          transposeA: transpose, rows: rows, columns: columns, inner: inner, narrow.span, b.span,
          into: &fromNarrow)
        var fromWide = results[1].mutableSpan
        let part = wide.span.extracting(first..<first + (storedRows - 1) * width + storedColumns)
        matrixProduct(
          transposeA: transpose, rows: rows, columns: columns, inner: inner, part, strideA: width, b.span,
          into: &fromWide)
        #expect(results[0] == results[1])
        #expect(results[0].contains { $0 != 0 })
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("does not read the old content of C when beta is zero")
  func overwrites() {
    let one: [Float] = [2]
    var result: [Float] = [.nan]
    var target = result.mutableSpan
    matrixProduct(rows: 1, columns: 1, inner: 1, one.span, one.span, into: &target)
    #expect(result == [4])
  }

  @Test("says which library and which kernels it runs on")
  func provenance() {
    #expect(!MatrixProductLibrary.version.isEmpty)
    #expect(MatrixProductLibrary.description.contains(MatrixProductLibrary.name))
    #expect(MatrixProductLibrary.kernelFamily != "not pinned")
  }
}
