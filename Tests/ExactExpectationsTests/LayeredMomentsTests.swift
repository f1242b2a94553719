import ElementwiseKernels
import GradientEstimators
import Testing

@testable import ExactExpectations

@Suite("Exact moments of layered estimators")
struct LayeredMomentsTests {
  @Test("The exact gradient of a network is the mean of f times the score over all joint states")
  func gradient() throws {
    var generator = ProblemGenerator(seed: 0.3)
    var problems = try Fixtures.networks()
    problems.append(try generator.network(widths: [3, 2, 4], inputs: 2))
    problems.append(try generator.network(widths: [2, 3, 1, 2], states: .zeroOne))
    for problem in problems {
      let expected = JointEnumeration(problem: problem).gradient()
      let found = exactGradient(of: problem)
      #expect(found.count == problem.parameterNames.count)
      for (a, b) in zip(found, expected) { #expect((a - b).magnitude < 1e-14) }
      var mean = 0.0
      JointEnumeration(problem: problem).forEachState { mean += $1 * $2 }
      #expect((mean - exactValue(of: problem)).magnitude < 1e-14)
    }
  }

  @Test("The gradient of an output layer is the difference quotient of the exact value")
  func outputGradient() throws {
    let problem = try #require(try Fixtures.networks().first { $0.head.parameterCount > 0 })
    guard case .logistic(let weights, let bias) = problem.head else { return }
    let gradient = exactGradient(of: problem)[problem.headParameters]
    let step = 1e-5
    for (index, coordinate) in gradient.indices.enumerated() {
      func value(_ change: Double) throws -> Double {
        var moved = weights
        if index < weights.count { moved[index] += change }
        let head = NetworkHead.logistic(
          weights: moved, bias: index < weights.count ? bias : bias + change)
        return exactValue(
          of: try NetworkProblem(
            name: problem.name, network: problem.network, head: head, point: problem.point))
      }
      let quotient = try (value(step) - value(-step)) / (2 * step)
      #expect((quotient - gradient[coordinate]).magnitude < 1e-9)
    }
  }

  @Test("ARM, DisARM and REINFORCE are exactly unbiased in every layer, with every option")
  func unbiased() throws {
    var generator = ProblemGenerator(seed: 0.7)
    let problems = [
      try generator.network(widths: [2, 1]), try generator.network(widths: [1, 2], states: .zeroOne),
      try generator.network(widths: [1, 1, 1]),
    ]
    for problem in problems {
      for estimator in layeredEstimators() {
        let moments = try exactMoments(of: estimator, on: problem)
        #expect(moments.relativeBias < 1e-12, "\(estimator.name) on \(problem.name)")
      }
    }
  }

  @Test("PSA is unbiased in the last layer and the output layer; elsewhere if the layers above have one unit")
  func psa() throws {
    for problem in try Fixtures.networks() {
      let moments = try exactMoments(of: PSA(), on: problem)
      let widths = problem.network.widths
      for layer in widths.indices {
        let isUnbiased = widths[(layer + 1)...].allSatisfy { $0 == 1 }
        let bias = moments.relativeBias(of: problem.parameters(ofLayer: layer))
        #expect(isUnbiased ? bias < 1e-12 : bias > 1e-4, "layer \(layer) of \(problem.name): \(bias)")
      }
      if !problem.headParameters.isEmpty {
        #expect(moments.relativeBias(of: problem.headParameters) < 1e-12)
      }
    }
  }

  @Test("The bias of PSA is of second order in the flips, of first relative to the gradient")
  func secondOrder() throws {
    var generator = ProblemGenerator(seed: 0.45)
    let problem = try generator.network(widths: [3, 3])
    let biases = try [1.0 / 32, 1.0 / 64, 1.0 / 128].map { factor in
      let scaled = try problem.scalingUpperWeights(by: factor)
      let moments = try exactMoments(of: PSA(), on: scaled)
      let layer = scaled.parameters(ofLayer: 0)
      let absolute = moments.bias[layer].reduce(0) { $0 + $1 * $1 }.squareRoot()
      return (absolute: absolute, relative: moments.relativeBias(of: layer))
    }
    for (larger, smaller) in zip(biases, biases.dropFirst()) {
      #expect((larger.absolute / smaller.absolute - 4).magnitude < 0.2)
      #expect((larger.relative / smaller.relative - 2).magnitude < 0.1)
    }
  }

  @Test("PSA in one layer is local expectation gradients, bit by bit")
  func oneLayer() throws {
    let problem = try #require(try Fixtures.networks().first { $0.network.layers.count == 1 })
    guard case .table(let values) = problem.head else { return }
    let logits = problem.network.logits(layer: 0, input: [])
    let independent = try Problem(
      name: "independent", latent: .binary(logits: logits), objective: .table(values: values))
    let found = try exactMoments(of: PSA(), on: problem)
    let expected = try exactMoments(of: LocalExpectationGradients(), on: independent)
    #expect(found.mean == expected.mean)
    for (a, b) in zip(found.variance, expected.variance) { #expect((a - b).magnitude < 1e-14) }
  }

  @Test("The flips' average has the mean of f and less variance than f at a sample")
  func average() throws {
    for problem in try Fixtures.networks() {
      let average = try layeredMoments(of: PSA(), on: problem)
      let single = try layeredMoments(of: LayeredBranching(REINFORCE()), on: problem)
      #expect((average.meanValue - exactValue(of: problem)).magnitude < 1e-13)
      #expect(average.valueVariance < single.valueVariance)
    }
  }

  @Test("Deep straight-through agrees with PSA to first order, where f is multilinear and weights are small")
  func straightThrough() throws {
    var generator = ProblemGenerator(seed: 0.2)
    let problem = try generator.network(widths: [2, 2]).scalingUpperWeights(by: 1e-5)
    let (a, b) = (
      try exactMoments(of: PSA(), on: problem), try exactMoments(of: DeepStraightThrough(), on: problem)
    )
    for (first, second) in zip(a.mean, b.mean) {
      #expect((first - second).magnitude < 1e-3 * first.magnitude)
    }
  }

  private func layeredEstimators() -> [any LayeredGradientEstimator] {
    [
      LayeredBranching(ARM()), LayeredBranching(DisARM()), LayeredBranching(REINFORCE()),
      LayeredBranching(DisARM(), sharesNoise: true), LayeredBranching(ARM(), skipsEqual: true),
    ]
  }
}
