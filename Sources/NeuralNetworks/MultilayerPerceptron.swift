package import ElementwiseKernels
internal import RandomStreams

/// Dense layers with a leaky rectifier between them and none at the end; gradients by explicit backward passes.
///
/// The network is a value: its shape and one flat parameter vector. What a pass keeps lies in a `PerceptronWorkspace`, so
/// that several threads can run passes of one network, each in its own workspace.
package struct MultilayerPerceptron<Scalar: KernelScalar>: Sendable {
  package let layers: [DenseLayer]
  /// y = x where x > 0 and slope x elsewhere.
  package let slope: Scalar
  /// How the network sees bits, where it is given bits.
  package var encoding: BinaryEncoding<Scalar>
  /// Weights and biases in the order of the layers; see `DenseLayer` for places.
  package var parameters: [Scalar]

  /// A network with all parameters zero.
  ///
  /// - Parameters:
  ///   - widths: input, hidden layers, output.
  ///   - slope: the rectifier's.
  ///   - encoding: how it sees bits; as 0 and 1 unless said otherwise.
  /// - Precondition: at least two widths, all positive; `slope >= 0`, so that outputs of the rectifier keep the sign of
  ///   its inputs.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package init(widths: [Int], slope: Scalar, encoding: BinaryEncoding<Scalar> = BinaryEncoding()) {
    precondition(widths.count >= 2, "a network needs an input and an output")
    precondition(slope >= 0, "the rectifier's slope must not be negative")
    var layers: [DenseLayer] = []
    for (inputs, outputs) in zip(widths, widths.dropFirst()) {
      layers.append(DenseLayer(inputs: inputs, outputs: outputs, offset: layers.last?.bias.upperBound ?? 0))
    }
    self.layers = layers
    self.slope = slope
    self.encoding = encoding
    parameters = Array(repeating: 0, count: layers[layers.count - 1].bias.upperBound)
  }

  package var inputWidth: Int { layers[0].inputs }
  package var outputWidth: Int { layers[layers.count - 1].outputs }

  /// Draws every weight uniformly from [-a, a], a = sqrt(6 / (inputs + outputs)), and sets every bias to zero.
  ///
  /// Weight [i, j] of layer l is a (2u - 1) with u number j in row i of the stream (seed, initialisation,
  /// 256 network + l), so that networks of one model share no numbers.
  ///
  /// Source: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010,
  /// equation 16.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func initialiseGlorotUniform(seed: UInt64, network: UInt64) {
    for (index, layer) in layers.enumerated() {
      let stream = RandomStream(seed: seed, purpose: .initialisation, step: 256 * network + UInt64(index))
      let limit = (6 / Scalar(layer.inputs + layer.outputs)).squareRoot()
      var values = parameters.mutableSpan
      var weights = values._mutatingExtracting(layer.weight)
      stream.fillUniforms(rows: 0..<layer.inputs, perRow: layer.outputs, into: &weights)
      for i in weights.indices { weights[i] = limit * (2 * weights[i] - 1) }
      for i in layer.bias { parameters[i] = 0 }
    }
  }

  /// Runs the network on `rows` inputs and keeps every layer's outputs in the workspace.
  ///
  /// - Precondition: the workspace was made for this network and at least `rows` rows; the input has these rows.
  /// - Complexity: rows x parameters multiply-adds; for bits, see `KernelScalar.binaryForward`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func forward(
    input: borrowing NetworkInput<Scalar>, rows: Int, workspace: inout PerceptronWorkspace<Scalar>
  ) {
    for index in layers.indices {
      var output = exchange(&workspace.outputs[index], with: [])
      var storage = output.mutableSpan
      var target = storage._mutatingExtracting(first: rows * layers[index].outputs)
      if index == 0 {
        firstLayer(input, rows: rows, into: &target)
      } else {
        let previous = workspace.outputs[index - 1]
        forward(
          index, previous.span.extracting(first: rows * layers[index].inputs), rows: rows, into: &target)
      }
      workspace.outputs[index] = exchange(&output, with: [])
    }
  }

  private func firstLayer(
    _ input: borrowing NetworkInput<Scalar>, rows: Int, into output: inout MutableSpan<Scalar>
  ) {
    switch copy input {
    case .numbers(let numbers):
      forward(0, numbers.span.extracting(first: rows * inputWidth), rows: rows, into: &output)
    case .bits(let bits):
      bits.forward(
        weight: parameters.span.extracting(layers[0].weight),
        bias: parameters.span.extracting(layers[0].bias),
        encoding: encoding, slope: slope(after: 0), into: &output)
    }
  }

  private func forward(_ index: Int, _ input: Span<Scalar>, rows: Int, into output: inout MutableSpan<Scalar>)
  {
    layers[index].forward(
      parameters: parameters.span, input: input, rows: rows, slope: slope(after: index), into: &output)
  }

  /// The slope of the rectifier after a layer; 1 after the last, where there is none.
  private func slope(after index: Int) -> Scalar { index == layers.count - 1 ? 1 : slope }

  /// Carries the gradient at the output, which stands in `workspace.outputGradients.last`, down to the outputs of every
  /// layer before the activation function, and to the biases.
  ///
  /// The gradient with respect to the network's input is a product more: see `inputGradient`.
  ///
  /// `parameterRows`, the first of the rows, make up the gradient of the biases; all of them if nil.
  ///
  /// - Precondition: the last `forward` of the workspace had at least these rows, the first of which are used.
  /// - Complexity: rows x (parameters without the first layer's) multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func backward(
    rows: Int, parameterRows: Int? = nil, workspace: inout PerceptronWorkspace<Scalar>
  ) {
    let parameterRows = parameterRows ?? rows
    precondition(parameterRows <= rows)
    biasGradient(of: layers.count - 1, rows: parameterRows, workspace: &workspace)
    for index in layers.indices.dropFirst().reversed() {
      let layer = layers[index]
      let count = rows * layer.inputs
      let outputGradient = workspace.outputGradients[index]
      let activations = workspace.outputs[index - 1]
      var scratch = exchange(&workspace.scratch, with: [])
      var inputGradient = exchange(&workspace.outputGradients[index - 1], with: [])
      backward(
        layer, outputGradient: outputGradient.span.extracting(first: rows * layer.outputs),
        activations: activations.span.extracting(first: count), rows: rows, scratch: &scratch,
        inputGradient: &inputGradient)
      workspace.scratch = exchange(&scratch, with: [])
      workspace.outputGradients[index - 1] = exchange(&inputGradient, with: [])
      biasGradient(of: index - 1, rows: parameterRows, workspace: &workspace)
    }
  }

  private func biasGradient(of index: Int, rows: Int, workspace: inout PerceptronWorkspace<Scalar>) {
    let outputGradient = workspace.outputGradients[index]
    var gradient = exchange(&workspace.biasGradients[index], with: [])
    var sums = gradient.mutableSpan
    sums.update(repeating: 0)
    Scalar.addColumnSums(
      of: outputGradient.span.extracting(first: rows * layers[index].outputs), rows: rows, to: &sums)
    workspace.biasGradients[index] = exchange(&gradient, with: [])
  }

  private func backward(
    _ layer: DenseLayer, outputGradient: Span<Scalar>, activations: Span<Scalar>, rows: Int,
    scratch: inout [Scalar], inputGradient: inout [Scalar]
  ) {
    var scratchStorage = scratch.mutableSpan
    var activationGradient = scratchStorage._mutatingExtracting(first: activations.count)
    layer.inputGradient(
      parameters: parameters.span, outputGradient: outputGradient, rows: rows, into: &activationGradient)
    var storage = inputGradient.mutableSpan
    var target = storage._mutatingExtracting(first: activations.count)
    Scalar.leakyReLUGradient(
      activations, slope: slope, outputGradient: activationGradient.span, into: &target)
  }

  /// The gradient with respect to the network's input, after `backward`.
  ///
  /// - Complexity: rows x inputWidth x first layer's outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func inputGradient(
    rows: Int, workspace: borrowing PerceptronWorkspace<Scalar>, into gradient: inout MutableSpan<Scalar>
  ) {
    let outputGradient = workspace.outputGradients[0]
    layers[0].inputGradient(
      parameters: parameters.span,
      outputGradient: outputGradient.span.extracting(first: rows * layers[0].outputs), rows: rows,
      into: &gradient)
  }

  /// The gradient with respect to the weights of some inputs of a layer, [inputs x outputs], after the pass's backward pass;
  /// put into or added to `gradient`.
  ///
  /// - Complexity: rows x inputs x outputs multiply-adds; for bits, see `KernelScalar.binaryWeightGradient`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func weightGradient(
    of index: Int, inputs: Range<Int>, pass: borrowing RecordedPass<Scalar>, adding: Bool,
    into gradient: inout MutableSpan<Scalar>
  ) {
    let rows = pass.gradientRows
    let outputGradients = pass.workspace.outputGradients[index]
    let outputGradient = outputGradients.span.extracting(first: rows * layers[index].outputs)
    if index > 0 {
      let previous = pass.workspace.outputs[index - 1]
      layers[index].weightGradient(
        of: inputs, input: previous.span, outputGradient: outputGradient, rows: rows, adding: adding,
        into: &gradient)
      return
    }
    switch pass.input {
    case .numbers(let numbers):
      layers[0].weightGradient(
        of: inputs, input: numbers.span, outputGradient: outputGradient, rows: rows, adding: adding,
        into: &gradient)
    case .bits(let bits):
      let columnSums = pass.workspace.biasGradients[0]
      bits.weightGradient(
        inputs: inputs, outputGradient: outputGradient, columnSums: columnSums.span, encoding: encoding,
        adding: adding, into: &gradient)
    }
  }
}
