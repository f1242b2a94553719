internal import ElementwiseKernels
internal import NeuralNetworks

/// A network with its gradient and its optimiser.
struct OptimisedNetwork<Scalar: KernelScalar>: Sendable {
  var network: MultilayerPerceptron<Scalar>
  var optimiser: Adam<Scalar>
  /// The gradient of the last step's loss, laid out as the network's parameters.
  var gradient: [Scalar]
  /// Descent with momentum in the place of Adam, whose first moment is then the velocity.
  private let momentum: MomentumStep<Scalar>?
  /// What is updated at once; depends on the network alone.
  private let pieces: [ParameterPiece]

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
    gradient = Array(repeating: 0, count: count)
    self.momentum = momentum.map { MomentumStep(learningRate: learningRate, momentum: $0) }
    pieces = ParameterPiece.pieces(of: network.layers, readsLists: ones == .few)
  }

  /// Adds up the gradient over the shards, always in their order, and moves the parameters one step.
  ///
  /// - Parameters:
  ///   - number: the network's place among each shard's passes.
  ///   - shards: parts of the batch after their backward passes.
  ///   - team: who does it.
  mutating func update<Shard: RecordingShard>(number: Int, shards: [Shard], team: ThreadTeam)
  where Shard.Scalar == Scalar {
    let step = optimiser.startStep()
    var parameters = exchange(&network.parameters, with: [])
    var firstMoment = exchange(&optimiser.firstMoment, with: [])
    var secondMoment = exchange(&optimiser.secondMoment, with: [])
    var gradient = exchange(&gradient, with: [])
    unsafe parameters.withUnsafeMutableBufferPointer { parameters in
      unsafe firstMoment.withUnsafeMutableBufferPointer { firstMoment in
        unsafe secondMoment.withUnsafeMutableBufferPointer { secondMoment in
          unsafe gradient.withUnsafeMutableBufferPointer { gradient in
            let work = unsafe UpdateWork(
              network: network, number: number, shards: shards, step: step, momentum: momentum,
              pieces: pieces,
              parameters: parameters, firstMoment: firstMoment, secondMoment: secondMoment, gradient: gradient
            )
            team.run(work, parts: pieces.count)
          }
        }
      }
    }
    network.parameters = exchange(&parameters, with: [])
    optimiser.firstMoment = exchange(&firstMoment, with: [])
    optimiser.secondMoment = exchange(&secondMoment, with: [])
    self.gradient = exchange(&gradient, with: [])
  }
}

/// A part of a batch with the passes of every network over it.
protocol RecordingShard: Sendable {
  associatedtype Scalar: KernelScalar
  /// In the order of the model's networks.
  var passes: [RecordedPass<Scalar>] { get }
}

/// Some rows of one layer's weights, and the bias if they are the last.
struct ParameterPiece: Sendable {
  let layer: Int
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
      // At least two, so that two threads have something to do.
      let most = index == 0 && readsLists ? Self.mostOfLists : Self.most
      let rows = max(1, min((layer.inputs + 1) / 2, most / layer.outputs))
      return stride(from: 0, to: layer.inputs, by: rows).map { start in
        let end = min(start + rows, layer.inputs)
        let first = layer.weight.lowerBound
        let last = first + end * layer.outputs
        return ParameterPiece(
          layer: index, inputs: start..<end, weights: first + start * layer.outputs..<last,
          bias: end == layer.inputs ? layer.bias : last..<last)
      }
    }
  }
}

/// The update of one network, a piece of its parameters at a time.
@safe private struct UpdateWork<Scalar: KernelScalar, Shard: RecordingShard>: PartedWork
where Shard.Scalar == Scalar {
  let network: MultilayerPerceptron<Scalar>
  let number: Int
  let shards: [Shard]
  let step: AdamStep<Scalar>
  let momentum: MomentumStep<Scalar>?
  let pieces: [ParameterPiece]
  let parameters: UnsafeMutableBufferPointer<Scalar>
  let firstMoment: UnsafeMutableBufferPointer<Scalar>
  let secondMoment: UnsafeMutableBufferPointer<Scalar>
  let gradient: UnsafeMutableBufferPointer<Scalar>

  // Exclusive: every piece is run once, and no two have a place in common.
  @specialized(where Scalar == Float, Shard == BatchShard<Float>)
  @specialized(where Scalar == Double, Shard == BatchShard<Double>)
  @specialized(where Scalar == Float, Shard == LayeredShard<Float>)
  @specialized(where Scalar == Double, Shard == LayeredShard<Double>)
  func run(part: Int) {
    let piece = pieces[part]
    var weights = unsafe MutableSpan(_unsafeElements: gradient.extracting(piece.weights))
    var bias = unsafe MutableSpan(_unsafeElements: gradient.extracting(piece.bias))
    bias.update(repeating: 0)
    for (index, shard) in shards.enumerated() {
      network.weightGradient(
        of: piece.layer, inputs: piece.inputs, pass: shard.passes[number], adding: index > 0, into: &weights)
      guard !piece.bias.isEmpty else { continue }
      let sums = shard.passes[number].workspace.biasGradients[piece.layer]
      Scalar.addScaled(sums.span, by: 1, to: &bias)
    }
    var parameters = unsafe MutableSpan(_unsafeElements: parameters.extracting(piece.places))
    var firstMoment = unsafe MutableSpan(_unsafeElements: firstMoment.extracting(piece.places))
    var secondMoment = unsafe MutableSpan(_unsafeElements: secondMoment.extracting(piece.places))
    let gradient = unsafe Span(_unsafeElements: UnsafeBufferPointer(gradient.extracting(piece.places)))
    if let momentum {
      momentum.descend(&parameters, velocity: &firstMoment, gradient: gradient)
      return
    }
    step.descend(
      &parameters, firstMoment: &firstMoment, secondMoment: &secondMoment, gradient: gradient)
  }
}

/// The place of a network in a model, and its number in the addresses of initial weights.
enum NetworkRole: Int, Sendable, CaseIterable {
  case encoder = 0
  case decoder = 1

  var name: String { self == .encoder ? "encoder" : "decoder" }
}
