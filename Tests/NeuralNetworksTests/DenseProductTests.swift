import ElementwiseKernels
import Testing

@testable import NeuralNetworks

@Suite("The products of a dense layer")
struct DenseProductTests {
  /// Rows, inputs and outputs; layers of at most eight inputs have an empty upper part.
  static let sizes = [
    (1, 1, 1), (1, 7, 3), (5, 1, 9), (3, 8, 1), (7, 17, 13), (25, 50, 33), (50, 31, 19), (2, 20, 5),
  ]

  @Test("are those of three nested loops, in both precisions, for all inputs or a part", arguments: sizes)
  func agreeWithLoops(size: (rows: Int, inputs: Int, outputs: Int)) {
    func check<Scalar: KernelScalar>(_ type: Scalar.Type) {
      let problem = Problem<Scalar>(size.rows, size.inputs, size.outputs)
      // Rounding of a sum of at most 50 products and a number, each below 1: 52 half units of the last place of 51.
      let bound = 52 * 51 * Double(Scalar.ulpOfOne)
      for part in [InputPart.all, .lower, .upper] {
        let range = part.range(of: size.inputs)
        #expect(largestDifference(problem.forward(part), problem.naiveForward(part)) < bound)
        for activations in [problem.activations, []] {
          let found = problem.inputGradient(part, activations: activations)
          #expect(
            largestDifference(found, problem.naiveInputGradient(part, activations: activations)) < bound)
        }
        for further in Set([0, size.rows / 2]) {
          let found = problem.weightGradient(range, further: further)
          #expect(largestDifference(found, problem.naiveWeightGradient(range)) < bound)
        }
      }
    }
    check(Float.self)
    check(Double.self)
  }
}

@Suite("The product of a library made for speed")
struct PeakProductTests {
  @Test("agrees with three nested loops for every transposition", arguments: DenseProductTests.sizes)
  func agreesWithLoops(size: (rows: Int, inner: Int, columns: Int)) {
    let (rows, inner, columns) = size
    let a: [Float] = testNumbers(rows * inner, stream: 1)
    let b: [Float] = testNumbers(inner * columns, stream: 2)
    for (transposedA, transposedB) in [(false, false), (true, false), (false, true), (true, true)] {
      let expected = (0..<rows * columns).map { place -> Double in
        let (row, column) = (place / columns, place % columns)
        return (0..<inner).reduce(0.0) { sum, k in
          let left = a[transposedA ? k * rows + row : row * inner + k]
          let right = b[transposedB ? column * inner + k : k * columns + column]
          return sum + Double(left) * Double(right)
        }
      }
      var result = [Float](repeating: .nan, count: rows * columns)
      var target = result.mutableSpan
      PeakProduct.multiply(
        a.span, transposed: transposedA, b.span, transposed: transposedB, rows: rows, inner: inner,
        columns: columns, into: &target)
      #expect(largestDifference(result, expected) < 52 * 50 * Double(Float.ulpOfOne))
    }
  }

  @Test("names its library")
  func library() {
    #expect(PeakProduct.library == "Accelerate" || PeakProduct.library.hasPrefix("oneDNN "))
  }
}

/// A layer that does not stand at the start of its network's parameters, and what its passes are given.
private struct Problem<Scalar: KernelScalar> {
  static var slope: Scalar { 0.25 }

  let layer: DenseLayer
  let rows: Int
  let parameters: [Scalar]
  let input: [Scalar]
  let outputGradient: [Scalar]
  let activations: [Scalar]

  init(_ rows: Int, _ inputs: Int, _ outputs: Int) {
    layer = DenseLayer(inputs: inputs, outputs: outputs, offset: 3)
    self.rows = rows
    parameters = testNumbers(layer.bias.upperBound + 2, stream: 1)
    input = testNumbers(rows * inputs, stream: 2)
    outputGradient = testNumbers(rows * outputs, stream: 3)
    activations = testNumbers(rows * inputs, stream: 9)
  }

  /// With all inputs the rectifier is included.
  func forward(_ part: InputPart) -> [Scalar] {
    var result = [Scalar](repeating: .nan, count: rows * layer.outputs)
    var target = result.mutableSpan
    layer.forward(
      parameters: parameters.span, input: input.span, rows: rows, part: part,
      slope: part == .all ? Self.slope : 1, into: &target)
    return result
  }

  func naiveForward(_ part: InputPart) -> [Double] {
    (0..<rows * layer.outputs).map { place in
      let (row, column) = (place / layer.outputs, place % layer.outputs)
      let bias = part == .upper ? 0 : Double(parameters[layer.bias.lowerBound + column])
      let sum = part.range(of: layer.inputs).reduce(bias) {
        $0 + Double(input[row * layer.inputs + $1]) * weight($1, column)
      }
      return part == .all && sum < 0 ? Double(Self.slope) * sum : sum
    }
  }

  /// The columns of other inputs keep their zeros.
  func inputGradient(_ part: InputPart, activations: [Scalar]) -> [Scalar] {
    var result = [Scalar](repeating: 0, count: rows * layer.inputs)
    var target = result.mutableSpan
    layer.inputGradient(
      parameters: parameters.span, outputGradient: outputGradient.span, rows: rows, part: part,
      activations: activations.span, slope: Self.slope, into: &target)
    return result
  }

  func naiveInputGradient(_ part: InputPart, activations: [Scalar]) -> [Double] {
    (0..<rows * layer.inputs).map { place in
      let (row, input) = (place / layer.inputs, place % layer.inputs)
      guard part.range(of: layer.inputs).contains(input) else { return 0 }
      let sum = (0..<layer.outputs).reduce(0.0) {
        $0 + Double(outputGradient[row * layer.outputs + $1]) * weight(input, $1)
      }
      return activations.isEmpty || activations[place] > 0 ? sum : Double(Self.slope) * sum
    }
  }

  /// What was there before is undefined; the last `further` rows are given by themselves.
  func weightGradient(_ range: Range<Int>, further: Int) -> [Scalar] {
    var result = [Scalar](repeating: .nan, count: range.count * layer.outputs)
    var target = result.mutableSpan
    let cut = rows - further
    layer.weightGradient(
      of: range, input: input.span.extracting(first: cut * layer.inputs),
      outputGradient: outputGradient.span.extracting(first: cut * layer.outputs),
      furtherInput: input.span.extracting(cut * layer.inputs..<rows * layer.inputs),
      furtherOutputGradient: outputGradient.span.extracting(cut * layer.outputs..<rows * layer.outputs),
      into: &target)
    return result
  }

  func naiveWeightGradient(_ range: Range<Int>) -> [Double] {
    (range.lowerBound * layer.outputs..<range.upperBound * layer.outputs).map { place in
      let (input, column) = (place / layer.outputs, place % layer.outputs)
      return (0..<rows).reduce(0.0) {
        $0 + Double(self.input[$1 * layer.inputs + input])
          * Double(outputGradient[$1 * layer.outputs + column])
      }
    }
  }

  private func weight(_ input: Int, _ column: Int) -> Double {
    Double(parameters[layer.weight.lowerBound + input * layer.outputs + column])
  }
}
