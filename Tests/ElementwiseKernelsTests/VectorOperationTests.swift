import CKernels
import ElementwiseKernels
import Testing

@Suite("Scaled sums, sums of rows and rectified sums") struct VectorOperationTests {
  /// Rows and columns around the widths of vectors, 8 and 16, and none.
  static let shapes = [(0, 5), (1, 1), (3, 7), (4, 8), (5, 9), (3, 15), (2, 16), (4, 17), (2, 65)]

  @Test(
    "Single precision gives the bits of the plain loops, double precision their numbers", arguments: shapes)
  func plainLoops(rows: Int, columns: Int) {
    func check<Scalar: KernelScalar>(_: Scalar.Type) {
      let matrix = irregular(rows * columns, scale: 5).map { Scalar($0) }
      let other = irregular(rows * columns + 3, scale: 2).dropFirst(3).map { Scalar($0) }
      let factor = Scalar(0.3)

      var scaled = other
      var scaledSpan = scaled.mutableSpan
      Scalar.addScaled(matrix.span, by: factor, to: &scaledSpan)
      #expect(scaled == zip(other, matrix).map { $0 + factor * $1 })
      var scaledAgain = scaled.mutableSpan
      Scalar.scale(&scaledAgain, by: -1.7)
      #expect(scaled == zip(other, matrix).map { ($0 + factor * $1) * -1.7 })

      let start = irregular(columns, scale: 1).map { Scalar($0) }
      let weights = irregular(rows + 7, scale: 2).dropFirst(7).map { Scalar($0) }
      var weighted = start
      var weightedSpan = weighted.mutableSpan
      Scalar.addWeightedRows(of: matrix.span, weights: weights.span, factor: -2, to: &weightedSpan)
      let expected = start.indices.map { column in
        weights.indices.reduce(start[column]) { $0 + -2 * weights[$1] * matrix[$1 * columns + column] }
      }
      #expect(weighted == expected)
    }
    check(Float.self)
    check(Double.self)
  }

  @Test(
    "Sums of columns and rectified sums leave the columns alone that are not asked for", arguments: shapes)
  func someColumns(rows: Int, columns: Int) {
    func check<Scalar: KernelScalar>(_: Scalar.Type, _ part: Range<Int>) {
      let matrix = irregular(rows * columns, scale: 5).map { Scalar($0) }
      let other = irregular(rows * columns + 3, scale: 2).dropFirst(3).map { Scalar($0) }
      let start = irregular(columns, scale: 1).map { Scalar($0) }
      var sums = start
      var sumsSpan = sums.mutableSpan
      Scalar.addColumnSums(of: matrix.span, rows: rows, columns: part, to: &sumsSpan)
      let expectedSums = start.indices.map { column in
        part.contains(column)
          ? (0..<rows).reduce(start[column]) { $0 + matrix[$1 * columns + column] } : start[column]
      }
      #expect(sums == expectedSums)

      var rectified = other
      var rectifiedSpan = rectified.mutableSpan
      Scalar.addRectified(matrix.span, slope: 0.25, width: columns, columns: part, to: &rectifiedSpan)
      let expected = other.indices.map { place in
        let sum = other[place] + matrix[place]
        return part.contains(place % columns) ? (sum > 0 ? sum : sum / 4) : other[place]
      }
      #expect(rectified == expected)
    }
    for part in [0..<columns, columns / 3..<(columns + 1) / 2, columns..<columns] {
      check(Float.self, part)
      check(Double.self, part)
    }
  }

  @Test("A sum of zero counts as not positive, and a slope of 1 leaves the rectifier out")
  func rectifier() {
    let (x, y): ([Float], [Float]) = ([1, 1, -3, 0], [-1, 2, 1, -0.0])
    for (slope, expected) in [(0.5, [0, 3, -1, 0]), (1, [0, 3, -2, 0])] as [(Float, [Float])] {
      var sums = y
      var span = sums.mutableSpan
      Float.addRectified(x.span, slope: slope, width: 4, columns: 0..<4, to: &span)
      #expect(sums == expected)
    }
  }

  @Test(
    "Every machine code gives the same bits, whatever the distance of rows",
    .enabled(if: MachineCode.areSeveral), arguments: shapes)
  func twins(rows: Int, columns: Int) {
    let count = rows * columns
    let x = irregular(count, scale: 5)
    unsafe expectTwins(
      armature_add_scaled_portable, armature_add_scaled_avx2, armature_add_scaled_avx512, from: x
    ) { unsafe $0(x, 0.3, &$1, count) }
    unsafe expectTwins(armature_scale_portable, armature_scale_avx2, armature_scale_avx512, from: x) {
      unsafe $0(&$1, 0.3, count)
    }
    let (row, weights) = (irregular(columns, scale: 1), irregular(rows, scale: 3))
    unsafe expectTwins(
      armature_add_weighted_rows_portable, armature_add_weighted_rows_avx2,
      armature_add_weighted_rows_avx512, from: row
    ) { unsafe $0(x, weights, -1.3, rows, columns, &$1) }
    for stride in [columns, columns + 3] {
      let matrix = irregular(rows * stride, scale: 5)
      unsafe expectTwins(
        armature_add_column_sums_portable, armature_add_column_sums_avx2, armature_add_column_sums_avx512,
        from: row
      ) { unsafe $0(matrix, rows, stride, columns, &$1) }
      unsafe expectTwins(
        armature_add_rectified_portable, armature_add_rectified_avx2, armature_add_rectified_avx512,
        from: matrix.reversed()
      ) { unsafe $0(matrix, 0.3, rows, stride, columns, &$1) }
    }
  }
}
