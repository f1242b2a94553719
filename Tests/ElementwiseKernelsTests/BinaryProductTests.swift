import CKernels
import ElementwiseKernels
import Testing

@Suite("Matrices of bits") struct BitMatrixTests {
  @Test("Lists name the ones of each row in order, and those of each column after transposition")
  func lists() {
    for (rows, columns) in [(1, 1), (3, 7), (5, 8), (4, 19), (2, 33)] {
      let bits = irregularBits(rows * columns)
      var lists = BitLists(capacity: rows + 1, columns: columns)
      // A fuller matrix before: nothing of it may stay behind.
      let full = [UInt8](repeating: 1, count: (rows + 1) * columns)
      lists.load(full.span)
      lists.load(bits.span)
      for row in 0..<rows {
        let expected = (0..<columns).filter { bits[row * columns + $0] == 1 }
        #expect(lists.list(row) == expected)
      }
      // Of the first rows only, as a backward pass has fewer of them.
      let first = max(1, rows - 1)
      var transposed = BitLists(capacity: columns, columns: first)
      transposed.load(transposing: lists)
      for column in 0..<columns {
        #expect(transposed.list(column) == (0..<first).filter { bits[$0 * columns + column] == 1 })
      }
    }
  }

  @Test("Lists are cut where a row's first one in a column or after it stands")
  func cuts() {
    let (rows, columns) = (5, 19)
    let bits = irregularBits(rows * columns)
    var lists = BitLists(capacity: rows, columns: columns)
    lists.load(bits.span)
    for cut in [0, 8, 13, columns] {
      var cuts = [UInt32](repeating: .max, count: rows)
      unsafe withCLists(lists) { unsafe armature_cut_lists($0, UInt32(cut), &cuts) }
      for row in 0..<rows {
        let before = lists.list(row).filter { $0 < cut }.count
        #expect(Int(cuts[row]) == Int(lists.starts[row]) + before)
      }
    }
  }

  @Test("Codes hold every bit, transposed or not")
  func codes() {
    for (rows, columns) in [(1, 1), (3, 7), (5, 8), (4, 19)] {
      let bits = irregularBits(rows * columns)
      var codes = BitCodes(capacity: rows + 2, columns: columns)
      var transposed = BitCodes(capacity: columns, columns: rows)
      let full = [UInt8](repeating: 1, count: (rows + 2) * columns)
      codes.load(full.span)
      codes.load(bits.span)
      transposed.load(transposing: bits.span)
      for row in 0..<rows {
        for column in 0..<columns {
          let bit = bits[row * columns + column] == 1
          #expect(codes.bit(row: row, column: column) == bit)
          #expect(transposed.bit(row: column, column: row) == bit)
        }
      }
    }
  }
}

@Suite("Products with bits") struct BinaryProductTests {
  /// Rows, inputs and outputs around the widths of blocks: 8 and 16 lanes, up to 80 or 160 columns of lists, 16 columns and
  /// 4 or 8 rows of tables, 100 inputs.
  static let shapes = [
    (1, 1, 1), (3, 5, 7), (4, 4, 8), (7, 21, 19), (5, 130, 33), (6, 12, 200), (2, 9, 93), (9, 103, 64),
    (13, 17, 15), (25, 33, 16), (2, 15, 17), (17, 31, 161), (8, 16, 48),
  ]

  struct Problem<Scalar: KernelScalar> {
    let bits: [UInt8]
    let weight: [Scalar]
    let base: [Scalar]
    let centres: [Scalar]
    let outputGradient: [Scalar]
    let columnSums: [Scalar]
    let old: [Scalar]

    init(_ rows: Int, _ inputs: Int, _ outputs: Int) {
      func numbers(_ count: Int, _ offset: Int) -> [Scalar] {
        irregular(count + offset, scale: 2).dropFirst(offset).map { Scalar($0) }
      }
      bits = irregularBits(rows * inputs)
      weight = numbers(inputs * outputs, 0)
      base = numbers(outputs, 5)
      centres = numbers(inputs, 9)
      outputGradient = numbers(rows * outputs, 13)
      columnSums = numbers(outputs, 17)
      old = numbers(inputs * outputs, 21)
    }
  }

  @Test(
    "Forward passes add a row for each one to the base, in a part of the inputs or all", arguments: shapes)
  func forward(rows: Int, inputs: Int, outputs: Int) {
    func check<Scalar: KernelScalar>(_: Scalar.Type) {
      let problem = Problem<Scalar>(rows, inputs, outputs)
      for part in [InputPart.all, .lower, .upper] {
        let expected = naiveForward(problem, part, slope: 0.3)
        for found in forwardResults(problem, part, slope: 0.3) {
          // Sums of at most 130 products, each below 4.
          #expect(largestDifference(found, expected) < 130 * 4 * 130 * Double(Scalar.ulpOfOne))
        }
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("What the two parts of the inputs add is what all add", arguments: shapes)
  func parts(rows: Int, inputs: Int, outputs: Int) {
    func check<Scalar: KernelScalar>(_: Scalar.Type) {
      let problem = Problem<Scalar>(rows, inputs, outputs)
      let whole = forwardResults(problem, .all, slope: 1)
      let lower = forwardResults(problem, .lower, slope: 1)
      let upper = forwardResults(problem, .upper, slope: 1)
      for form in 0..<2 {
        // Each part starts from the base.
        let sums = lower[form].indices.map {
          Double(lower[form][$0]) + Double(upper[form][$0]) - Double(problem.base[$0 % outputs])
        }
        #expect(largestDifference(whole[form], sums) < 130 * 4 * 130 * Double(Scalar.ulpOfOne))
      }
    }
    check(Float.self)
    check(Double.self)
  }

  private func naiveForward<Scalar: KernelScalar>(
    _ problem: Problem<Scalar>, _ part: InputPart, slope: Double
  ) -> [Double] {
    let (inputs, outputs) = (problem.centres.count, problem.base.count)
    return (0..<problem.bits.count / inputs * outputs).map { place in
      let (row, column) = (place / outputs, place % outputs)
      let sum = part.range(of: inputs).reduce(Double(problem.base[column])) { sum, input in
        sum + 2 * Double(problem.bits[row * inputs + input])
          * Double(problem.weight[input * outputs + column])
      }
      return sum > 0 ? sum : slope * sum
    }
  }

  /// By lists and by codes.
  private func forwardResults<Scalar: KernelScalar>(
    _ problem: Problem<Scalar>, _ part: InputPart, slope: Scalar, lastRowAlone: Bool = false
  ) -> [[Scalar]] {
    let (inputs, outputs) = (problem.centres.count, problem.base.count)
    let bits = lastRowAlone ? Array(problem.bits.suffix(inputs)) : problem.bits
    let rows = bits.count / inputs
    var lists = BitLists(capacity: rows, columns: inputs)
    lists.load(bits.span)
    var codes = BitCodes(capacity: rows, columns: inputs)
    codes.load(bits.span)
    var results = [[Scalar]](repeating: Array(repeating: .nan, count: rows * outputs), count: 2)
    var listed = results[0].mutableSpan
    Scalar.binaryForward(
      lists, part: part, weight: problem.weight.span, base: problem.base.span, scale: 2, slope: slope,
      into: &listed)
    var tabled = results[1].mutableSpan
    Scalar.binaryForward(
      codes, part: part, weight: problem.weight.span, base: problem.base.span, scale: 2, slope: slope,
      into: &tabled)
    return results
  }

  @Test(
    "Weight gradients are the dense layer's, for all inputs or some, put there or added", arguments: shapes)
  func gradient(rows: Int, inputs: Int, outputs: Int) {
    func check<Scalar: KernelScalar>(_: Scalar.Type) {
      let problem = Problem<Scalar>(rows, inputs, outputs)
      for (centres, adding) in [(problem.centres, false), ([], false), (problem.centres, true)] {
        let all = denseGradient(problem, centres: centres, adding: adding)
        for part in [0..<inputs, inputs / 3..<(inputs + 1) / 2] where !part.isEmpty {
          let expected = Array(all[part.lowerBound * outputs..<part.upperBound * outputs])
          for found in gradientResults(problem, part, centres: centres, adding: adding) {
            #expect(largestDifference(found, expected) < 100 * 12 * Double(Scalar.ulpOfOne))
          }
        }
      }
    }
    check(Float.self)
    check(Double.self)
  }

  private func denseGradient<Scalar: KernelScalar>(
    _ problem: Problem<Scalar>, centres: [Scalar], adding: Bool
  ) -> [Double] {
    let (inputs, outputs) = (problem.centres.count, problem.base.count)
    return (0..<inputs * outputs).map { place in
      let (input, column) = (place / outputs, place % outputs)
      let centre = centres.isEmpty ? 0 : Double(centres[input])
      let sum = (0..<problem.bits.count / inputs).reduce(-centre * Double(problem.columnSums[column])) {
        $0 + Double(problem.bits[$1 * inputs + input]) * Double(problem.outputGradient[$1 * outputs + column])
      }
      return (adding ? Double(problem.old[place]) : 0) + 2 * sum
    }
  }

  private func gradientResults<Scalar: KernelScalar>(
    _ problem: Problem<Scalar>, _ part: Range<Int>, centres: [Scalar], adding: Bool
  ) -> [[Scalar]] {
    let (inputs, outputs) = (problem.centres.count, problem.base.count)
    let rows = problem.bits.count / inputs
    var lists = BitLists(capacity: rows, columns: inputs)
    lists.load(problem.bits.span)
    var listsOfInputs = BitLists(capacity: inputs, columns: rows)
    listsOfInputs.load(transposing: lists)
    var codes = BitCodes(capacity: inputs, columns: rows)
    codes.load(transposing: problem.bits.span)
    let old = Array(problem.old[part.lowerBound * outputs..<part.upperBound * outputs])
    var results = adding ? [old, old] : [old.map { _ in .nan }, old.map { _ in .nan }]
    var listed = results[0].mutableSpan
    Scalar.binaryWeightGradient(
      listsOfInputs, inputs: part, outputGradient: problem.outputGradient.span,
      columnSums: problem.columnSums.span, scale: 2, centres: centres.span, adding: adding, into: &listed)
    var tabled = results[1].mutableSpan
    Scalar.binaryWeightGradient(
      codes, inputs: part, outputGradient: problem.outputGradient.span, columnSums: problem.columnSums.span,
      scale: 2, centres: centres.span, adding: adding, into: &tabled)
    return results
  }

  @Test("A row's outputs do not depend on the rows beside it", arguments: shapes)
  func rowsAreIndependent(rows: Int, inputs: Int, outputs: Int) {
    let problem = Problem<Float>(rows, inputs, outputs)
    for part in [InputPart.all, .lower, .upper] {
      let together = forwardResults(problem, part, slope: 1)
      let alone = forwardResults(problem, part, slope: 1, lastRowAlone: true)
      for form in 0..<2 {
        #expect(firstDifference(alone[form], Array(together[form].suffix(outputs))) == nil)
      }
    }
  }

  @Test(
    "Every machine code gives the same bits for forward passes", .enabled(if: MachineCode.areSeveral),
    arguments: shapes)
  func forwardTwins(rows: Int, inputs: Int, outputs: Int) {
    let p = Problem<Float>(rows, inputs, outputs)
    var lists = BitLists(capacity: rows, columns: inputs)
    lists.load(p.bits.span)
    var codes = BitCodes(capacity: rows, columns: inputs)
    codes.load(p.bits.span)
    let empty = [Float](repeating: .nan, count: rows * outputs)
    for slope in [0.3, 1] as [Float] {
      unsafe withCLists(lists) { bits in
        unsafe expectTwins(
          armature_listed_forward_portable, armature_listed_forward_avx2, armature_listed_forward_avx512,
          from: empty
        ) { unsafe $0(bits, p.weight, p.base, outputs, 2, slope, &$1) }
      }
      unsafe withCCodes(codes) { bits in
        unsafe expectTwins(
          armature_tabled_forward_portable, armature_tabled_forward_avx2, armature_tabled_forward_avx512,
          from: empty
        ) { unsafe $0(bits, p.weight, p.base, outputs, 2, slope, &$1) }
      }
    }
  }

  @Test(
    "Every machine code gives the same bits for weight gradients", .enabled(if: MachineCode.areSeveral),
    arguments: shapes, [true, false])
  func gradientTwins(shape: (rows: Int, inputs: Int, outputs: Int), centred: Bool) {
    let (rows, inputs, outputs) = shape
    let p = Problem<Float>(rows, inputs, outputs)
    var lists = BitLists(capacity: rows, columns: inputs)
    lists.load(p.bits.span)
    var listsOfInputs = BitLists(capacity: inputs, columns: rows)
    listsOfInputs.load(transposing: lists)
    var codesOfInputs = BitCodes(capacity: inputs, columns: rows)
    codesOfInputs.load(transposing: p.bits.span)
    unsafe p.centres.withUnsafeBufferPointer { centres in
      let encoding = unsafe armature_encoding(scale: 2, centres: centred ? centres.baseAddress : nil)
      for adds in [0, 1] as [Int32] {
        unsafe withCLists(listsOfInputs) { bits in
          unsafe expectTwins(
            armature_listed_gradient_portable, armature_listed_gradient_avx2,
            armature_listed_gradient_avx512, from: p.old
          ) { unsafe $0(bits, p.outputGradient, p.columnSums, outputs, encoding, adds, &$1) }
        }
        unsafe withCCodes(codesOfInputs) { bits in
          unsafe expectTwins(
            armature_tabled_gradient_portable, armature_tabled_gradient_avx2,
            armature_tabled_gradient_avx512, from: p.old
          ) { unsafe $0(bits, p.outputGradient, p.columnSums, outputs, encoding, adds, &$1) }
        }
      }
    }
  }
}

private func withCLists(_ lists: BitLists, _ body: (armature_lists) -> Void) {
  unsafe lists.starts.withUnsafeBufferPointer { starts in
    unsafe lists.ones.withUnsafeBufferPointer { ones in
      unsafe body(
        armature_lists(
          starts: starts.baseAddress, ends: starts.baseAddress?.advanced(by: 1), ones: ones.baseAddress,
          rows: lists.rows, columns: lists.columns))
    }
  }
}

private func withCCodes(_ codes: BitCodes, _ body: (armature_codes) -> Void) {
  unsafe codes.codes.withUnsafeBufferPointer { bytes in
    unsafe body(
      armature_codes(
        codes: bytes.baseAddress, rows: codes.rows, columns: codes.columns, stride: codes.rows))
  }
}

extension BitLists {
  fileprivate func list(_ row: Int) -> [Int] {
    ones[Int(starts[row])..<Int(starts[row + 1])].map { Int($0) }
  }
}

private func irregularBits(_ count: Int) -> [UInt8] { irregular(count, scale: 1).map { $0 > 0.2 ? 1 : 0 } }

/// Infinite where a number is undefined, which a maximum would pass over.
private func largestDifference<Scalar: KernelScalar>(_ found: [Scalar], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let distances = zip(found, expected).map { abs(Double($0) - $1) }
  return distances.contains { $0.isNaN } ? .infinity : distances.max() ?? 0
}
