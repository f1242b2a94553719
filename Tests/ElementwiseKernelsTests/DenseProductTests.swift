import CKernels
import ElementwiseKernels
import Testing

/// The three products of a dense layer in single precision. Small numbers of rows, inputs and outputs are what the tiles and
/// vectors of the kernels meet: 8 and 16 lanes, tiles of up to 14 rows.
@Suite("Dense products in single precision") struct DenseProductTests {
  static let manyRows = Array(1...14) + [25, 50]
  static let manyColumns = [1, 7, 8, 15, 16, 17, 33, 100, 200]
  static let manyInner = [0, 1, 7, 8, 15, 16, 17, 31, 100, 784]

  /// Rows, inner length and columns of a product: two of them vary while the third stays small, for speed.
  static let shapes: [(Int, Int, Int)] = {
    var shapes: [(Int, Int, Int)] = []
    for rows in manyRows {
      for columns in manyColumns { shapes.append((rows, 5, columns)) }
      for inner in manyInner { shapes.append((rows, inner, 3)) }
    }
    for inner in manyInner {
      for columns in manyColumns { shapes.append((2, inner, columns)) }
    }
    // More than an input gradient copies to fast memory at once: several copies, and rows that are too long for one.
    return shapes + [(50, 200, 4), (50, 784, 4), (7, 1100, 5), (6, 1700, 5)]
  }()

  /// Rows, inputs and outputs of a layer.
  static let layers = [
    (1, 1, 1), (3, 7, 5), (2, 8, 16), (14, 9, 17), (5, 20, 33), (13, 31, 7), (4, 100, 15), (2, 784, 8),
    (6, 17, 100),
  ]

  @Test("Every machine code gives the same bits for outputs", .enabled(if: MachineCode.areSeveral))
  func forwardTwins() {
    for (rows, inner, columns) in Self.shapes {
      for (extra, slope) in [(0, 1), (3, 0.3)] as [(Int, Float)] {
        let inputs = irregular(rows * (inner + extra), scale: 2)
        let weight = irregular(inner * columns + 5, scale: 1).dropFirst(5).map { $0 }
        // The wider matrix goes with no bias.
        let bias = extra == 0 ? irregular(columns, scale: 3) : nil
        unsafe expectTwins(
          armature_dense_forward_portable, armature_dense_forward_avx2, armature_dense_forward_avx512,
          from: [Float](repeating: .nan, count: rows * columns), "\(rows) x \(inner) x \(columns)"
        ) { kernel, outputs in
          unsafe withPointer(bias) { bias in
            unsafe kernel(inputs, inner + extra, weight, bias, rows, inner, columns, slope, &outputs)
          }
        }
      }
    }
  }

  @Test("Every machine code gives the same bits for weight gradients", .enabled(if: MachineCode.areSeveral))
  func weightGradientTwins() {
    for (part, rows, columns) in Self.shapes {
      for (extra, further) in [(0, 0), (3, rows / 2)] {
        let inputs = irregular(rows * (part + extra), scale: 2)
        let outputGradient = irregular(rows * columns + 5, scale: 1).dropFirst(5).map { $0 }
        unsafe expectTwins(
          armature_dense_weight_gradient_portable, armature_dense_weight_gradient_avx2,
          armature_dense_weight_gradient_avx512, from: irregular(part * columns, scale: 3),
          "\(part) x \(rows) x \(columns)"
        ) { kernel, gradient in
          unsafe withRows(inputs, outputGradient, rows, further, part + extra, columns) {
            unsafe kernel($0, $1, part + extra, part, columns, &gradient)
          }
        }
      }
    }
  }

  @Test("Every machine code gives the same bits for input gradients", .enabled(if: MachineCode.areSeveral))
  func inputGradientTwins() {
    for (rows, inner, columns) in Self.shapes {
      for extra in [0, 3] {
        let outputGradient = irregular(rows * inner, scale: 2)
        let weight = irregular(inner * columns + 5, scale: 1).dropFirst(5).map { $0 }
        let stride = columns + extra
        let activations = extra == 0 ? nil : irregular(rows * stride, scale: 3)
        unsafe expectTwins(
          armature_dense_input_gradient_portable, armature_dense_input_gradient_avx2,
          armature_dense_input_gradient_avx512, from: [Float](repeating: .nan, count: rows * stride),
          "\(rows) x \(inner) x \(columns)"
        ) { kernel, gradient in
          unsafe withPointer(activations) { activations in
            unsafe kernel(
              outputGradient, weight, activations, rows, inner, columns, stride, 0.3, &gradient)
          }
        }
      }
    }
  }

  @Test(
    "Infinite, undefined and subnormal numbers give the same bits too", .enabled(if: MachineCode.areSeveral))
  func twinsAtTheLimits() {
    let limits: [Float] = [
      .infinity, -.infinity, .nan, -0.0, .leastNonzeroMagnitude, 3e38, -3e38, 1e-38, 0, 2,
    ]
    let (rows, inner, columns) = (9, 19, 21)
    // Most numbers are harmless, so that not every sum has something undefined in it.
    func numbers(_ count: Int, _ distance: Int) -> [Float] {
      irregular(count, scale: 1).enumerated().map {
        $0 % distance == 0 ? limits[$0 / distance % limits.count] : $1
      }
    }
    let (left, right) = (numbers(rows * inner, 17), numbers(inner * columns, 41))
    let activations = numbers(rows * columns, 2)
    let forward = unsafe expectTwins(
      armature_dense_forward_portable, armature_dense_forward_avx2, armature_dense_forward_avx512,
      from: activations
    ) { unsafe $0(left, inner, right, nil, rows, inner, columns, 0.3, &$1) }
    let ofWeights = unsafe expectTwins(
      armature_dense_weight_gradient_portable, armature_dense_weight_gradient_avx2,
      armature_dense_weight_gradient_avx512, from: activations
    ) { kernel, gradient in
      unsafe withRows(left, right, inner, 2, rows, columns) {
        unsafe kernel($0, $1, rows, rows, columns, &gradient)
      }
    }
    let ofInputs = unsafe expectTwins(
      armature_dense_input_gradient_portable, armature_dense_input_gradient_avx2,
      armature_dense_input_gradient_avx512, from: activations
    ) { unsafe $0(left, right, activations, rows, inner, columns, columns, 0.3, &$1) }
    for result in [forward, ofWeights, ofInputs] {
      #expect(result.contains { $0.isNaN } && result.contains { $0.isFinite })
    }
  }

  @Test("Outputs are the bias, then the products in order, each added with one rounding", arguments: layers)
  func forwardDefinition(rows: Int, inputs: Int, outputs: Int) {
    let layer = Layer(rows, inputs, outputs)
    for part in [InputPart.all, .lower, .upper] {
      for (bias, slope) in [(layer.bias, 0.3), ([], 1)] as [([Float], Float)] {
        let expected = (0..<rows * outputs).map { place in
          let (row, column) = (place / outputs, place % outputs)
          let sum = part.range(of: inputs).reduce(bias.isEmpty ? 0 : bias[column]) {
            $0.addingProduct(layer.input[row * inputs + $1], layer.weight[$1 * outputs + column])
          }
          return sum > 0 ? sum : slope * sum
        }
        #expect(firstDifference(layer.forward(part, bias: bias, slope: slope), expected) == nil, "\(part)")
      }
    }
  }

  @Test("The outputs of the two parts of the inputs add up to those of all", arguments: layers)
  func forwardParts(rows: Int, inputs: Int, outputs: Int) {
    let layer = Layer(rows, inputs, outputs)
    let whole = layer.forward(.all, bias: layer.bias, slope: 1)
    let lower = layer.forward(.lower, bias: layer.bias, slope: 1)
    let upper = layer.forward(.upper, bias: [], slope: 1)
    // Sums of a bias below 3 and products below 2, each rounded in both ways; half a unit of the largest sum each time.
    let bound = (3 + 2 * Float(inputs)) * Float(inputs + 1) * Float.ulpOfOne
    for place in whole.indices { #expect(abs(whole[place] - (lower[place] + upper[place])) <= bound) }
  }

  @Test(
    "Weight gradients are zero, then the products in the order of the rows, in one piece or two",
    arguments: layers)
  func weightGradientDefinition(rows: Int, inputs: Int, outputs: Int) {
    let layer = Layer(rows, inputs, outputs)
    for part in [0..<inputs, inputs / 3..<(inputs + 1) / 2] where !part.isEmpty {
      let expected = (0..<part.count * outputs).map { place -> Float in
        let (input, column) = (part.lowerBound + place / outputs, place % outputs)
        var sum: Float = 0
        for row in 0..<rows {
          sum.addProduct(layer.input[row * inputs + input], layer.outputGradient[row * outputs + column])
        }
        return sum
      }
      for cut in Set([1, rows / 2, rows - 1, rows]) where cut > 0 {
        let found = layer.weightGradient(part, cut: cut)
        #expect(firstDifference(found, expected) == nil, "\(part), cut at row \(cut)")
      }
    }
  }

  @Test("Input gradients are trees of sixteen sums, through the rectifier or without it", arguments: layers)
  func inputGradientDefinition(rows: Int, inputs: Int, outputs: Int) {
    let layer = Layer(rows, inputs, outputs)
    for activations in [layer.activations, []] {
      let expected = (0..<rows * inputs).map { place in
        let total = layer.treeOfSums(row: place / inputs, input: place % inputs)
        return activations.isEmpty || activations[place] > 0 ? total : 0.3 * total
      }
      let found = layer.inputGradient(.all, activations: activations)
      #expect(firstDifference(found, expected) == nil)
    }
  }

  @Test(
    "An input gradient of a part writes that part's columns alone, with the bits of the whole",
    arguments: layers)
  func inputGradientParts(rows: Int, inputs: Int, outputs: Int) {
    let layer = Layer(rows, inputs, outputs)
    let whole = layer.inputGradient(.all, activations: layer.activations)
    for part in [InputPart.lower, .upper] {
      let found = layer.inputGradient(part, activations: layer.activations)
      let expected = whole.indices.map {
        part.range(of: inputs).contains($0 % inputs) ? whole[$0] : Layer.untouched
      }
      #expect(firstDifference(found, expected) == nil, "\(part)")
    }
  }

  @Test("An activation of zero or below lets the slope's share through")
  func activations() {
    let layer = Layer(1, 4, 3)
    let open = layer.inputGradient(.all, activations: [])
    let found = layer.inputGradient(.all, activations: [0, -0.0, -1, .leastNonzeroMagnitude])
    #expect(found == [0.3 * open[0], 0.3 * open[1], 0.3 * open[2], open[3]])
  }
}

/// A dense layer and what its passes are given, all irregular.
private struct Layer {
  static let untouched: Float = 77

  let (rows, inputs, outputs): (Int, Int, Int)
  let input: [Float]
  let weight: [Float]
  let bias: [Float]
  let outputGradient: [Float]
  let activations: [Float]

  init(_ rows: Int, _ inputs: Int, _ outputs: Int) {
    func numbers(_ count: Int, _ offset: Int, scale: Float) -> [Float] {
      Array(irregular(count + offset, scale: scale).dropFirst(offset))
    }
    (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
    input = numbers(rows * inputs, 0, scale: 2)
    weight = numbers(inputs * outputs, 5, scale: 1)
    bias = numbers(outputs, 9, scale: 3)
    outputGradient = numbers(rows * outputs, 13, scale: 1)
    activations = numbers(rows * inputs, 17, scale: 1)
  }

  func forward(_ part: InputPart, bias: [Float], slope: Float) -> [Float] {
    var result = [Float](repeating: .nan, count: rows * outputs)
    var target = result.mutableSpan
    Float.denseForward(
      input.span, rows: rows, part: part, weight: weight.span, bias: bias.span, slope: slope, into: &target)
    return result
  }

  func inputGradient(_ part: InputPart, activations: [Float]) -> [Float] {
    var result = [Float](repeating: Self.untouched, count: rows * inputs)
    var target = result.mutableSpan
    Float.denseInputGradient(
      outputGradient.span, rows: rows, part: part, weight: weight.span, activations: activations.span,
      slope: 0.3, into: &target)
    return result
  }

  /// The gradient of some inputs' weights, by the rows before a cut and those after it.
  func weightGradient(_ part: Range<Int>, cut: Int) -> [Float] {
    var result = [Float](repeating: .nan, count: part.count * outputs)
    var target = result.mutableSpan
    func columns(_ rows: Range<Int>) -> Range<Int> {
      let first = rows.lowerBound * inputs + part.lowerBound
      return first..<(rows.isEmpty ? first : (rows.upperBound - 1) * inputs + part.upperBound)
    }
    let further = cut == rows ? 0..<0 : columns(cut..<rows)
    Float.denseWeightGradient(
      input.span.extracting(columns(0..<cut)),
      outputGradient: outputGradient.span.extracting(0..<cut * outputs),
      furtherInputs: input.span.extracting(further),
      furtherOutputGradient: outputGradient.span.extracting(cut * outputs..<rows * outputs), stride: inputs,
      outputs: outputs, into: &target)
    return result
  }

  /// An element of the input gradient by its definition, without activations.
  func treeOfSums(row: Int, input: Int) -> Float {
    var sums = [Float](repeating: 0, count: 16)
    for k in 0..<outputs {
      sums[k % 16].addProduct(outputGradient[row * outputs + k], weight[input * outputs + k])
    }
    while sums.count > 1 { sums = (0..<sums.count / 2).map { sums[$0] + sums[$0 + sums.count / 2] } }
    return sums[0]
  }
}

/// The rows of a weight gradient as its kernels take them, the last `further` of them by themselves.
private func withRows(
  _ inputs: [Float], _ outputGradient: [Float], _ rows: Int, _ further: Int, _ stride: Int, _ columns: Int,
  _ body: (armature_gradient_rows, armature_gradient_rows) -> Void
) {
  unsafe inputs.withUnsafeBufferPointer { inputs in
    unsafe outputGradient.withUnsafeBufferPointer { outputGradient in
      guard let first = inputs.baseAddress, let gradient = outputGradient.baseAddress else { return }
      let cut = rows - further
      unsafe body(
        armature_gradient_rows(inputs: first, output_gradient: gradient, rows: cut),
        armature_gradient_rows(
          inputs: first + cut * stride, output_gradient: gradient + cut * columns, rows: further))
    }
  }
}

/// The address of some numbers, or none if there are none.
private func withPointer(_ numbers: [Float]?, _ body: (UnsafePointer<Float>?) -> Void) {
  guard let numbers else { return body(nil) }
  unsafe numbers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
}
