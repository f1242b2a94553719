import ElementwiseKernels
import RealModule
import Testing

@testable import GradientEstimators

@Suite("Layered estimators of categorical variables")
struct CategoricalLayerTests {
  @Test("A layer has the evaluations and the noise of the one-layer estimator for as many categories")
  func sizes() {
    let widths = [2, 3]
    let branching = LayeredBranching(ARSM(), categories: 3)
    // Each layer draws the sample and its three swaps.
    #expect(branching.tree(widths: widths).parents == [[0, 0, 0, 0], [0, 1, 2, 3, 0, 0, 0, 0]])
    #expect(
      widths.indices.map { branching.noise(layer: $0, widths: widths) } == [
        LayerNoise(own: 6), LayerNoise(own: 9, continuing: 12),
      ])
    let relaxed = DeepCategorical(GumbelSoftmax(temperature: 1), categories: 3)
    #expect(relaxed.tree(widths: widths).evaluations == 1)
    #expect(widths.indices.map { relaxed.noise(layer: $0, widths: widths).perRow } == [6, 9])
    let shape = LayeredShape(rows: 4, widths: widths, categories: 3)
    #expect(shape.layer(1).logitCount == 36 && shape.logitsPerRow(0) == 6)
  }

  @Test(
    "The noise law covers each number once, and splits those of continuing paths where any of their samples changes"
  )
  func noiseLaw() throws {
    let widths = [1, 2]
    for name in ["loorf:2", "loorf:2+shared-noise", "carms-i:2", "unord:2", "gumbel:1", "deep-st"] {
      let estimator = try EstimatorCatalogue.makeLayered(name, categories: 3)
      let paths = estimator.tree(widths: widths).paths(ofLayer: 0)
      let logits = (0..<paths * 6).map { 0.3 * Double($0 % 5) }
      let law = estimator.noiseLaw(layer: 1, logits: logits, widths: widths)
      let counts = estimator.noise(layer: 1, widths: widths)
      #expect(law.flatMap(\.indices).sorted() == Array(0..<counts.perRow), "\(name)")
      let continuing = law.filter { $0.indices[0] >= counts.own }
      #expect(continuing.count == counts.continuing, "\(name)")
      for block in continuing {
        guard case .uniform(let breakpoints, 0) = block.law else {
          Issue.record("\(name): a continuing path splits its uniform number")
          continue
        }
        #expect(breakpoints.count == (name.contains("shared") ? 4 : 2) && breakpoints == breakpoints.sorted())
      }
    }
  }

  @Test("Samples that continue a path are drawn from its own logits, with its own part of the noise")
  func continuations() {
    let shape = LayeredShape(rows: 2, widths: [1, 2], categories: 3)
    let estimator = LayeredBranching(LOORF(samples: 2), categories: 3)
    let noiseCounts = estimator.noise(layer: 1, widths: shape.widths)
    #expect(noiseCounts == LayerNoise(own: 4, continuing: 4))
    // Path 0 is certainly of category 1, path 1 of category 2, whatever the noise.
    let certain = (0..<2).flatMap { path in
      (0..<4).flatMap { _ in (0..<3).map { $0 == path + 1 ? 700.0 : 0 } }
    }
    var samples = [Double](repeating: .nan, count: 4 * 4)
    func draw(_ logits: [Double], _ noise: [Double]) {
      var output = samples.mutableSpan
      estimator.draw(layer: 1, logits: logits.span, noise: noise.span, shape: shape, samples: &output)
    }
    draw(certain, [Double](repeating: 0.5, count: 16))
    // The layer's own samples continue the trunk, which is path 0.
    #expect(samples == [1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1])
    // At even odds the noise decides, in thirds: rows first, then paths.
    let own = [Double](repeating: 0.5, count: 8)
    draw([Double](repeating: 0, count: 24), own + [0.1, 0.9, 0.5, 0.1, 0.9, 0.5, 0.5, 0.9])
    #expect(Array(samples[..<8]) == [0, 2, 2, 1, 1, 0, 1, 2])
  }

  @Test(
    "The gradient of rows whose samples are all equal is cleared in every component, that of others is not")
  func skipsEqual() {
    let shape = LayeredShape(rows: 2, widths: [1], categories: 3)
    let logits: [Double] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    let (samples, values): ([Double], [Double]) = ([1, 0, 1, 2], [3, 5, 3.5, 1])
    func gradient(skipsEqual: Bool) -> [Double] {
      var gradient = [Double](repeating: .nan, count: 6)
      var target = gradient.mutableSpan
      let noise = [Double](repeating: 0.5, count: 4)
      LayeredBranching(LOORF(samples: 2), categories: 3, skipsEqual: skipsEqual).combine(
        layer: 0, logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
        signal: Span(), shape: shape, gradient: &target)
      return gradient
    }
    let (all, skipping) = (gradient(skipsEqual: false), gradient(skipsEqual: true))
    #expect(skipping == [0, 0, 0, 2, 0, -2] && Array(all[3...]) == [2, 0, -2])
  }

  @Test("Every form with categories says so, and has the name that was typed")
  func names() throws {
    for name in [
      "reinforce", "loorf:3", "loorf:2+shared-noise+skip-equal", "carms-i:3", "carms-g:2", "carms-sb:2",
      "ars",
      "arsm", "unord:3", "disarm-iw", "disarm-sb", "disarm-tree", "gumbel:1", "st-gumbel:0.7", "deep-st",
    ] {
      let estimator = try EstimatorCatalogue.makeLayered(name, categories: 4)
      #expect(estimator.name == name && estimator.categories == 4)
      #expect(estimator.drawsPoints == ["gumbel:1", "st-gumbel:0.7", "deep-st"].contains(name))
      #expect(estimator.relaxesSamples == (name == "gumbel:1"))
      #expect((estimator.bias == nil) == !estimator.drawsPoints)
    }
    #expect(try EstimatorCatalogue.makeLayered("loorf:2").categories == nil)
  }

  @Test(
    "An estimator of binary layers, and a set of more states than a narrow layer has, are refused in one line",
    arguments: [
      "arm", "disarm", "ar", "arms:4", "leg", "psa", "tanh", "muprop", "relax", "nvil", "unord:5", "vimco:4",
      "reinforce-ema", "st",
    ])
  func refusals(name: String) {
    let error = #expect(throws: EstimatorNameError.self) {
      try EstimatorCatalogue.makeLayered(name, categories: 4)
    }
    #expect(
      error?.description
        == "estimator \"\(name)\": has no form for networks whose variables have 4 categories; try \"loorf:4\""
    )
  }

  /// 24 numbers in (-1, 1) without a pattern.
  private func numbers(_ count: Int, from first: Int) -> [Double] {
    (irregularNoise(count + first) as [Double]).dropFirst(first).map { 2 * $0 - 1 }
  }

  @Test("Bounds of gradients and of what comes down hold for every estimator that backpropagates")
  func bounds() throws {
    let shape = LayeredShape(rows: 1, widths: [2, 2], categories: 3)
    let weights = (0..<6).map { numbers(6, from: 7 * $0).map { 3 * $0 } }
    for name in ["gumbel:0.3", "st-gumbel:0.3", "deep-st"] {
      let made = try EstimatorCatalogue.makeLayered(name, categories: 3)
      let estimator = try #require(made as? any BackwardLayeredEstimator)
      for trial in 0..<40 {
        let logits = numbers(6, from: trial).map { 3 * $0 }
        let signal = numbers(6, from: 50 + trial)
        let reach = signal.map(\.magnitude).max() ?? 0
        let (gradient, lower) = run(estimator, logits, signal, weights.flatMap { $0 }, shape)
        for (coordinate, value) in gradient.enumerated() {
          let bound = estimator.gradientBounds(
            objective: 0...1, signal: reach, logits: logits, coordinate: coordinate)
          #expect(bound.contains(value))
        }
        let bounds = estimator.descentBound(
          signal: signal.map(\.magnitude), weights: weights, stateStep: 2)
        for (value, bound) in zip(lower, bounds) { #expect(value.magnitude <= bound) }
      }
    }
  }

  /// The gradient of the second layer, and the signal of the first.
  private func run(
    _ estimator: some BackwardLayeredEstimator, _ logits: [Double], _ signal: [Double], _ weights: [Double],
    _ shape: LayeredShape
  ) -> (gradient: [Double], lower: [Double]) {
    let noise = (0..<estimator.noise(layer: 1, widths: shape.widths).perRow).map {
      0.1 + 0.13 * Double($0)
    }
    var (samples, gradient, lower) = (logits, logits, logits)
    var points = samples.mutableSpan
    estimator.draw(layer: 1, logits: logits.span, noise: noise.span, shape: shape, samples: &points)
    var target = gradient.mutableSpan
    estimator.combine(
      layer: 1, logits: logits.span, noise: noise.span, samples: samples.span, values: Span(),
      signal: signal.span, shape: shape, gradient: &target)
    var descended = lower.mutableSpan
    estimator.descend(
      layer: 1, weights: weights.span, stateStep: 2, logits: logits.span, samples: samples.span,
      below: samples.span, signal: signal.span, gradient: gradient.span, shape: shape, into: &descended)
    return (gradient, lower)
  }
}
