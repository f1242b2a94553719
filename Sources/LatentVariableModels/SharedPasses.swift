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
  func run(part: Int) {
    let shape = network.layers[layer]
    if layer == 0, case .bits = shards[0].passes[number].input {
      memory.withNumbers(part, first: shape.outputs) { base in
        network.findBase(part: .number(part), into: &base)
      }
    }
    for shard in shards.indices {
      let rows = shards[shard].passes[number].rows
      if layer == 0 {
        run(part: part, shard: shard, rows: rows, inputs: shards[shard].passes[number].numbers(seenBy: 0))
      } else {
        let below = 2 + 4 * shard
        putTogether(below: below, columns: InputPart.number(part).range(of: shape.inputs), rows: rows)
        memory.readNumbers(below, first: rows * shape.inputs) { inputs in
          forward(part: part, shard: shard, inputs: inputs, results: below + 2 + part)
        }
      }
    }
  }

  private func run(part: Int, shard: Int, rows: Int, inputs: [Scalar]) {
    let count = inputs.isEmpty ? 0 : rows * network.layers[0].inputs
    forward(
      part: part, shard: shard, inputs: inputs.span.extracting(first: count), results: 2 + 2 * shard + part)
  }

  private func putTogether(below: Int, columns: Range<Int>, rows: Int) {
    let count = rows * network.layers[layer].inputs
    memory.readNumbers(below + 1, first: count) { upper in
      memory.withNumbers(below, first: count) { outputs in
        network.putTogether(layer: layer - 1, columns: columns, upper: upper, outputs: &outputs)
      }
    }
  }

  private func forward(part: Int, shard: Int, inputs: Span<Scalar>, results: Int) {
    let width = network.layers[layer].outputs
    memory.readNumbers(part, first: layer == 0 ? width : 0) { base in
      memory.withNumbers(results, first: shards[shard].passes[number].rows * width) { outputs in
        network.forward(
          layer: layer, part: .number(part), pass: shards[shard].passes[number], inputs: inputs, base: base,
          into: &outputs)
      }
    }
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
  func run(part: Int) {
    let width = network.layers[layer].inputs
    for shard in shards.indices {
      memory.withNumbers(2 * shard, first: shards[shard].passes[number].backwardRows * width) { gradient in
        memory.withNumbers(2 * shard + 1, first: width) { bias in
          network.backward(
            layer: layer, part: .number(part), pass: shards[shard].passes[number], gradient: &gradient,
            bias: &bias)
        }
      }
    }
  }
}
