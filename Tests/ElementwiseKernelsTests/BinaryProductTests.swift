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
  /// Rows, inputs and outputs around the widths of blocks: 8 lanes, 64 to 80 columns, 16 columns, 4 rows, 100 inputs.
  static let shapes = [
    (1, 1, 1), (3, 5, 7), (4, 4, 8), (7, 21, 19), (5, 130, 33), (6, 12, 200), (2, 9, 93), (9, 103, 64),
  ]

  struct Problem<Scalar: KernelScalar> {
    let bits: [UInt8]
    let weight: [Scalar]
    let bias: [Scalar]
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
      bias = numbers(outputs, 5)
      centres = numbers(inputs, 9)
      outputGradient = numbers(rows * outputs, 13)
      columnSums = numbers(outputs, 17)
      old = numbers(inputs * outputs, 21)
    }
  }

  @Test("Forward passes are the dense layer's, as lists and as codes, centred or not", arguments: shapes)
  func forward(rows: Int, inputs: Int, outputs: Int) {
    func check<Scalar: KernelScalar>(_: Scalar.Type) {
      let problem = Problem<Scalar>(rows, inputs, outputs)
      for centres in [problem.centres, []] {
        let expected = denseForward(problem, centres: centres, slope: 0.3)
        for outputs in forwardResults(problem, centres: centres, slope: 0.3) {
          // Sums of at most 2 x 130 products, each below 2 x 3 x 2.
          #expect(largestDifference(outputs, expected) < 300 * 12 * 130 * Double(Scalar.ulpOfOne))
        }
      }
    }
    check(Float.self)
    check(Double.self)
  }

  private func denseForward<Scalar: KernelScalar>(
    _ problem: Problem<Scalar>, centres: [Scalar], slope: Double
  ) -> [Double] {
    let (inputs, outputs) = (problem.centres.count, problem.bias.count)
    return (0..<problem.bits.count / inputs * outputs).map { place in
      let (row, column) = (place / outputs, place % outputs)
      let sum = (0..<inputs).reduce(Double(problem.bias[column])) { sum, input in
        let seen = Double(problem.bits[row * inputs + input]) - (centres.isEmpty ? 0 : Double(centres[input]))
        return sum + 2 * seen * Double(problem.weight[input * outputs + column])
      }
      return sum > 0 ? sum : slope * sum
    }
  }

  private func forwardResults<Scalar: KernelScalar>(
    _ problem: Problem<Scalar>, centres: [Scalar], slope: Scalar
  ) -> [[Scalar]] {
    let (inputs, outputs) = (problem.centres.count, problem.bias.count)
    let rows = problem.bits.count / inputs
    var lists = BitLists(capacity: rows, columns: inputs)
    lists.load(problem.bits.span)
    var codes = BitCodes(capacity: rows, columns: inputs)
    codes.load(problem.bits.span)
    var results = [[Scalar]](repeating: Array(repeating: .nan, count: rows * outputs), count: 2)
    var listed = results[0].mutableSpan
    Scalar.binaryForward(
      lists, weight: problem.weight.span, bias: problem.bias.span, scale: 2, centres: centres.span,
      slope: slope, into: &listed)
    var tabled = results[1].mutableSpan
    Scalar.binaryForward(
      codes, weight: problem.weight.span, bias: problem.bias.span, scale: 2, centres: centres.span,
      slope: slope, into: &tabled)
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
    let (inputs, outputs) = (problem.centres.count, problem.bias.count)
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
    let (inputs, outputs) = (problem.centres.count, problem.bias.count)
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
    let together = forwardResults(problem, centres: problem.centres, slope: 1)
    let last = Array(problem.bits.suffix(inputs))
    var lists = BitLists(capacity: 1, columns: inputs)
    lists.load(last.span)
    var codes = BitCodes(capacity: 1, columns: inputs)
    codes.load(last.span)
    var alone = [[Float]](repeating: Array(repeating: .nan, count: outputs), count: 2)
    var listed = alone[0].mutableSpan
    Float.binaryForward(
      lists, weight: problem.weight.span, bias: problem.bias.span, scale: 2, centres: problem.centres.span,
      slope: 1, into: &listed)
    var tabled = alone[1].mutableSpan
    Float.binaryForward(
      codes, weight: problem.weight.span, bias: problem.bias.span, scale: 2, centres: problem.centres.span,
      slope: 1, into: &tabled)
    for form in 0..<2 {
      #expect(firstDifference(alone[form], Array(together[form].suffix(outputs))) == nil)
    }
  }

  @Test(
    "AVX2 and portable code give the same bits", .enabled(if: armature_has_avx2() == 1), arguments: shapes)
  func twins(rows: Int, inputs: Int, outputs: Int) {
    let p = Problem<Float>(rows, inputs, outputs)
    var lists = BitLists(capacity: rows, columns: inputs)
    lists.load(p.bits.span)
    var listsOfInputs = BitLists(capacity: inputs, columns: rows)
    listsOfInputs.load(transposing: lists)
    var codes = BitCodes(capacity: rows, columns: inputs)
    codes.load(p.bits.span)
    var codesOfInputs = BitCodes(capacity: inputs, columns: rows)
    codesOfInputs.load(transposing: p.bits.span)
    let empty = [Float](repeating: .nan, count: rows * outputs)
    var portable = [empty, empty, p.old, p.old]
    var vector = portable
    unsafe p.centres.withUnsafeBufferPointer { centres in
      let encoding = unsafe armature_encoding(scale: 2, centres: centres.baseAddress)
      unsafe withCLists(lists, inputs) { bits in
        unsafe armature_listed_forward_portable(bits, p.weight, p.bias, outputs, encoding, 0.3, &portable[0])
        unsafe armature_listed_forward_avx2(bits, p.weight, p.bias, outputs, encoding, 0.3, &vector[0])
      }
      unsafe withCCodes(codes, inputs) { bits in
        unsafe armature_tabled_forward_portable(bits, p.weight, p.bias, outputs, encoding, 0.3, &portable[1])
        unsafe armature_tabled_forward_avx2(bits, p.weight, p.bias, outputs, encoding, 0.3, &vector[1])
      }
      unsafe withCLists(listsOfInputs, rows) { bits in
        unsafe armature_listed_gradient_portable(
          bits, p.outputGradient, p.columnSums, outputs, encoding, 1, &portable[2])
        unsafe armature_listed_gradient_avx2(
          bits, p.outputGradient, p.columnSums, outputs, encoding, 1, &vector[2])
      }
      unsafe withCCodes(codesOfInputs, rows) { bits in
        unsafe armature_tabled_gradient_portable(
          bits, p.outputGradient, p.columnSums, outputs, encoding, 1, &portable[3])
        unsafe armature_tabled_gradient_avx2(
          bits, p.outputGradient, p.columnSums, outputs, encoding, 1, &vector[3])
      }
    }
    for i in portable.indices { #expect(firstDifference(portable[i], vector[i]) == nil, "kernel \(i)") }
  }

  private func withCLists(_ lists: BitLists, _ columns: Int, _ body: (armature_lists) -> Void) {
    unsafe lists.starts.withUnsafeBufferPointer { starts in
      unsafe lists.ones.withUnsafeBufferPointer { ones in
        unsafe body(
          armature_lists(
            starts: starts.baseAddress, ones: ones.baseAddress, rows: lists.rows, columns: columns))
      }
    }
  }

  private func withCCodes(_ codes: BitCodes, _ columns: Int, _ body: (armature_codes) -> Void) {
    unsafe codes.codes.withUnsafeBufferPointer { bytes in
      unsafe body(
        armature_codes(codes: bytes.baseAddress, rows: codes.rows, columns: columns, stride: codes.rows))
    }
  }
}

extension BitLists {
  fileprivate func list(_ row: Int) -> [Int] {
    ones[Int(starts[row])..<Int(starts[row + 1])].map { Int($0) }
  }
}

private func irregularBits(_ count: Int) -> [UInt8] { irregular(count, scale: 1).map { $0 > 0.2 ? 1 : 0 } }

private func largestDifference<Scalar: KernelScalar>(_ found: [Scalar], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  return zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
}
