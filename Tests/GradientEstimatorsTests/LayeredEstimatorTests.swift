import ElementwiseKernels
import RealModule
import Testing

@testable import GradientEstimators

@Suite("Layered estimators")
struct LayeredEstimatorTests {
  @Test("ARM in three layers has two paths more in each layer, and goes on from the newest pair's first")
  func armTree() {
    let tree = LayeredBranching(ARM()).tree(widths: [3, 2, 4])
    #expect(tree.parents == [[0, 0], [0, 1, 0, 0], [0, 1, 2, 3, 2, 2]])
    #expect(tree.trunk == [0, 2, 4] && tree.evaluations == 6)
    #expect((0..<6).map { tree.ancestor(ofEvaluation: $0, inLayer: 0) } == [0, 1, 0, 0, 0, 0])
    #expect((0..<6).map { tree.ancestor(ofEvaluation: $0, inLayer: 1) } == [0, 1, 2, 3, 2, 2])
    #expect((-1..<3).map { tree.paths(ofLayer: $0) } == [1, 2, 4, 6])
  }

  @Test("The score function has one path; PSA one, and the flips of the last layer")
  func otherTrees() {
    #expect(LayeredBranching(REINFORCE()).tree(widths: [2, 5]).parents == [[0], [0]])
    #expect(PSA().tree(widths: [2, 3]).parents == [[0], [0, 0, 0, 0]])
    #expect(
      LayeredBranching(LocalExpectationGradients()).tree(widths: [1, 2]).parents == [
        [0, 0], [0, 1, 0, 0, 0],
      ])
  }

  @Test("Noise is shared by the continuations of a pair only where that is asked for")
  func noise() {
    let widths = [3, 2, 4]
    let fresh = LayeredBranching(ARM())
    let shared = LayeredBranching(ARM(), sharesNoise: true)
    #expect(
      widths.indices.map { fresh.noise(layer: $0, widths: widths) } == [
        LayerNoise(own: 3), LayerNoise(own: 2, continuing: 4), LayerNoise(own: 4, continuing: 16),
      ])
    #expect(
      widths.indices.map { shared.noise(layer: $0, widths: widths).continuing } == [0, 2, 8])
    for estimator in [fresh, shared] {
      let law = estimator.noiseLaw(layer: 2, logits: [Double](repeating: 0.3, count: 16), widths: widths)
      let count = estimator.noise(layer: 2, widths: widths).perRow
      #expect(law.flatMap(\.indices).sorted() == Array(0..<count))
    }
  }

  @Test("Samples that continue a path are drawn from its own logits, with its own part of the noise")
  func continuations() {
    let shape = LayeredShape(rows: 2, widths: [1, 2])
    let estimator = LayeredBranching(ARM())
    // Certain logits tell where a sample came from: path 0 is on, path 1 off, whatever the noise.
    let logits: [Double] = [700, 700, 700, 700, -700, -700, -700, -700]
    let noise = [Double](repeating: 0.5, count: 2 * estimator.noise(layer: 1, widths: [1, 2]).perRow)
    var samples = [Double](repeating: .nan, count: 4 * 4)
    var output = samples.mutableSpan
    estimator.draw(layer: 1, logits: logits.span, noise: noise.span, shape: shape, samples: &output)
    #expect(samples == [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])
    // At even odds the noise decides: rows first, then paths.
    let even = [Double](repeating: 0, count: 8)
    let uniforms: [Double] = [0.5, 0.5, 0.5, 0.5, 0.1, 0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1]
    output = samples.mutableSpan
    estimator.draw(layer: 1, logits: even.span, noise: uniforms.span, shape: shape, samples: &output)
    #expect(Array(samples[..<8]) == [1, 0, 0, 1, 0, 0, 1, 1])
  }

  @Test("Names of estimators of networks: the one-layer forms, their options, and those for networks only")
  func names() throws {
    for name in [
      "arm", "disarm:2", "loorf:3", "psa", "deep-st", "arm+skip-equal", "disarm+shared-noise", "gumbel:1",
      "st-gumbel:0.7",
    ] {
      #expect(try EstimatorCatalogue.makeLayered(name).name == name)
    }
    #expect(
      try EstimatorCatalogue.makeLayered("arm+shared-noise+skip-equal").name == "arm+shared-noise+skip-equal")
    #expect(EstimatorCatalogue.standardLayeredInstances.count == 13)
    #expect(Set(EstimatorCatalogue.standardLayeredInstances.map(\.name)).count == 13)
    #expect(throws: EstimatorNameError.self) { try EstimatorCatalogue.make("psa") }
  }

  @Test(
    "A name that is none for networks is answered in one line",
    arguments: [
      ("pas", "psa"), ("arm+fresh", "+shared-noise"), ("psa+skip-equal", "none"), ("carms-i:3", "no form"),
      ("reinforce+skip-equal", "none"), ("psa:2", "no parameter"), ("loorf", "loorf:4"),
      ("reinforce-ema", "no form"),
    ])
  func badNames(name: String, part: String) {
    let error = #expect(throws: EstimatorNameError.self) { try EstimatorCatalogue.makeLayered(name) }
    #expect(error?.description.contains(part) == true && error?.description.contains("\n") == false)
  }
}

@Suite("Flip differences")
struct FlipDifferenceTests {
  @Test("Changes of probabilities keep their relative precision where both are nearly 0 or nearly 1")
  func precision() {
    for logit in [-700.0, -80, -20, -3, -0.1, 0, 0.4, 5, 17, 60, 700] {
      for weight in [-90.0, -12, -2, -0.3, -1e-4, 1e-6, 0.02, 1, 6, 40, 300] {
        for below in [0.0, 1] {
          let expected = reference(logit: logit, change: 2 * weight * (2 * below - 1))
          let double: Double = passed(logit, weight, below)
          #expect(agree(double, expected, relative: 1e-13))
          let float = Double(passed(Float(logit), Float(weight), Float(below)) as Float)
          let rounded = reference(
            logit: Double(Float(logit)), change: 2 * Double(Float(weight)) * (2 * below - 1))
          #expect(agree(float, rounded, relative: 2e-4))
        }
      }
    }
  }

  /// sigmoid(a) - sigmoid(a - x) = sigmoid(a) sigmoid(x - a) (1 - exp(-x)): exact for x > 0; the difference is odd under
  /// (a, x) -> (a - x, -x).
  private func reference(logit: Double, change: Double) -> Double {
    change < 0
      ? -reference(logit: logit - change, change: -change)
      : Double.sigmoid(logit) * .sigmoid(change - logit) * -Double.expMinusOne(-change)
  }

  /// Numbers that underflow in Float, or lose digits as subnormal ones, need only be small there.
  private func agree(_ found: Double, _ expected: Double, relative: Double) -> Bool {
    (found - expected).magnitude <= relative * expected.magnitude + (relative < 1e-10 ? 1e-300 : 1e-37)
  }

  private func passed<Scalar: KernelScalar>(_ logit: Scalar, _ weight: Scalar, _ below: Scalar) -> Scalar {
    var lower: [Scalar] = [0]
    let (one, weights, logits, states): ([Scalar], [Scalar], [Scalar], [Scalar]) =
      ([1], [weight], [logit], [below])
    var output = lower.mutableSpan
    FlipDifferences.passDown(
      one.span, weights: weights.span, stateStep: 2, logits: logits.span, samples: one.span,
      below: states.span, rows: 1, into: &output)
    return lower[0]
  }

  @Test("Rows, units and chunks are kept apart: 3 rows of 300 units below 2, against single sums")
  func layout() {
    let (rows, width, below) = (3, 2, 300)
    let weights = (irregularNoise(width * below) as [Double]).map { 4 * $0 - 2 }
    let logits = (irregularNoise(rows * width + 7) as [Double]).dropFirst(7).map { 6 * $0 - 3 }
    let samples = (irregularNoise(rows * width) as [Double]).map { $0.rounded() }
    let states = (irregularNoise(rows * below + 3) as [Double]).dropFirst(3).map { $0.rounded() }
    let signal = (irregularNoise(rows * width + 1) as [Double]).dropFirst().map { $0 - 0.4 }
    var lower = [Double](repeating: .nan, count: rows * below)
    var output = lower.mutableSpan
    FlipDifferences.passDown(
      signal.span, weights: weights.span, stateStep: 1, logits: logits.span, samples: samples.span,
      below: states.span, rows: rows, into: &output)
    for row in 0..<rows {
      for i in 0..<below {
        let expected = (0..<width).reduce(0.0) { sum, unit in
          let place = row * width + unit
          let change = weights[unit * below + i] * (2 * states[row * below + i] - 1)
          let difference = Double.sigmoid(logits[place]) - .sigmoid(logits[place] - change)
          return sum + (2 * samples[place] - 1) * difference * signal[place]
        }
        #expect((lower[row * below + i] - expected).magnitude < 1e-14)
      }
    }
  }
}
