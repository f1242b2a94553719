internal import ElementwiseKernels
internal import NeuralNetworks

/// The passes of one network over all shards of a batch, a layer after the other: threads share out the layer's inputs.
///
/// Each part of a network's inputs is one thread's from pass to pass and in the update, so that its weights stay in that
/// thread's cache; a batch that is cut by rows sends every weight to every thread in each step.
struct SharedPasses<Scalar: KernelScalar>: Sendable {
  private var opened = OpenedArrays<Scalar>()

  /// Runs a network on the inputs of its pass in every shard; what the parts of the last layer's inputs add is left to be put
  /// together.
  ///
  /// - Parameters:
  ///   - network: the network.
  ///   - number: its place among each shard's passes.
  ///   - shards: parts of the batch, their inputs loaded.
  ///   - team: who does it.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func forward(
    _ network: MultilayerPerceptron<Scalar>, number: Int, shards: inout [BatchShard<Scalar>], team: ThreadTeam
  ) {
    for layer in network.layers.indices {
      let layers = max(0, layer - 1)...layer
      for part in 0..<2 { opened.take(&shards[0].passes[number].workspace.bases[part]) }
      for shard in shards.indices {
        for layer in layers {
          opened.take(&shards[shard].passes[number].workspace.outputs[layer])
          opened.take(&shards[shard].passes[number].workspace.upperOutputs[layer])
        }
      }
      opened.run { memory in
        team.run(
          ForwardWork(network: network, number: number, layer: layer, shards: shards, memory: memory),
          parts: 2)
      }
      for shard in shards.indices.reversed() {
        for layer in layers.reversed() {
          opened.giveBack(&shards[shard].passes[number].workspace.upperOutputs[layer])
          opened.giveBack(&shards[shard].passes[number].workspace.outputs[layer])
        }
      }
      for part in (0..<2).reversed() { opened.giveBack(&shards[0].passes[number].workspace.bases[part]) }
    }
  }

  /// Carries the gradient at the outputs, which the shards have put there, down to the outputs of every layer.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func backward(
    _ network: MultilayerPerceptron<Scalar>, number: Int, shards: inout [BatchShard<Scalar>], team: ThreadTeam
  ) {
    for layer in network.layers.indices.dropFirst().reversed() {
      for shard in shards.indices {
        opened.take(&shards[shard].passes[number].workspace.outputGradients[layer - 1])
        opened.take(&shards[shard].passes[number].workspace.biasGradients[layer - 1])
      }
      opened.run { memory in
        team.run(
          BackwardWork(network: network, number: number, layer: layer, shards: shards, memory: memory),
          parts: 2)
      }
      for shard in shards.indices.reversed() {
        opened.giveBack(&shards[shard].passes[number].workspace.biasGradients[layer - 1])
        opened.giveBack(&shards[shard].passes[number].workspace.outputGradients[layer - 1])
      }
    }
  }
}

/// What a part of a layer's inputs adds to its outputs, for all shards.
///
/// Of a shard's pass only what is needed is named: a pass in a variable would be a copy, with all that it refers to counted up
/// and down by both threads.
private struct ForwardWork<Scalar: KernelScalar>: PartedWork {
  let network: MultilayerPerceptron<Scalar>
  let number: Int
  let layer: Int
  /// Without the arrays that are open.
  let shards: [BatchShard<Scalar>]
  /// The bases of the two parts; then of each shard, of the layer below, if there is one, and of this, the outputs and what the
  /// upper part adds to them.
  let memory: OpenMemory<Scalar>

  // Exclusive: each part puts its own columns of the layer below together, and adds to an array of its own.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func run(part: Int, thread: Int) {
    if layer > 0 {
      for shard in shards.indices { forward(part: part, shard: shard) }
    } else if case .bits = shards[0].passes[number].input {
      memory.withNumbers(part, first: network.layers[0].outputs) { base in
        network.findBase(part: .number(part), into: &base)
      }
      for shard in shards.indices { forwardBits(part: part, shard: shard) }
    } else {
      for shard in shards.indices { forwardNumbers(part: part, shard: shard) }
    }
  }

  private func forward(part: Int, shard: Int) {
    let below = 2 + 4 * shard
    let count = shards[shard].passes[number].rows * network.layers[layer].inputs
    putTogether(below: below, part: part, count: count)
    memory.readNumbers(below, first: count) { inputs in
      withOutputs(below + 2 + part, shard: shard) { outputs in
        network.forward(layer: layer, part: .number(part), inputs: inputs, into: &outputs)
      }
    }
  }

  private func putTogether(below: Int, part: Int, count: Int) {
    let columns = InputPart.number(part).range(of: network.layers[layer].inputs)
    memory.readNumbers(below + 1, first: count) { upper in
      memory.withNumbers(below, first: count) { outputs in
        network.putTogether(layer: layer - 1, columns: columns, upper: upper, outputs: &outputs)
      }
    }
  }

  private func forwardBits(part: Int, shard: Int) {
    guard case .bits(let bits) = shards[shard].passes[number].input else { return }
    memory.readNumbers(part, first: network.layers[0].outputs) { base in
      withOutputs(2 + 2 * shard + part, shard: shard) { outputs in
        network.forward(bits, part: .number(part), base: base, into: &outputs)
      }
    }
  }

  private func forwardNumbers(part: Int, shard: Int) {
    let numbers = shards[shard].passes[number].numbers(seenBy: 0)
    let count = shards[shard].passes[number].rows * network.layers[0].inputs
    withOutputs(2 + 2 * shard + part, shard: shard) { outputs in
      network.forward(
        layer: 0, part: .number(part), inputs: numbers.span.extracting(first: count), into: &outputs)
    }
  }

  /// Lets `body` write to the outputs of this layer.
  private func withOutputs(_ place: Int, shard: Int, _ body: (inout MutableSpan<Scalar>) -> Void) {
    memory.withNumbers(
      place, first: shards[shard].passes[number].rows * network.layers[layer].outputs, body)
  }
}

/// The gradient with respect to a part of a layer's inputs, for all shards.
private struct BackwardWork<Scalar: KernelScalar>: PartedWork {
  let network: MultilayerPerceptron<Scalar>
  let number: Int
  let layer: Int
  /// Without the arrays that are open.
  let shards: [BatchShard<Scalar>]
  /// Of each shard the gradient with respect to the outputs of the layer below, and that of its bias.
  let memory: OpenMemory<Scalar>

  // Exclusive: each part writes to its own columns.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func run(part: Int, thread: Int) {
    for shard in shards.indices { backward(part: part, shard: shard) }
  }

  private func backward(part: Int, shard: Int) {
    let width = network.layers[layer].inputs
    let count = shards[shard].passes[number].backwardRows * width
    let outputGradient = shards[shard].passes[number].workspace.outputGradients[layer]
    let activations = shards[shard].passes[number].workspace.outputs[layer - 1]
    memory.withNumbers(2 * shard, first: count) { gradient in
      memory.withNumbers(2 * shard + 1, first: width) { bias in
        network.backward(
          layer: layer, part: .number(part), outputGradient: outputGradient.span,
          activations: activations.span.extracting(first: count),
          gradientRows: shards[shard].passes[number].gradientRows, gradient: &gradient, bias: &bias)
      }
    }
  }
}
