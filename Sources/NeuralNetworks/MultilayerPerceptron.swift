package import ElementwiseKernels
internal import RandomStreams

/// Dense layers with a leaky rectifier between them and none at the end; gradients by explicit backward passes.
///
/// The network is a value: its shape and one flat parameter vector. What a pass keeps lies in a `PerceptronWorkspace`, so
/// that several threads can run passes of one network, each in its own workspace; the passes are in
/// MultilayerPerceptron+Passes.swift.
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
}
