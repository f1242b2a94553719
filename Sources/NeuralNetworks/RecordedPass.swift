package import ElementwiseKernels

/// One network's passes over some rows: what the gradient of its parameters needs.
package struct RecordedPass<Scalar: KernelScalar>: Sendable {
  package var input: NetworkInput<Scalar>
  package var workspace: PerceptronWorkspace<Scalar>
  /// Rows of the forward pass; at most those that it was made for.
  package private(set) var rows: Int
  /// Rows that make up the gradient of the parameters: the first of the forward pass.
  package let gradientRows: Int
  /// Rows of the backward pass: those, and further ones whose gradient with respect to the input is wanted.
  package let backwardRows: Int

  /// A pass over any numbers; `input` is to be filled before. `backwardRows` are `gradientRows` if nil.
  package init(
    network: MultilayerPerceptron<Scalar>, rows: Int, gradientRows: Int, backwardRows: Int? = nil,
    byParts: Bool = false
  ) {
    self.init(
      network: network, rows: rows, gradientRows: gradientRows, backwardRows: backwardRows ?? gradientRows,
      byParts: byParts, input: .numbers(Array(repeating: 0, count: rows * network.inputWidth)))
  }

  /// A pass over bits, to be loaded before.
  package init(
    network: MultilayerPerceptron<Scalar>, rows: Int, gradientRows: Int, ones: BinaryInput<Scalar>.Ones,
    byParts: Bool = false
  ) {
    let bits = BinaryInput<Scalar>(
      capacity: rows, gradientRows: gradientRows, columns: network.inputWidth, ones: ones)
    self.init(
      network: network, rows: rows, gradientRows: gradientRows, backwardRows: gradientRows,
      byParts: byParts, input: .bits(bits))
  }

  private init(
    network: MultilayerPerceptron<Scalar>, rows: Int, gradientRows: Int, backwardRows: Int,
    byParts: Bool, input: NetworkInput<Scalar>
  ) {
    precondition(gradientRows <= backwardRows && backwardRows <= rows)
    self.input = input
    self.rows = rows
    self.gradientRows = gradientRows
    self.backwardRows = backwardRows
    workspace = PerceptronWorkspace(
      network: network, rows: rows, gradientRows: backwardRows, byParts: byParts)
  }

  /// Lets `fill` write the bits as bytes 0 and 1, [rows x inputs]; of as many rows as before if nothing else is said.
  ///
  /// - Precondition: the pass is one over bits, and was made for so many rows.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func loadBits(rows newRows: Int? = nil, _ fill: (inout MutableSpan<UInt8>) -> Void) {
    if let newRows { rows = newRows }
    guard case .bits(var bits) = exchange(&input, with: .numbers([])) else {
      preconditionFailure("a pass over numbers is given no bits")
    }
    bits.load(rows: rows, fill)
    input = .bits(bits)
  }

  /// Lets `fill` write the input, [rows x inputs].
  ///
  /// - Precondition: the pass is one over numbers.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func loadNumbers(_ fill: (inout MutableSpan<Scalar>) -> Void) {
    guard case .numbers(var numbers) = exchange(&input, with: .numbers([])) else {
      preconditionFailure("a pass over bits is given no numbers")
    }
    var target = numbers.mutableSpan
    fill(&target)
    input = .numbers(exchange(&numbers, with: []))
  }

  /// The numbers that a layer is given, [rows x inputs]: the input's or the outputs of the layer below; none for the first
  /// layer of a pass over bits.
  package func numbers(seenBy layer: Int) -> [Scalar] {
    if layer > 0 { return workspace.outputs[layer - 1] }
    guard case .numbers(let numbers) = input else { return [] }
    return numbers
  }

  /// Puts the network's outputs together after a pass by parts.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func putOutputsTogether(_ network: borrowing MultilayerPerceptron<Scalar>) {
    let last = workspace.outputs.count - 1
    let upper = workspace.upperOutputs[last]
    var outputs = exchange(&workspace.outputs[last], with: [])
    var target = outputs.mutableSpan
    network.putTogether(
      layer: last, columns: 0..<network.outputWidth, upper: upper.span, outputs: &target)
    workspace.outputs[last] = exchange(&outputs, with: [])
  }

  /// The bits as bytes 0 and 1, [rows x inputs].
  ///
  /// - Precondition: the pass is one over bits.
  package var bits: [UInt8] {
    guard case .bits(let bits) = input else { preconditionFailure("a pass over numbers has no bits") }
    return bits.bytes
  }

  /// The outputs of the network's last layer, [rows x outputs].
  package var outputs: [Scalar] { workspace.outputs[workspace.outputs.count - 1] }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func forward(_ network: borrowing MultilayerPerceptron<Scalar>) {
    network.forward(&self)
  }

  /// Lets `fill` write the gradient at the outputs, [backwardRows x outputs], and carries it back.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func backward(
    _ network: borrowing MultilayerPerceptron<Scalar>, _ fill: (inout MutableSpan<Scalar>) -> Void
  ) {
    loadOutputGradient(network, fill)
    network.backward(&self)
  }

  /// Lets `fill` write the gradient at the outputs, [backwardRows x outputs], and sums it to the gradient of the last bias.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func loadOutputGradient(
    _ network: borrowing MultilayerPerceptron<Scalar>, _ fill: (inout MutableSpan<Scalar>) -> Void
  ) {
    let last = workspace.outputGradients.count - 1
    var gradient = exchange(&workspace.outputGradients[last], with: [])
    var bias = exchange(&workspace.biasGradients[last], with: [])
    var target = gradient.mutableSpan
    fill(&target)
    var sums = bias.mutableSpan
    network.sumRows(target.span, rows: gradientRows, columns: 0..<sums.count, into: &sums)
    workspace.outputGradients[last] = exchange(&gradient, with: [])
    workspace.biasGradients[last] = exchange(&bias, with: [])
  }

  /// Writes the gradient with respect to the network's input, [backwardRows x inputs], after `backward`.
  ///
  /// - Complexity: backwardRows x inputs x first layer's outputs multiply-adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func inputGradient(
    _ network: borrowing MultilayerPerceptron<Scalar>, into gradient: inout MutableSpan<Scalar>
  ) {
    network.inputGradient(self, into: &gradient)
  }
}
