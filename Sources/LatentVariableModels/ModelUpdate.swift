internal import ElementwiseKernels
internal import NeuralNetworks

/// A part of a batch with the passes of every network over it.
protocol RecordingShard: Sendable {
  associatedtype Scalar: KernelScalar
  /// In the order of the model's networks.
  var passes: [RecordedPass<Scalar>] { get }
}

/// The update of all networks of a model: cut into pieces, the largest first, each of two threads beginning with those whose
/// weights it has in the passes as well.
///
/// One piece of work for all networks, because threads wait for each other at the end of each.
@safe struct ModelUpdate<Scalar: KernelScalar>: @unchecked Sendable {
  /// Those of the lower and the upper parts of inputs in turns; nil where one of them has fewer.
  private let pieces: [PlacedPiece?]
  /// Filled while the update goes on, and kept for its memory.
  private var targets: [UpdateTarget<Scalar>] = []

  init(of networks: [OptimisedNetwork<Scalar>]) {
    let pieces = networks.enumerated().flatMap { number, network in
      network.pieces.map { PlacedPiece(network: number, piece: $0) }
    }
    let (lower, upper) = (Self.sorted(pieces, .lower), Self.sorted(pieces, .upper))
    self.pieces = (0..<max(lower.count, upper.count)).flatMap { number in
      [number < lower.count ? lower[number] : nil, number < upper.count ? upper[number] : nil]
    }
    targets.reserveCapacity(networks.count)
  }

  private static func sorted(_ pieces: [PlacedPiece], _ part: InputPart) -> [PlacedPiece] {
    pieces.filter { $0.piece.part == part }.sorted { $0.piece.places.count > $1.piece.places.count }
  }

  /// Adds up the gradients over the shards, always in their order, and moves the parameters one step.
  ///
  /// - Parameters:
  ///   - networks: those that the update was made for, in the order of each shard's passes.
  ///   - shards: parts of the batch after their backward passes.
  ///   - team: who does it.
  mutating func run<Shard: RecordingShard>(
    _ networks: inout [OptimisedNetwork<Scalar>], shards: [Shard], team: ThreadTeam
  ) where Shard.Scalar == Scalar {
    run(from: 0, &networks, shards: shards, team: team)
  }

  /// Opens the memory of the networks from `number` on, one inside the other, and runs all pieces inside the last.
  private mutating func run<Shard: RecordingShard>(
    from number: Int, _ networks: inout [OptimisedNetwork<Scalar>], shards: [Shard], team: ThreadTeam
  ) where Shard.Scalar == Scalar {
    guard number < networks.count else {
      team.run(UpdateWork(pieces: pieces, targets: targets, shards: shards), parts: pieces.count)
      targets.removeAll(keepingCapacity: true)
      return
    }
    let step = networks[number].optimiser.startStep()
    var parameters = exchange(&networks[number].network.parameters, with: [])
    var firstMoment = exchange(&networks[number].optimiser.firstMoment, with: [])
    var secondMoment = exchange(&networks[number].optimiser.secondMoment, with: [])
    var gradient = exchange(&networks[number].gradient, with: [])
    unsafe parameters.withUnsafeMutableBufferPointer { parameters in
      unsafe firstMoment.withUnsafeMutableBufferPointer { firstMoment in
        unsafe secondMoment.withUnsafeMutableBufferPointer { secondMoment in
          unsafe gradient.withUnsafeMutableBufferPointer { gradient in
            targets.append(
              unsafe UpdateTarget(
                network: networks[number].network, step: step, momentum: networks[number].momentum,
                parameters: parameters, firstMoment: firstMoment, secondMoment: secondMoment,
                gradient: gradient))
            run(from: number + 1, &networks, shards: shards, team: team)
          }
        }
      }
    }
    networks[number].network.parameters = exchange(&parameters, with: [])
    networks[number].optimiser.firstMoment = exchange(&firstMoment, with: [])
    networks[number].optimiser.secondMoment = exchange(&secondMoment, with: [])
    networks[number].gradient = exchange(&gradient, with: [])
  }
}

/// A piece of a network's parameters, and which network.
private struct PlacedPiece: Sendable {
  let network: Int
  let piece: ParameterPiece
}

/// A network that is being updated; the pointers are those of its open arrays.
@safe private struct UpdateTarget<Scalar: KernelScalar> {
  /// Without its parameters, which are taken out.
  let network: MultilayerPerceptron<Scalar>
  let step: AdamStep<Scalar>
  let momentum: MomentumStep<Scalar>?
  let parameters: UnsafeMutableBufferPointer<Scalar>
  let firstMoment: UnsafeMutableBufferPointer<Scalar>
  let secondMoment: UnsafeMutableBufferPointer<Scalar>
  let gradient: UnsafeMutableBufferPointer<Scalar>

  func addGradients<Shard: RecordingShard>(of shards: [Shard], number: Int, piece: ParameterPiece)
  where Shard.Scalar == Scalar {
    var weights = unsafe MutableSpan(_unsafeElements: gradient.extracting(piece.weights))
    var bias = unsafe MutableSpan(_unsafeElements: gradient.extracting(piece.bias))
    bias.update(repeating: 0)
    // By index: a shard in a variable would be a copy, with all that it refers to counted up and down.
    for index in shards.indices {
      network.weightGradient(
        of: piece.layer, inputs: piece.inputs, pass: shards[index].passes[number], adding: index > 0,
        into: &weights)
      guard !piece.bias.isEmpty else { continue }
      let sums = shards[index].passes[number].workspace.biasGradients[piece.layer]
      Scalar.addScaled(sums.span, by: 1, to: &bias)
    }
  }

  func descend(_ places: Range<Int>) {
    var parameters = unsafe MutableSpan(_unsafeElements: parameters.extracting(places))
    var firstMoment = unsafe MutableSpan(_unsafeElements: firstMoment.extracting(places))
    var secondMoment = unsafe MutableSpan(_unsafeElements: secondMoment.extracting(places))
    let gradient = unsafe Span(_unsafeElements: UnsafeBufferPointer(gradient.extracting(places)))
    if let momentum {
      momentum.descend(&parameters, velocity: &firstMoment, gradient: gradient)
      return
    }
    step.descend(
      &parameters, firstMoment: &firstMoment, secondMoment: &secondMoment, gradient: gradient)
  }
}

/// The update of all networks, a piece of their parameters at a time.
private struct UpdateWork<Scalar: KernelScalar, Shard: RecordingShard>: PartedWork
where Shard.Scalar == Scalar {
  let pieces: [PlacedPiece?]
  let targets: [UpdateTarget<Scalar>]
  let shards: [Shard]

  // Exclusive: every piece is run once, and no two have a place in common.
  @specialized(where Scalar == Float, Shard == BatchShard<Float>)
  @specialized(where Scalar == Double, Shard == BatchShard<Double>)
  @specialized(where Scalar == Float, Shard == LayeredShard<Float>)
  @specialized(where Scalar == Double, Shard == LayeredShard<Double>)
  func run(part: Int) {
    guard let placed = pieces[part] else { return }
    let (number, piece) = (placed.network, placed.piece)
    targets[number].addGradients(of: shards, number: number, piece: piece)
    targets[number].descend(piece.places)
  }
}
