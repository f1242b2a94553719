import ElementwiseKernels
import GradientEstimators
import Numerics
import RandomStreams
import Testing

@testable import LatentVariableModels

@Suite("The spread of an estimator's gradient")
struct GradientSpreadTests {
  // Probabilities are quarters here, so that four equally likely places of each uniform number are its whole law for an
  // estimator whose samples alone depend on it.
  private static let places = [0.125, 0.375, 0.625, 0.875]
  private static let logitOfThreeQuarters = Double.log(3)

  /// All choices of `count` uniform numbers among the places.
  private func nodes(_ count: Int) -> [[Double]] {
    (0..<count).reduce([[]]) { nodes, _ in nodes.flatMap { node in Self.places.map { node + [$0] } } }
  }

  private func spread(_ values: [[Double]], over count: Int) -> Double {
    values[0].indices.reduce(0) { sum, component in
      let column = values.map { $0[component] }
      let mean = column.reduce(0, +) / Double(count)
      return sum + column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
    }
  }

  // MARK: - One layer

  private static let logits = [logitOfThreeQuarters, 0, -logitOfThreeQuarters]
  private static let images = SmallModels.images.flatMap { $0 }

  /// A model whose encoder gives these logits for every image.
  private func trainer(
    _ estimator: any GradientEstimator, logits: [Double] = logits, batch: Int = 3, threads: Int = 1
  ) throws -> VariationalAutoencoderTrainer<Double> {
    var trainer = try SmallModels.trainer(
      latents: logits.count, batch: batch, estimator: estimator, hidden: false, threads: threads)
    try trainer.restore(
      trainer.tensors().map { tensor in
        switch tensor.name {
        case "encoder.0.weight":
          NamedTensor(name: tensor.name, shape: tensor.shape, values: .double(tensor.doubles.map { _ in 0 }))
        case "encoder.0.bias": NamedTensor(name: tensor.name, shape: tensor.shape, values: .double(logits))
        default: tensor
        }
      })
    return trainer
  }

  /// The objective of each state at each image, by loops.
  private func objectives(_ trainer: borrowing VariationalAutoencoderTrainer<Double>) -> [[Double]] {
    let naive = NaiveAutoencoder(configuration: trainer.configuration, tensors: trainer.tensors())
    return SmallModels.images.map { image in
      naive.densities(image).map { ($0.joint - $0.posterior).value }
    }
  }

  private func state(_ bits: [Int]) -> Int { bits.enumerated().reduce(0) { $0 + $1.element << $1.offset } }

  /// The spread over all nodes, given one after the other to the whole batch, and that of `gradient`, which is a formula for one
  /// image's gradient: values of f by state and the uniform numbers are its arguments.
  private func spreads(
    _ estimator: any GradientEstimator, noise nodes: [[Double]], logits: [Double] = logits,
    formula: (_ objective: [Double], _ uniforms: [Double], _ logits: [Double]) -> [Double]
  ) throws -> (measured: [Double], exact: [Double]) {
    var trainer = try trainer(estimator, logits: logits)
    let measured = try #require(
      try trainer.gradientSpread(images: Self.images.span, draws: nodes.count) { draw in
        .given((0..<3).flatMap { _ in nodes[draw] })
      })
    #expect(measured.variances.count == 1)
    let exact = objectives(trainer).map { objective in
      spread(nodes.map { formula(objective, $0, logits) }, over: nodes.count)
    }
    return (measured.variances[0], exact)
  }

  private func probability(_ logit: Double) -> Double { 1 / (1 + Double.exp(-logit)) }

  private func scoreFunction(_ objective: [Double], _ uniforms: [Double], _ logits: [Double]) -> [Double] {
    let bits = zip(uniforms, logits).map { $0 < probability($1) ? 1 : 0 }
    return zip(bits, logits).map { objective[state(bits)] * (Double($0) - probability($1)) }
  }

  private func largestError(_ result: (measured: [Double], exact: [Double])) -> Double {
    guard result.measured.count == result.exact.count, result.exact.allSatisfy({ $0 > 0.1 }) else {
      return .infinity
    }
    return zip(result.measured, result.exact).map { ($0 / $1 - 1).magnitude }.max() ?? .infinity
  }

  @Test("is the variance by enumeration, image by image: the score function, with and without a baseline")
  func scoreFunctions() throws {
    #expect(largestError(try spreads(REINFORCE(), noise: nodes(3), formula: scoreFunction)) < 1e-11)
    var baseline = RunningMeanREINFORCE(decay: 0.9)
    baseline.state = [-2.5, 7]
    let shifted = try spreads(baseline, noise: nodes(3)) { objective, uniforms, logits in
      scoreFunction(objective.map { $0 + 2.5 }, uniforms, logits)
    }
    #expect(largestError(shifted) < 1e-11)
  }

  @Test("is the variance by enumeration of an antithetic pair and of a leave-one-out baseline")
  func pairs() throws {
    let antithetic = try spreads(DisARM(), noise: nodes(3)) { objective, uniforms, logits in
      let pair = [uniforms, uniforms.map { 1 - $0 }].map {
        zip($0, logits).map { $0 < probability($1) ? 1 : 0 }
      }
      let difference = (objective[state(pair[0])] - objective[state(pair[1])]) / 2
      return logits.indices.map { place in
        guard pair[0][place] != pair[1][place] else { return 0 }
        return (pair[0][place] == 1 ? difference : -difference) * probability(logits[place].magnitude)
      }
    }
    #expect(largestError(antithetic) < 1e-11)
    let two = [Self.logitOfThreeQuarters, 0]
    let independent = try spreads(LOORF(samples: 2), noise: nodes(4), logits: two) {
      objective, uniforms, logits in
      let pair = [uniforms[..<2], uniforms[2...]].map { zip($0, logits).map { $0 < probability($1) ? 1 : 0 } }
      let difference = objective[state(pair[0])] - objective[state(pair[1])]
      return logits.indices.map { difference * Double(pair[0][$0] - pair[1][$0]) / 2 }
    }
    #expect(largestError(independent) < 1e-11)
  }

  @Test("shows faults: noise that is used twice, and a factor of 1.0001")
  func faultsAreSeen() throws {
    var reused = nodes(3)
    reused[0] = reused[63]
    var trainer = try trainer(REINFORCE())
    let measured = try #require(
      try trainer.gradientSpread(images: Self.images.span, draws: reused.count) { draw in
        .given((0..<3).flatMap { _ in reused[draw] })
      })
    let right = try spreads(REINFORCE(), noise: nodes(3), formula: scoreFunction)
    #expect(largestError((measured.variances[0], right.exact)) > 1e-4)
    let scaled = try spreads(REINFORCE(), noise: nodes(3)) { objective, uniforms, logits in
      scoreFunction(objective, uniforms, logits).map { 1.0001 * $0 }
    }
    #expect(largestError(scaled) > 1.9e-4)
  }

  @Test("draws fresh noise from a stream of its own, and has the same bits on one thread and on two")
  func streams() throws {
    var one = try trainer(ARM())
    var two = try trainer(ARM(), threads: 2)
    let images = Self.images
    let before = one.tensors()
    let first = try one.gradientSpread(
      images: images.span, labels: Span(), draws: 5, seed: 11, proceed: { _ in true })
    let second = try two.gradientSpread(
      images: images.span, labels: Span(), draws: 5, seed: 11, proceed: { _ in true })
    let given = try one.gradientSpread(images: images.span, draws: 5) { draw in
      var numbers = [Double](repeating: 0, count: 9)
      var target = numbers.mutableSpan
      RandomStream(seed: 11, purpose: StreamPurpose(rawValue: 11), step: UInt64(draw)).fillUniforms(
        rows: 0..<3, perRow: 3, into: &target)
      return .given(numbers)
    }
    #expect(first != nil && first == second && first == given)
    #expect(one.tensors() == before, "nothing is learnt")
    let other = try one.gradientSpread(
      images: images.span, labels: Span(), draws: 5, seed: 12, proceed: { _ in true })
    #expect(other != first)
  }

  @Test("refuses one draw, and stops where it is told to")
  func arguments() throws {
    var trainer = try trainer(ARM())
    let images = Self.images
    #expect(throws: ModelError.self) {
      try trainer.gradientSpread(
        images: images.span, labels: Span(), draws: 1, seed: 1, proceed: { _ in true })
    }
    var seen: [Int] = []
    let stopped = try trainer.gradientSpread(images: images.span, labels: Span(), draws: 9, seed: 1) { done in
      seen.append(done)
      return done < 3
    }
    #expect(stopped == nil && seen == [0, 1, 2, 3])
  }

  // MARK: - Several layers

  @Test(
    "is the variance by enumeration of each layer of a chain, whose upper layer depends on the lower one's samples"
  )
  func layers() throws {
    let configuration = SmallLayeredModels.configuration(.generation, latents: [2, 2])
    var trainer = try SmallLayeredModels.trainer(
      configuration, batch: 3, estimator: LayeredBranching(REINFORCE()))
    let root = Self.logitOfThreeQuarters
    let chain: [String: [Double]] = [
      "encoder.0.0.weight": Array(repeating: 0, count: 10), "encoder.0.0.bias": [root, 0],
      // The second layer's logits are those of 3/4 or 1/4, by the bit below.
      "encoder.1.0.weight": [root, 0, 0, -root], "encoder.1.0.bias": [0, 0],
    ]
    try trainer.restore(
      trainer.tensors().map { tensor in
        chain[tensor.name].map { NamedTensor(name: tensor.name, shape: tensor.shape, values: .double($0)) }
          ?? tensor
      })
    let naive = NaiveLayeredModel(configuration: configuration, tensors: trainer.tensors())
    let nodes = nodes(4)
    let images = Self.images
    let measured = try #require(
      try trainer.gradientSpread(images: images.span, labels: Span(), draws: nodes.count) { draw in
        let own = [nodes[draw][..<2], nodes[draw][2...]]
        return .given(own.flatMap { part in [(0..<3).flatMap { _ in part }, []] })
      })
    #expect(measured.variances.count == 2)
    for (row, image) in SmallModels.images.enumerated() {
      let gradients = nodes.map { node -> [[Double]] in
        var path: [[Dual]] = []
        var scores: [[Double]] = []
        for layer in 0..<2 {
          let logits = naive.chainLogits(layer, image: image, below: path.last ?? [])
          let bits = zip(node[2 * layer..<2 * layer + 2], logits).map { $0 < probability($1.value) ? 1.0 : 0 }
          scores.append(zip(bits, logits).map { $0 - probability($1.value) })
          path.append(bits.map { Dual(value: $0) })
        }
        let objective = naive.densities(image: image, label: 0, path: path).weight.value
        return scores.map { $0.map { objective * $0 } }
      }
      for layer in 0..<2 {
        let exact = spread(gradients.map { $0[layer] }, over: nodes.count)
        #expect(exact > 0.1 && (measured.variances[layer][row] / exact - 1).magnitude < 1e-11)
      }
    }
  }
}
