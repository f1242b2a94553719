import ElementwiseKernels
import RandomStreams
import Testing

@testable import NeuralNetworks

@Suite("Multilayer perceptrons")
struct MultilayerPerceptronTests {
  static let shapes = [[4, 3], [5, 4, 3], [6, 5, 4, 2], [1, 1, 1]]

  /// The loss is a fixed linear function of the outputs, so its gradient at the output is `direction`.
  struct Problem<Scalar: KernelScalar> {
    var network: MultilayerPerceptron<Scalar>
    var input: [Scalar]
    let direction: [Scalar]
    let rows = 3

    init(widths: [Int]) {
      network = MultilayerPerceptron(widths: widths, slope: 0.3)
      network.parameters = testNumbers(network.parameters.count, stream: 4)
      input = testNumbers(rows * widths[0], stream: 5)
      direction = testNumbers(rows * widths[widths.count - 1], stream: 6)
    }

    var loss: Scalar {
      var pass = RecordedPass(network: network, rows: rows, gradientRows: 0)
      pass.input = .numbers(input)
      pass.forward(network)
      return zip(pass.outputs, direction).reduce(0) { $0 + $1.0 * $1.1 }
    }

    func gradients() -> (parameters: [Scalar], input: [Scalar]) {
      var pass = RecordedPass(network: network, rows: rows, gradientRows: rows)
      pass.input = .numbers(input)
      pass.forward(network)
      pass.backward(network) { direction.copy(to: &$0) }
      var inputs = [Scalar](repeating: 0, count: input.count)
      var inputTarget = inputs.mutableSpan
      pass.inputGradient(network, into: &inputTarget)
      return (network.gradient(pass), inputs)
    }
  }

  @Test("have the gradient that central differences give, for parameters and input", arguments: shapes)
  func gradientsAgreeWithDifferences(widths: [Int]) {
    var problem = Problem<Double>(widths: widths)
    let (parameters, input) = problem.gradients()
    // A piecewise linear loss: differences are exact up to rounding as long as no kink lies within the step.
    let step = 1e-5
    for index in parameters.indices {
      let old = problem.network.parameters[index]
      problem.network.parameters[index] = old + step
      let above = problem.loss
      problem.network.parameters[index] = old - step
      let difference = (above - problem.loss) / (2 * step)
      problem.network.parameters[index] = old
      #expect((difference - parameters[index]).magnitude < 1e-9, "parameter \(index)")
    }
    for index in input.indices {
      let old = problem.input[index]
      problem.input[index] = old + step
      let above = problem.loss
      problem.input[index] = old - step
      let difference = (above - problem.loss) / (2 * step)
      problem.input[index] = old
      #expect((difference - input[index]).magnitude < 1e-9, "input \(index)")
    }
  }

  @Test("compute the same in both precisions up to rounding", arguments: shapes)
  func precisionsAgree(widths: [Int]) {
    let double = Problem<Double>(widths: widths).gradients()
    let float = Problem<Float>(widths: widths).gradients()
    // At most four layers of sums of at most six products.
    let tolerance = 64 * Double(Float.ulpOfOne)
    #expect(relativeDifference(float.parameters, double.parameters) < tolerance)
    #expect(relativeDifference(float.input, double.input) < tolerance)
  }

  @Test("add the gradients of two halves of the rows up to that of all rows")
  func gradientsAdd() {
    let whole = Problem<Double>(widths: [5, 4, 3])
    let expected = whole.gradients().parameters
    let passes = [(0, 1), (1, 2)].map { first, rows in
      var pass = RecordedPass(network: whole.network, rows: rows, gradientRows: rows)
      pass.input = .numbers(Array(whole.input[first * 5..<(first + rows) * 5]))
      pass.forward(whole.network)
      pass.backward(whole.network) { Array(whole.direction[first * 3..<(first + rows) * 3]).copy(to: &$0) }
      return pass
    }
    #expect(relativeDifference(whole.network.gradient(passes[0], passes[1]), expected) < 1e-14)
  }

  @Test(
    "see bits by their encoding: outputs and gradients are those for the encoded numbers",
    arguments: [BinaryInput<Double>.Ones.few, .half], [false, true])
  func bits(ones: BinaryInput<Double>.Ones, encoded: Bool) {
    let (inputs, rows, gradientRows) = (9, 7, 5)
    let centres: [Double] = encoded ? testNumbers(inputs, stream: 20) : []
    var network = MultilayerPerceptron<Double>(
      widths: [inputs, 4, 3], slope: 0.3, encoding: BinaryEncoding(scale: encoded ? 2 : 1, centres: centres))
    network.parameters = testNumbers(network.parameters.count, stream: 21)
    let bits = (testNumbers(rows * inputs, stream: 22) as [Double]).map { UInt8($0 > 0 ? 1 : 0) }
    let direction: [Double] = testNumbers(gradientRows * 3, stream: 23)

    var numbers = RecordedPass(network: network, rows: rows, gradientRows: gradientRows)
    numbers.input = .numbers(
      bits.enumerated().map { (encoded ? 2 : 1) * (Double($1) - (encoded ? centres[$0 % inputs] : 0)) })
    // With room for more rows than are used.
    var binary = RecordedPass(network: network, rows: rows + 2, gradientRows: gradientRows, ones: ones)
    binary.loadBits(rows: rows) { target in for i in bits.indices { target[i] = bits[i] } }
    #expect(Array(binary.bits.prefix(bits.count)) == bits)
    numbers.forward(network)
    binary.forward(network)
    numbers.backward(network) { direction.copy(to: &$0) }
    binary.backward(network) { direction.copy(to: &$0) }
    #expect(relativeDifference(Array(binary.outputs.prefix(rows * 3)), numbers.outputs) < 1e-14)
    #expect(relativeDifference(network.gradient(binary), network.gradient(numbers)) < 1e-14)
  }

  /// Inputs of every layer around the cut at a multiple of eight, in both forms of bits and as numbers.
  @Test(
    "agree by parts of the inputs with whole passes", arguments: [nil, BinaryInput<Float>.Ones.few, .half])
  func parts(ones: BinaryInput<Float>.Ones?) {
    func check<Scalar: KernelScalar>(_ type: Scalar.Type, _ widths: [Int], _ ones: BinaryInput<Scalar>.Ones?)
    {
      let whole = Parted<Scalar>(widths: widths, ones: ones)
      var parted = whole
      whole.network.forwardByParts(&parted.pass)
      // Four layers of sums of at most 40 products that grow by at most 40 from layer to layer, relative to the largest.
      let tolerance = 4 * 40 * Double(Scalar.ulpOfOne)
      for layer in whole.network.layers.indices {
        let (found, expected) = (parted.pass.workspace.outputs[layer], whole.pass.workspace.outputs[layer])
        #expect(relativeDifference(found, expected.map { Double($0) }) < tolerance, "layer \(layer)")
      }
      for (layer, shape) in whole.network.layers.enumerated().dropFirst() {
        for part in [InputPart.lower, .upper] {
          // Another thread writes to the other columns at the same time.
          func own(_ numbers: [Scalar]) -> [Scalar] {
            numbers.enumerated().map {
              part.range(of: shape.inputs).contains($0 % shape.inputs) ? $1 : 77
            }
          }
          let (gradient, bias) = whole.network.backward(layer, part, whole.pass)
          #expect(gradient == own(whole.pass.workspace.outputGradients[layer - 1]), "layer \(layer)")
          #expect(bias == own(whole.pass.workspace.biasGradients[layer - 1]), "layer \(layer)")
        }
      }
    }
    for widths in [[40, 19, 25, 3], [5, 4, 17, 1], [17, 9]] {
      check(Float.self, widths, ones)
      check(Double.self, widths, ones.map { $0 == .few ? .few : .half })
    }
  }

  /// A network and its whole pass, forward and back, over any numbers or bits.
  struct Parted<Scalar: KernelScalar> {
    let network: MultilayerPerceptron<Scalar>
    var pass: RecordedPass<Scalar>

    init(widths: [Int], ones: BinaryInput<Scalar>.Ones?) {
      let (rows, gradientRows) = (5, 4)
      var network = MultilayerPerceptron<Scalar>(
        widths: widths, slope: 0.3,
        encoding: BinaryEncoding(scale: 2, centres: testNumbers(widths[0], stream: 20)))
      network.parameters = testNumbers(network.parameters.count, stream: 24)
      let numbers: [Scalar] = testNumbers(rows * widths[0], stream: 25)
      if let ones {
        pass = RecordedPass(
          network: network, rows: rows, gradientRows: gradientRows, ones: ones, byParts: true)
        pass.loadBits { target in for i in numbers.indices { target[i] = numbers[i] > 0 ? 1 : 0 } }
      } else {
        // A row more in the backward pass than the gradient of the parameters has.
        pass = RecordedPass(
          network: network, rows: rows, gradientRows: gradientRows, backwardRows: rows, byParts: true)
        pass.loadNumbers { numbers.copy(to: &$0) }
      }
      let direction: [Scalar] = testNumbers(pass.backwardRows * network.outputWidth, stream: 26)
      pass.forward(network)
      pass.backward(network) { direction.copy(to: &$0) }
      self.network = network
    }
  }

  @Test("start with weights in the Glorot range, each from its own place of the stream, and biases zero")
  func initialisation() {
    var network = MultilayerPerceptron<Double>(widths: [6, 5, 3], slope: 0.3)
    network.parameters = testNumbers(network.parameters.count, stream: 7)
    network.initialiseGlorotUniform(seed: 11, network: 1)
    for (index, layer) in network.layers.enumerated() {
      var uniforms = [Double](repeating: 0, count: layer.weight.count)
      var target = uniforms.mutableSpan
      RandomStream(seed: 11, purpose: .initialisation, step: 256 + UInt64(index))
        .fillUniforms(rows: 0..<layer.inputs, perRow: layer.outputs, into: &target)
      let limit = (6 / Double(layer.inputs + layer.outputs)).squareRoot()
      #expect(Array(network.parameters[layer.weight]) == uniforms.map { limit * (2 * $0 - 1) })
      #expect(network.parameters[layer.bias].allSatisfy { $0 == 0 })
    }
  }
}

extension Array where Element: KernelScalar {
  fileprivate func copy(to target: inout MutableSpan<Element>) { for i in indices { target[i] = self[i] } }
}

extension MultilayerPerceptron {
  /// A forward pass as two threads share it, one after the other; nothing of a pass before is left.
  fileprivate func forwardByParts(_ pass: inout RecordedPass<Scalar>) {
    for (index, layer) in layers.enumerated() {
      pass.workspace.outputs[index] = Array(repeating: .nan, count: pass.rows * layer.outputs)
      for part in [InputPart.lower, .upper] {
        var base = [Scalar](repeating: .nan, count: layers[0].outputs)
        var baseTarget = base.mutableSpan
        findBase(part: part, into: &baseTarget)
        if index > 0 { putTogether(index - 1, columns: part.range(of: layer.inputs), &pass.workspace) }
        // A part is only to read its own columns.
        let seen = pass.numbers(seenBy: index).enumerated().map {
          part.range(of: layer.inputs).contains($0 % layer.inputs) ? $1 : .nan
        }
        var outputs = [Scalar](repeating: .nan, count: pass.rows * layer.outputs)
        var target = outputs.mutableSpan
        if index == 0, case .bits(let bits) = pass.input {
          forward(bits, part: part, base: base.span, into: &target)
        } else {
          forward(layer: index, part: part, inputs: seen.span, into: &target)
        }
        if part == .lower {
          pass.workspace.outputs[index] = outputs
        } else {
          pass.workspace.upperOutputs[index] = outputs
        }
      }
    }
    pass.putOutputsTogether(self)
  }

  private func putTogether(_ index: Int, columns: Range<Int>, _ workspace: inout PerceptronWorkspace<Scalar>)
  {
    let upper = workspace.upperOutputs[index]
    var outputs = workspace.outputs[index]
    var target = outputs.mutableSpan
    putTogether(layer: index, columns: columns, upper: upper.span, outputs: &target)
    workspace.outputs[index] = outputs
  }

  /// The gradients at the outputs of the layer below and of its bias, in the columns of a part.
  fileprivate func backward(_ layer: Int, _ part: InputPart, _ pass: RecordedPass<Scalar>) -> (
    gradient: [Scalar], bias: [Scalar]
  ) {
    var gradient = [Scalar](repeating: 77, count: pass.backwardRows * layers[layer].inputs)
    var bias = [Scalar](repeating: 77, count: layers[layer].inputs)
    var target = gradient.mutableSpan
    var biasTarget = bias.mutableSpan
    let outputGradient = pass.workspace.outputGradients[layer]
    let activations = pass.workspace.outputs[layer - 1]
    backward(
      layer: layer, part: part, outputGradient: outputGradient.span,
      activations: activations.span.extracting(first: target.count), gradientRows: pass.gradientRows,
      gradient: &target, bias: &biasTarget)
    return (gradient, bias)
  }

  /// The gradient with respect to every parameter after the backward passes over some rows and further ones, the weights of each
  /// layer in two pieces.
  fileprivate func gradient(_ first: RecordedPass<Scalar>, _ second: RecordedPass<Scalar>? = nil) -> [Scalar]
  {
    var gradient = [Scalar](repeating: 0, count: parameters.count)
    for (index, layer) in layers.enumerated() {
      for inputs in [0..<layer.inputs / 2, layer.inputs / 2..<layer.inputs] where !inputs.isEmpty {
        var all = gradient.mutableSpan
        let start = layer.weight.lowerBound + inputs.lowerBound * layer.outputs
        var part = all._mutatingExtracting(start..<start + inputs.count * layer.outputs)
        weightGradient(of: index, inputs: inputs, first: first, second: second, into: &part)
      }
      for pass in [first, second].compactMap(\.self) {
        for (place, sum) in zip(layer.bias, pass.workspace.biasGradients[index]) { gradient[place] += sum }
      }
    }
    return gradient
  }
}
