internal import ElementwiseKernels
internal import NeuralNetworks

/// A part of a batch with the passes of every network over it.
protocol RecordingShard: Sendable {
  associatedtype Scalar: KernelScalar
  /// In the order of the model's networks.
  var passes: [RecordedPass<Scalar>] { get }
}

/// The update of all networks of a model: of each network the weights of the lower and of the upper part of every layer's
/// inputs, the largest networks first, each of two threads beginning with those whose weights it has in the passes as well.
///
/// One piece of work for all networks, because threads wait for each other at the end of each. The gradient of a piece of the
/// parameters lies in memory of the thread that updates it, where it stays in the cache until the optimiser reads it.
@safe struct ModelUpdate<Scalar: KernelScalar>: @unchecked Sendable {
  private let sections: [UpdateSection]
  /// Room for the gradient of the largest piece, for each thread.
  private(set) var gradients: [[Scalar]]
  private var opened = OpenedArrays<Scalar>()
  /// Filled while the update goes on, and kept for its memory.
  private var targets: [UpdateTarget<Scalar>] = []

  /// - Parameters:
  ///   - networks: those that will be updated.
  ///   - threads: how many the team has that will do it.
  init(of networks: [OptimisedNetwork<Scalar>], threads: Int) {
    let order = networks.indices.sorted {
      networks[$0].network.parameters.count > networks[$1].network.parameters.count
    }
    sections = order.flatMap { number in
      [InputPart.lower, .upper].map { part in
        UpdateSection(network: number, pieces: networks[number].pieces.filter { $0.part == part })
      }
    }
    let largest = networks.flatMap(\.pieces).map(\.places.count).max() ?? 0
    gradients = Array(repeating: Array(repeating: 0, count: largest), count: threads)
    targets.reserveCapacity(networks.count)
  }

  /// Adds up the gradients over the shards, always in their order, and moves the parameters one step.
  ///
  /// - Parameters:
  ///   - networks: those that the update was made for, in the order of each shard's passes.
  ///   - shards: the one or two parts of the batch after their backward passes.
  ///   - team: who does it.
  mutating func run<Shard: RecordingShard>(
    _ networks: inout [OptimisedNetwork<Scalar>], shards: [Shard], team: ThreadTeam
  ) where Shard.Scalar == Scalar {
    precondition((1...2).contains(shards.count) && team.threads <= gradients.count)
    for thread in gradients.indices { opened.take(&gradients[thread]) }
    var opened = exchange(&opened, with: OpenedArrays())
    opened.run { memory in run(from: 0, &networks, shards: shards, gradients: memory, team: team) }
    self.opened = exchange(&opened, with: OpenedArrays())
    for thread in gradients.indices.reversed() { self.opened.giveBack(&gradients[thread]) }
  }

  /// Opens the memory of the networks from `number` on, one inside the other, and runs all sections inside the last.
  private mutating func run<Shard: RecordingShard>(
    from number: Int, _ networks: inout [OptimisedNetwork<Scalar>], shards: [Shard],
    gradients: OpenMemory<Scalar>, team: ThreadTeam
  ) where Shard.Scalar == Scalar {
    guard number < networks.count else {
      let work = UpdateWork(sections: sections, targets: targets, shards: shards, gradients: gradients)
      team.run(work, parts: sections.count)
      targets.removeAll(keepingCapacity: true)
      return
    }
    let step = networks[number].optimiser.startStep()
    var parameters = exchange(&networks[number].network.parameters, with: [])
    var firstMoment = exchange(&networks[number].optimiser.firstMoment, with: [])
    var secondMoment = exchange(&networks[number].optimiser.secondMoment, with: [])
    unsafe parameters.withUnsafeMutableBufferPointer { parameters in
      unsafe firstMoment.withUnsafeMutableBufferPointer { firstMoment in
        unsafe secondMoment.withUnsafeMutableBufferPointer { secondMoment in
          targets.append(
            unsafe UpdateTarget(
              network: networks[number].network, step: step, momentum: networks[number].momentum,
              parameters: parameters, firstMoment: firstMoment, secondMoment: secondMoment))
          run(from: number + 1, &networks, shards: shards, gradients: gradients, team: team)
        }
      }
    }
    networks[number].network.parameters = exchange(&parameters, with: [])
    networks[number].optimiser.firstMoment = exchange(&firstMoment, with: [])
    networks[number].optimiser.secondMoment = exchange(&secondMoment, with: [])
  }
}

/// The pieces of a network that belong to one part of its layers' inputs.
private struct UpdateSection: Sendable {
  let network: Int
  let pieces: [ParameterPiece]
}

extension MultilayerPerceptron {
  /// The gradient of a piece of the parameters, weights before bias: the sum over the shards, in their order.
  ///
  /// - Parameters:
  ///   - piece: which parameters.
  ///   - first: the first shard's pass.
  ///   - second: the second's; nil if there is one shard.
  ///   - gradient: as many numbers as the piece has places.
  func gradient(
    of piece: ParameterPiece, first: RecordedPass<Scalar>, second: RecordedPass<Scalar>?,
    into gradient: inout MutableSpan<Scalar>
  ) {
    var weights = gradient._mutatingExtracting(first: piece.weights.count)
    weightGradient(of: piece.layer, inputs: piece.inputs, first: first, second: second, into: &weights)
    guard !piece.bias.isEmpty else { return }
    var bias = gradient._mutatingExtracting(piece.weights.count..<piece.places.count)
    bias.update(repeating: 0)
    addBiasGradient(of: first, layer: piece.layer, to: &bias)
    if let second { addBiasGradient(of: second, layer: piece.layer, to: &bias) }
  }

  private func addBiasGradient(
    of pass: RecordedPass<Scalar>, layer: Int, to bias: inout MutableSpan<Scalar>
  ) {
    let sums = pass.workspace.biasGradients[layer]
    Scalar.addScaled(sums.span, by: 1, to: &bias)
  }
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

  func descend(_ places: Range<Int>, gradient: Span<Scalar>) {
    var parameters = unsafe MutableSpan(_unsafeElements: parameters.extracting(places))
    var firstMoment = unsafe MutableSpan(_unsafeElements: firstMoment.extracting(places))
    var secondMoment = unsafe MutableSpan(_unsafeElements: secondMoment.extracting(places))
    if let momentum {
      momentum.descend(&parameters, velocity: &firstMoment, gradient: gradient)
      return
    }
    step.descend(
      &parameters, firstMoment: &firstMoment, secondMoment: &secondMoment, gradient: gradient)
  }
}

/// The update of all networks, a section of their parameters at a time.
private struct UpdateWork<Scalar: KernelScalar, Shard: RecordingShard>: PartedWork
where Shard.Scalar == Scalar {
  let sections: [UpdateSection]
  let targets: [UpdateTarget<Scalar>]
  let shards: [Shard]
  /// Of each thread.
  let gradients: OpenMemory<Scalar>

  // Exclusive: every section is run once, no two have a place in common, and each thread has a gradient of its own.
  @specialized(where Scalar == Float, Shard == BatchShard<Float>)
  @specialized(where Scalar == Double, Shard == BatchShard<Double>)
  @specialized(where Scalar == Float, Shard == LayeredShard<Float>)
  @specialized(where Scalar == Double, Shard == LayeredShard<Double>)
  func run(part: Int, thread: Int) {
    let section = sections[part]
    let target = targets[section.network]
    // Once for all pieces: every copy of a pass counts all that it refers to up and down.
    let first = shards[0].passes[section.network]
    let second = shards.count > 1 ? shards[1].passes[section.network] : nil
    for index in section.pieces.indices {
      let piece = section.pieces[index]
      gradients.withNumbers(thread, first: piece.places.count) { gradient in
        target.network.gradient(of: piece, first: first, second: second, into: &gradient)
        target.descend(piece.places, gradient: gradient.span)
      }
    }
  }
}
