import CKernels
import ElementwiseKernels
import Testing

@Suite("Leaky rectifier, scaled sums and bias sums") struct VectorOperationTests {
  static let shapes = [(0, 5), (1, 1), (3, 7), (4, 8), (5, 9), (2, 65)]

  @Test("Single precision gives the bits of the plain loops", arguments: shapes)
  func plainLoops(rows: Int, columns: Int) {
    let matrix = irregular(rows * columns, scale: 5)
    let other = irregular(rows * columns + 3, scale: 2).dropFirst(3).map { $0 }
    let row = irregular(columns, scale: 1)

    var scaled = other
    var scaledSpan = scaled.mutableSpan
    Float.addScaled(matrix.span, by: 0.3, to: &scaledSpan)
    #expect(scaled == zip(other, matrix).map { $0 + 0.3 * $1 })
    var scaledAgain = scaled.mutableSpan
    Float.scale(&scaledAgain, by: -1.7)
    #expect(scaled == zip(other, matrix).map { ($0 + 0.3 * $1) * -1.7 })

    var sums = row
    var sumsSpan = sums.mutableSpan
    Float.addColumnSums(of: matrix.span, rows: rows, to: &sumsSpan)
    let expectedSums = row.indices.map { c in (0..<rows).reduce(row[c]) { $0 + matrix[$1 * columns + c] } }
    #expect(sums == expectedSums)

    var shifted = matrix
    var shiftedSpan = shifted.mutableSpan
    Float.addRow(row.span, toEachRowOf: &shiftedSpan)
    #expect(shifted == matrix.indices.map { matrix[$0] + row[$0 % columns] })

    var rectified = matrix
    var rectifiedSpan = rectified.mutableSpan
    Float.addRow(row.span, rectifyingBy: 0.3, toEachRowOf: &rectifiedSpan)
    #expect(rectified == shifted.map { $0 > 0 ? $0 : 0.3 * $0 })
    var double = matrix.map { Double($0) }
    var doubleSpan = double.mutableSpan
    let doubleRow = row.map { Double($0) }
    Double.addRow(doubleRow.span, rectifyingBy: 0.25, toEachRowOf: &doubleSpan)
    let doubleShifted = matrix.indices.map { Double(matrix[$0]) + Double(row[$0 % columns]) }
    #expect(double == doubleShifted.map { $0 > 0 ? $0 : $0 / 4 })
  }

  @Test("The leaky rectifier and its gradient follow the sign of the input, zero counting as not positive")
  func leakyReLU() {
    func check<Scalar: KernelScalar>(_: Scalar.Type) {
      let x = (0..<37).map { Scalar($0 - 18) }
      let outputGradient = (0..<37).map { Scalar($0) }
      let y = values(of: { Scalar.leakyReLU($0, slope: 0.25, into: &$1) }, x)
      #expect(y == x.map { $0 > 0 ? $0 : $0 / 4 })
      let fromInput = values(
        of: { Scalar.leakyReLUGradient(x.span, slope: 0.25, outputGradient: $0, into: &$1) }, outputGradient)
      #expect(fromInput == x.indices.map { x[$0] > 0 ? outputGradient[$0] : outputGradient[$0] / 4 })
      let fromOutput = values(
        of: { Scalar.leakyReLUGradient(y.span, slope: 0.25, outputGradient: $0, into: &$1) }, outputGradient)
      #expect(fromOutput == fromInput)
    }
    check(Float.self)
    check(Double.self)
  }

  @Test(
    "AVX2 and portable code give the same bits", .enabled(if: armature_has_avx2() == 1), arguments: shapes)
  func twins(rows: Int, columns: Int) {
    let count = rows * columns
    let x = irregular(count, scale: 5)
    let row = irregular(columns, scale: 1)
    var portable = [x, x, row, x, x, x, x]
    var vector = portable
    unsafe armature_add_scaled_portable(x, 0.3, &portable[0], count)
    unsafe armature_add_scaled_avx2(x, 0.3, &vector[0], count)
    unsafe armature_scale_portable(&portable[1], 0.3, count)
    unsafe armature_scale_avx2(&vector[1], 0.3, count)
    unsafe armature_add_column_sums_portable(x, rows, columns, &portable[2])
    unsafe armature_add_column_sums_avx2(x, rows, columns, &vector[2])
    unsafe armature_add_row_portable(row, rows, columns, &portable[3])
    unsafe armature_add_row_avx2(row, rows, columns, &vector[3])
    unsafe armature_leaky_relu_portable(x, 0.3, &portable[4], count)
    unsafe armature_leaky_relu_avx2(x, 0.3, &vector[4], count)
    unsafe armature_leaky_relu_gradient_portable(x, 0.3, x, &portable[5], count)
    unsafe armature_leaky_relu_gradient_avx2(x, 0.3, x, &vector[5], count)
    unsafe armature_add_row_rectified_portable(row, 0.3, rows, columns, &portable[6])
    unsafe armature_add_row_rectified_avx2(row, 0.3, rows, columns, &vector[6])
    for i in portable.indices { #expect(firstDifference(portable[i], vector[i]) == nil, "kernel \(i)") }
  }
}
