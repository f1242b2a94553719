internal import ElementwiseKernels
internal import NeuralNetworks

/// A network with its gradient and its optimiser: the part of a model that one worker updates.
struct OptimisedNetwork<Scalar: KernelScalar>: Sendable {
  var network: MultilayerPerceptron<Scalar>
  var optimiser: Adam<Scalar>
  /// The gradient of the last step's loss, laid out as the network's parameters.
  var gradient: [Scalar]
  /// Whether the last gradient was finite, as far as its biases tell; if not, the update was left out.
  var isGradientFinite = true

  init(network: MultilayerPerceptron<Scalar>, settings: OptimisationSettings) {
    let count = network.parameters.count
    self.network = network
    optimiser = Adam(
      parameterCount: count, learningRate: settings.learningRate, beta1: settings.adamBeta1,
      beta2: settings.adamBeta2, epsilon: settings.adamEpsilon)
    gradient = Array(repeating: 0, count: count)
  }

  /// Adds up the gradient over the shards, always in their order, and moves the parameters one step.
  mutating func update(role: NetworkRole, shards: [BatchShard<Scalar>]) {
    sumGradient(role: role, shards: shards)
    let gradient = gradient
    isGradientFinite = network.layers.allSatisfy { allFinite(gradient.span.extracting($0.bias)) }
    guard isGradientFinite else { return }
    var parameters = exchange(&network.parameters, with: [])
    var target = parameters.mutableSpan
    optimiser.descend(&target, gradient: gradient.span)
    network.parameters = exchange(&parameters, with: [])
  }

  private mutating func sumGradient(role: NetworkRole, shards: [BatchShard<Scalar>]) {
    var sum = exchange(&gradient, with: [])
    for layer in network.layers {
      for index in layer.bias { sum[index] = 0 }
    }
    var target = sum.mutableSpan
    for (index, shard) in shards.enumerated() {
      let pass = role == .encoder ? shard.encoderPass : shard.decoderPass
      let rows = pass.gradientRows
      network.weightGradient(
        input: pass.input.span.extracting(first: rows * network.inputWidth), rows: rows,
        workspace: pass.workspace, adding: index > 0, into: &target)
      network.addBiasGradient(rows: rows, workspace: pass.workspace, to: &target)
    }
    gradient = exchange(&sum, with: [])
  }
}

/// The place of a network in a model, and its number in the addresses of initial weights.
enum NetworkRole: Int, Sendable, CaseIterable {
  case encoder = 0
  case decoder = 1

  var name: String { self == .encoder ? "encoder" : "decoder" }
}

/// One network's passes over one shard: what its weight gradient needs.
struct RecordedPass<Scalar: KernelScalar>: Sendable {
  /// The network's input, [rows x inputs].
  var input: [Scalar]
  var workspace: PerceptronWorkspace<Scalar>
  /// Rows of the backward pass: the first of the forward pass.
  let gradientRows: Int

  init(network: MultilayerPerceptron<Scalar>, rows: Int, gradientRows: Int) {
    input = Array(repeating: 0, count: rows * network.inputWidth)
    workspace = PerceptronWorkspace(network: network, rows: rows, gradientRows: gradientRows)
    self.gradientRows = gradientRows
  }
}
