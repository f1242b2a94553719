package import ElementwiseKernels

/// The passes of a network, whole or a layer and a part of its inputs at a time.
///
/// Two threads can share a pass by parts: each has the weights of a part of every layer's inputs, which it alone reads in the
/// passes and writes in the update, so that they stay in its cache. What the two parts add to a layer's outputs is put together
/// by the threads that need it: each the columns that are its part of the next layer's inputs.
extension MultilayerPerceptron {
  /// What a part of the inputs adds to a layer's outputs, for all rows of a pass.
  ///
  /// - Parameters:
  ///   - index: the layer.
  ///   - part: the inputs.
  ///   - inputs: what the layer is given, [rows x inputs].
  ///   - outputs: [rows x outputs]; with all inputs the activation function is included.
  /// - Complexity: rows x part x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func forward(
    layer index: Int, part: InputPart, inputs: Span<Scalar>, into outputs: inout MutableSpan<Scalar>
  ) {
    let layer = layers[index]
    layer.forward(
      parameters: parameters.span, input: inputs, rows: inputs.count / layer.inputs, part: part,
      slope: part == .all ? slope(after: index) : 1, into: &outputs)
  }

  /// What a part of the inputs adds to the first layer's outputs where those are bits.
  ///
  /// - Parameters:
  ///   - bits: [rows x inputs].
  ///   - part: the inputs.
  ///   - base: what the sums start from; see `findBase`.
  ///   - outputs: [rows x outputs]; with all inputs the activation function is included.
  /// - Complexity: see `KernelScalar.binaryForward`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func forward(
    _ bits: BinaryInput<Scalar>, part: InputPart, base: Span<Scalar>, into outputs: inout MutableSpan<Scalar>
  ) {
    bits.forward(
      part: part, weight: parameters.span.extracting(layers[0].weight), base: base, scale: encoding.scale,
      slope: part == .all ? slope(after: 0) : 1, into: &outputs)
  }

  /// What the outputs of a first layer that sees bits start from, or a part's share of that: bias - scale sum_i centre_i weight_i,
  /// the bias in the lower part.
  ///
  /// - Complexity: part x outputs multiply-adds where there are centres.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func findBase(part: InputPart, into base: inout MutableSpan<Scalar>) {
    let (layer, centres) = (layers[0], encoding.centres)
    for column in 0..<layer.outputs {
      base[column] = part == .upper ? 0 : parameters[layer.bias.lowerBound + column]
    }
    let range = part.range(of: layer.inputs)
    guard !centres.isEmpty, !range.isEmpty else { return }
    let first = layer.weight.lowerBound
    Scalar.addWeightedRows(
      of: parameters.span.extracting(
        first + range.lowerBound * layer.outputs..<first + range.upperBound * layer.outputs),
      weights: centres.span.extracting(range), factor: -encoding.scale, to: &base)
  }

  /// Puts a layer's outputs together in some columns: adds what the upper part of its inputs adds, and applies the activation
  /// function.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func putTogether(
    layer index: Int, columns: Range<Int>, upper: Span<Scalar>, outputs: inout MutableSpan<Scalar>
  ) {
    Scalar.addRectified(
      upper, slope: slope(after: index), width: layers[index].outputs, columns: columns, to: &outputs)
  }

  /// The slope of the rectifier after a layer; 1 after the last, where there is none.
  private func slope(after index: Int) -> Scalar { index == layers.count - 1 ? 1 : slope }

  /// The gradient with respect to the outputs of the layer below before its activation function, in the columns that are a part
  /// of this layer's inputs, and its sums, which are the gradient of the bias there.
  ///
  /// - Parameters:
  ///   - index: this layer, not the first.
  ///   - part: the inputs.
  ///   - outputGradient: the gradient with respect to this layer's outputs, whole, [rows x outputs].
  ///   - activations: what the layer was given, [rows x inputs].
  ///   - gradientRows: how many of the rows make up the gradient of parameters.
  ///   - gradient: [rows x inputs].
  ///   - bias: [inputs].
  /// - Complexity: rows x part x outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func backward(
    layer index: Int, part: InputPart, outputGradient: Span<Scalar>, activations: Span<Scalar>,
    gradientRows: Int, gradient: inout MutableSpan<Scalar>, bias: inout MutableSpan<Scalar>
  ) {
    let layer = layers[index]
    layer.inputGradient(
      parameters: parameters.span, outputGradient: outputGradient, rows: gradient.count / layer.inputs,
      part: part, activations: activations, slope: slope, into: &gradient)
    sumRows(gradient.span, rows: gradientRows, columns: part.range(of: layer.inputs), into: &bias)
  }

  /// The gradient of a bias in some columns: the sums over the rows that make up the gradient of parameters.
  func sumRows(
    _ gradient: Span<Scalar>, rows: Int, columns: Range<Int>, into bias: inout MutableSpan<Scalar>
  ) {
    for column in columns { bias[column] = 0 }
    Scalar.addColumnSums(
      of: gradient.extracting(first: rows * bias.count), rows: rows, columns: columns, to: &bias)
  }

  /// Runs the network on the inputs of a pass and keeps every layer's outputs in its workspace.
  ///
  /// - Complexity: rows x parameters multiply-adds; for bits, see `KernelScalar.binaryForward`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func forward(_ pass: inout RecordedPass<Scalar>) {
    var base = exchange(&pass.workspace.bases[0], with: [])
    if case .bits = pass.input {
      var target = base.mutableSpan
      findBase(part: .all, into: &target)
    }
    for index in layers.indices {
      var outputs = exchange(&pass.workspace.outputs[index], with: [])
      var storage = outputs.mutableSpan
      var target = storage._mutatingExtracting(first: pass.rows * layers[index].outputs)
      forward(layer: index, pass, base: base.span, into: &target)
      pass.workspace.outputs[index] = exchange(&outputs, with: [])
    }
    pass.workspace.bases[0] = exchange(&base, with: [])
  }

  private func forward(
    layer index: Int, _ pass: borrowing RecordedPass<Scalar>, base: Span<Scalar>,
    into outputs: inout MutableSpan<Scalar>
  ) {
    if index == 0, case .bits(let bits) = pass.input {
      forward(bits, part: .all, base: base, into: &outputs)
      return
    }
    let numbers = pass.numbers(seenBy: index)
    let inputs = numbers.span.extracting(first: pass.rows * layers[index].inputs)
    forward(layer: index, part: .all, inputs: inputs, into: &outputs)
  }

  /// Carries the gradient at the output, which stands in `workspace.outputGradients.last`, down to the outputs of every layer
  /// before the activation function, and to the biases of the layers below the last.
  ///
  /// The gradient with respect to the network's input is a product more: see `inputGradient`.
  ///
  /// - Complexity: rows x (parameters without the first layer's) multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func backward(_ pass: inout RecordedPass<Scalar>) {
    for index in layers.indices.dropFirst().reversed() {
      var gradient = exchange(&pass.workspace.outputGradients[index - 1], with: [])
      var bias = exchange(&pass.workspace.biasGradients[index - 1], with: [])
      var gradientSpan = gradient.mutableSpan
      var biasSpan = bias.mutableSpan
      let outputGradient = pass.workspace.outputGradients[index]
      let activations = pass.workspace.outputs[index - 1]
      backward(
        layer: index, part: .all, outputGradient: outputGradient.span,
        activations: activations.span.extracting(first: gradientSpan.count), gradientRows: pass.gradientRows,
        gradient: &gradientSpan, bias: &biasSpan)
      pass.workspace.outputGradients[index - 1] = exchange(&gradient, with: [])
      pass.workspace.biasGradients[index - 1] = exchange(&bias, with: [])
    }
  }

  /// The gradient with respect to the network's input, after `backward`.
  ///
  /// - Complexity: backwardRows x inputWidth x first layer's outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func inputGradient(_ pass: borrowing RecordedPass<Scalar>, into gradient: inout MutableSpan<Scalar>) {
    let outputGradient = pass.workspace.outputGradients[0]
    layers[0].inputGradient(
      parameters: parameters.span,
      outputGradient: outputGradient.span.extracting(first: pass.backwardRows * layers[0].outputs),
      rows: pass.backwardRows, into: &gradient)
  }

  /// The gradient with respect to the weights of some inputs of a layer, [inputs x outputs], after a backward pass over some rows
  /// and, if there is one, a second over further rows.
  ///
  /// - Complexity: rows x inputs x outputs multiply-adds; for bits, see `KernelScalar.binaryWeightGradient`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func weightGradient(
    of index: Int, inputs: Range<Int>, first: RecordedPass<Scalar>, second: RecordedPass<Scalar>?,
    into gradient: inout MutableSpan<Scalar>
  ) {
    let outputs = layers[index].outputs
    let (gradients, seen) = (first.workspace.outputGradients[index], first.numbers(seenBy: index))
    let furtherGradients = second?.workspace.outputGradients[index] ?? []
    let outputGradient = gradients.span.extracting(first: first.gradientRows * outputs)
    let further = furtherGradients.span.extracting(first: (second?.gradientRows ?? 0) * outputs)
    if index == 0, case .bits(let bits) = first.input {
      let sums = first.workspace.biasGradients[0]
      bits.weightGradient(
        inputs: inputs, outputGradient: outputGradient, columnSums: sums.span, encoding: encoding,
        adding: false, into: &gradient)
      guard let second, case .bits(let bits) = second.input else { return }
      let furtherSums = second.workspace.biasGradients[0]
      bits.weightGradient(
        inputs: inputs, outputGradient: further, columnSums: furtherSums.span, encoding: encoding,
        adding: true, into: &gradient)
      return
    }
    let furtherSeen = second?.numbers(seenBy: index) ?? []
    layers[index].weightGradient(
      of: inputs, input: seen.span, outputGradient: outputGradient, furtherInput: furtherSeen.span,
      furtherOutputGradient: further, into: &gradient)
  }
}
