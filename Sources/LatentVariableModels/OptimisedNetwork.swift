internal import ElementwiseKernels
internal import NeuralNetworks

/// A network with its optimiser.
struct OptimisedNetwork<Scalar: KernelScalar>: Sendable {
  var network: MultilayerPerceptron<Scalar>
  var optimiser: Adam<Scalar>
  /// Descent with momentum in the place of Adam, whose first moment is then the velocity.
  let momentum: MomentumStep<Scalar>?
  /// What is updated at once; depends on the network alone.
  let pieces: [ParameterPiece]

  /// - Parameters:
  ///   - network: the network at its start.
  ///   - ones: how many ones the bits have that it is given; nil if it is given numbers.
  ///   - learningRate: Adam's step size.
  ///   - adam: its other constants.
  ///   - momentum: with a number, gradient descent with this momentum takes the place of Adam.
  init(
    network: MultilayerPerceptron<Scalar>, ones: BinaryInput<Scalar>.Ones?, learningRate: Double,
    adam: AdamConstants, momentum: Double? = nil
  ) {
    let count = network.parameters.count
    self.network = network
    optimiser = Adam(
      parameterCount: count, learningRate: learningRate, beta1: adam.beta1, beta2: adam.beta2,
      epsilon: adam.epsilon)
    self.momentum = momentum.map { MomentumStep(learningRate: learningRate, momentum: $0) }
    pieces = ParameterPiece.pieces(of: network.layers, readsLists: ones == .few)
  }
}

/// The weights of some inputs of one layer, and the bias if they are the last.
struct ParameterPiece: Sendable {
  let layer: Int
  /// Which part of the layer's inputs they belong to, which is a thread's own in the passes as well.
  let part: InputPart
  let inputs: Range<Int>
  let weights: Range<Int>
  let bias: Range<Int>

  /// Weights and bias, which stand together.
  var places: Range<Int> { weights.lowerBound..<max(weights.upperBound, bias.upperBound) }

  /// So many parameters that their gradient is still in the cache when the optimiser reads it: the second level's for
  /// products, which lose by being cut; the first level's for sums of listed rows, which do not.
  private static let most = 80_000
  private static let mostOfLists = 8_000

  static func pieces(of layers: [DenseLayer], readsLists: Bool) -> [ParameterPiece] {
    layers.enumerated().flatMap { index, layer -> [ParameterPiece] in
      let most = index == 0 && readsLists ? Self.mostOfLists : Self.most
      let rows = max(1, most / layer.outputs)
      return [InputPart.lower, .upper].flatMap { part in
        let inputs = part.range(of: layer.inputs)
        return stride(from: inputs.lowerBound, to: inputs.upperBound, by: rows).map { start in
          let end = min(start + rows, inputs.upperBound)
          let first = layer.weight.lowerBound
          let last = first + end * layer.outputs
          return ParameterPiece(
            layer: index, part: part, inputs: start..<end, weights: first + start * layer.outputs..<last,
            bias: end == layer.inputs ? layer.bias : last..<last)
        }
      }
    }
  }
}

/// The place of a network in a model, and its number in the addresses of initial weights.
enum NetworkRole: Int, Sendable, CaseIterable {
  case encoder = 0
  case decoder = 1

  var name: String { self == .encoder ? "encoder" : "decoder" }
}
