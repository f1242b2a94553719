internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let branching = [
    Mutant(
      "arm-network-sign", base: "arm", fault: "the two values are swapped",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .sign)),
    Mutant(
      "arm-network-uncentred", base: "arm", fault: "(f(path 1) - f(path 2)) u",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .uncentred)),
    Mutant(
      "arm-network-other-layer", base: "arm", fault: "each layer gets the values of another layer's paths",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .otherValues)),
    Mutant(
      "arm-network-copied-continuation", base: "arm",
      fault: "the second branch goes on with the first one's samples: no continuation of its own",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .copiedContinuation)),
    Mutant(
      "arm-network-wrong-logits", base: "arm", fault: "the second branch goes on from the first one's logits",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .wrongLogits)),
    Mutant(
      "arm-network-wrong-trunk", base: "arm",
      fault: "the next layer starts from z1, its parameters' gradient takes z2 for input",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .wrongTrunk)),
    Mutant(
      "arm-network-shared-noise", base: "arm",
      fault: "both branches take the same noise above: unbiased, but not Algorithm 2's variance",
      layered: LayeredBranching(ARM(), sharesNoise: true)),
    Mutant(
      "arm-network-skips-first-equal", base: "arm+skip-equal",
      fault: "a layer is skipped where the pair is equal in its first variable",
      layered: FaultyBranching(base: LayeredBranching(ARM(), skipsEqual: true), fault: .skipsFirstEqual)),
    Mutant(
      "disarm-network-without-half", base: "disarm", fault: "the factor 1/2 is missing",
      layered: FaultyBranching(base: LayeredBranching(DisARM()), fault: .double)),
    Mutant(
      "disarm-network-not-integrated", base: "disarm",
      fault: "ARM's weight u - 1/2: unbiased, but more variance",
      layered: LayeredBranching(ARM())),
    Mutant(
      "disarm-network-shared-noise-copied", base: "disarm+shared-noise",
      fault: "shared noise taken for shared samples",
      layered: FaultyBranching(
        base: LayeredBranching(DisARM(), sharesNoise: true), fault: .copiedContinuation)),
    Mutant(
      "reinforce-network-uncentred", base: "reinforce", fault: "f z in place of f (z - p)",
      layered: FaultyBranching(base: LayeredBranching(REINFORCE()), fault: .uncentredScore)),
    Mutant(
      "reinforce-network-sign", base: "reinforce", fault: "f (p - z)",
      layered: FaultyBranching(base: LayeredBranching(REINFORCE()), fault: .sign)),
    Mutant(
      "leg-network-wrong-logits", base: "leg", fault: "the flips go on from the logits of the sample itself",
      layered: FaultyBranching(base: LayeredBranching(LocalExpectationGradients()), fault: .wrongLogits)),
    Mutant(
      "loorf-network-copied-continuation", base: "loorf:2",
      fault: "the second sample goes on with the first one's samples",
      layered: FaultyBranching(base: LayeredBranching(LOORF(samples: 2)), fault: .copiedContinuation)),
  ]

  static let sampleAnalytic = [
    Mutant(
      "psa-flip-sign", base: "psa", fault: "the differences that go down have the wrong sign",
      layered: FaultyPSA(fault: .descentSign)),
    Mutant(
      "psa-start-sign", base: "psa", fault: "f of the flip minus f", layered: FaultyPSA(fault: .startSign)),
    Mutant(
      "psa-unit-step", base: "psa", fault: "a flip changes the state by 1, not by 2, for states -1 and +1",
      layered: FaultyPSA(fault: .unitStep)),
    Mutant(
      "psa-wrong-direction", base: "psa", fault: "sigmoid(a + c W s) in place of sigmoid(a - c W s)",
      layered: FaultyPSA(fault: .wrongDirection)),
    Mutant(
      "psa-without-upper-state", base: "psa", fault: "s_j is missing in D_ij",
      layered: FaultyPSA(fault: .withoutUpperState)),
    Mutant(
      "psa-derivative", base: "psa", fault: "the derivative p (1 - p) c W in place of the difference",
      layered: FaultyPSA(fault: .derivative)),
    Mutant(
      "psa-probability", base: "psa", fault: "p in place of p (1 - p)",
      layered: FaultyPSA(fault: .probability)),
    Mutant(
      "psa-without-state", base: "psa", fault: "s_i is missing in the gradient",
      layered: FaultyPSA(fault: .withoutState)),
    Mutant(
      "psa-transposed", base: "psa", fault: "the weights are read by columns",
      layered: FaultyPSA(fault: .transposed)),
    Mutant(
      "psa-average-by-own-probability", base: "psa",
      fault: "the flips' average weighs each flip by P(z_i), not 1 - P(z_i)",
      layered: FaultyPSA(fault: .ownProbability)),
  ]

  static let deepStraightThrough = [
    Mutant(
      "deep-st-unit-step", base: "deep-st",
      fault: "the factor 2 of states -1 and +1 is missing between layers",
      layered: FaultyDeepStraightThrough(fault: .unitStep)),
    Mutant(
      "deep-st-identity", base: "deep-st", fault: "p (1 - p) is dropped",
      layered: FaultyDeepStraightThrough(fault: .identity)),
    Mutant(
      "deep-st-transposed", base: "deep-st", fault: "the weights are read by columns",
      layered: FaultyDeepStraightThrough(fault: .transposed)),
    Mutant(
      "deep-st-half-slope", base: "deep-st", fault: "the slope by the state in place of that by the bit",
      layered: FaultyDeepStraightThrough(fault: .halfSlope)),
  ]
}

/// An estimator of networks that differs from a sound one in what it overrides; all else is forwarded.
protocol FaultyLayeredEstimator: LayeredGradientEstimator {
  associatedtype Base: LayeredGradientEstimator
  var base: Base { get }
}

extension FaultyLayeredEstimator {
  var name: String { base.name }
  var bias: String? { base.bias }

  func tree(widths: [Int]) -> PathTree { base.tree(widths: widths) }

  func noise(layer: Int, widths: [Int]) -> LayerNoise { base.noise(layer: layer, widths: widths) }

  func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] {
    base.noiseLaw(layer: layer, logits: logits, widths: widths)
  }

  /// Wide enough for every fault, so that a fault is caught by its bias and not by leaving the bounds.
  func gradientBounds(
    objective: ClosedRange<Double>, signal: Double, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double> {
    let bounds = base.gradientBounds(
      objective: objective, signal: signal, logits: logits, coordinate: coordinate)
    let size = max(objective.lowerBound.magnitude, objective.upperBound.magnitude)
    let largest = 4 * max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude) + 16 * signal + size
    return -largest...largest
  }

  func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    base.draw(layer: layer, logits: logits, noise: noise, shape: shape, samples: &samples)
  }

  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: values, signal: signal,
      shape: shape, gradient: &gradient)
  }

  func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>
  ) {
    base.evaluationWeights(logits: logits, samples: samples, shape: shape, into: &weights)
  }
}

/// Faults of the forms for several layers; those of paths are for one-layer estimators with at least two evaluations.
private struct FaultyBranching<Base: LayeredGradientEstimator>: FaultyLayeredEstimator {
  enum Fault {
    case sign, double, uncentred, uncentredScore, otherValues
    case copiedContinuation, wrongLogits, wrongTrunk, skipsFirstEqual
  }

  let base: Base
  let fault: Fault

  func tree(widths: [Int]) -> PathTree {
    let tree = base.tree(widths: widths)
    guard fault == .wrongTrunk else { return tree }
    return PathTree(parents: tree.parents, trunk: tree.trunk.map { $0 + 1 })
  }

  func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    let tree = base.tree(widths: shape.widths)
    let count = shape.rows * shape.widths[layer]
    var changed = (0..<logits.count).map { logits[$0] }
    if fault == .wrongLogits && layer > 0 {
      // Trunks are the first paths of the samples that each layer draws for itself.
      for path in 0..<tree.paths(ofLayer: layer - 1) {
        let first = tree.trunk[..<layer].last { $0 <= path } ?? 0
        for i in 0..<count { changed[path * count + i] = logits[first * count + i] }
      }
    }
    base.draw(layer: layer, logits: changed.span, noise: noise, shape: shape, samples: &samples)
    if fault == .copiedContinuation && layer > 0 {
      for path in stride(from: 1, to: tree.trunk[layer], by: 2) {
        for i in 0..<count { samples[path * count + i] = samples[(path - 1) * count + i] }
      }
    }
  }

  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    let (rows, width) = (shape.rows, shape.widths[layer])
    let trunk = base.tree(widths: shape.widths).trunk[layer]
    let shift = fault == .otherValues ? 2 * rows : 0
    let shifted = (0..<values.count).map { values[($0 + shift) % values.count] }
    base.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: shifted.span, signal: signal,
      shape: shape, gradient: &gradient)
    for row in 0..<rows {
      let first = trunk * rows * width + row * width
      let isFirstEqual = fault == .skipsFirstEqual && samples[first] == samples[first + rows * width]
      for unit in 0..<width {
        let i = row * width + unit
        switch fault {
        case .sign: gradient[i] = -gradient[i]
        case .double: gradient[i] *= 2
        case .uncentred: gradient[i] += (values[trunk * rows + row] - values[(trunk + 1) * rows + row]) / 2
        case .uncentredScore: gradient[i] = values[row] * samples[i]
        case .skipsFirstEqual: gradient[i] = isFirstEqual ? 0 : gradient[i]
        case .otherValues, .copiedContinuation, .wrongLogits, .wrongTrunk: break
        }
      }
    }
  }
}

extension BackwardLayeredEstimator where Self: FaultyLayeredEstimator, Base: BackwardLayeredEstimator {
  var readsSlopes: Bool { base.readsSlopes }

  func startBound(objective: ClosedRange<Double>, slopes: [Double]) -> [Double] {
    base.startBound(objective: objective, slopes: slopes)
  }

  /// Wide enough for a proxy that is dropped.
  func descentBound(signal: [Double], weights: [[Double]], stateStep: Double) -> [Double] {
    base.descentBound(signal: signal, weights: weights, stateStep: stateStep).map { 4 * $0 }
  }
}

private struct FaultyPSA: FaultyLayeredEstimator, BackwardLayeredEstimator {
  enum Fault {
    case descentSign, startSign, unitStep, wrongDirection, withoutUpperState, derivative
    case probability, withoutState, transposed, ownProbability
  }

  let fault: Fault
  var base: PSA { PSA() }

  func start<Scalar: KernelScalar>(
    values: Span<Scalar>, slopes: Span<Scalar>, shape: LayeredShape, signal: inout MutableSpan<Scalar>
  ) {
    base.start(values: values, slopes: slopes, shape: shape, signal: &signal)
    guard fault == .startSign else { return }
    for i in 0..<signal.count { signal[i] = -signal[i] }
  }

  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: values, signal: signal,
      shape: shape, gradient: &gradient)
    for i in 0..<gradient.count {
      if fault == .probability { gradient[i] /= Scalar.sigmoid(-logits[i]) }
      if fault == .withoutState { gradient[i] *= 2 * samples[i] - 1 }
    }
  }

  func descend<Scalar: KernelScalar>(
    layer: Int, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    below: Span<Scalar>, signal: Span<Scalar>, gradient: Span<Scalar>, shape: LayeredShape,
    into lower: inout MutableSpan<Scalar>
  ) {
    let states = (0..<below.count).map { fault == .wrongDirection ? 1 - below[$0] : below[$0] }
    let signals = (0..<signal.count).map {
      fault == .withoutUpperState ? (2 * samples[$0] - 1) * signal[$0] : signal[$0]
    }
    let matrix =
      fault == .transposed
      ? transposedIfSquare(weights, width: shape.widths[layer], below: shape.widths[layer - 1])
      : (0..<weights.count).map { weights[$0] }
    base.descend(
      layer: layer, weights: matrix.span, stateStep: fault == .unitStep ? 1 : stateStep, logits: logits,
      samples: samples, below: states.span, signal: signals.span, gradient: gradient, shape: shape,
      into: &lower)
    if fault == .descentSign { for i in 0..<lower.count { lower[i] = -lower[i] } }
    guard fault == .derivative else { return }
    let (width, widthBelow) = (shape.widths[layer], shape.widths[layer - 1])
    for i in 0..<lower.count {
      let (row, unitBelow) = (i / widthBelow, i % widthBelow)
      lower[i] = (0..<width).reduce(0) { sum, unit in
        let place = row * width + unit
        let p = Scalar.sigmoid(logits[place])
        let change = stateStep * weights[unit * widthBelow + unitBelow] * (2 * below[i] - 1)
        return sum + (2 * samples[place] - 1) * p * (1 - p) * change * signal[place]
      }
    }
  }

  func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>
  ) {
    base.evaluationWeights(logits: logits, samples: samples, shape: shape, into: &weights)
    guard fault == .ownProbability else { return }
    let (rows, width) = (shape.rows, shape.widths[shape.layers - 1])
    for row in 0..<rows {
      weights[row] = 1
      for unit in 1...width {
        weights[unit * rows + row] = 1 / Scalar(width) - weights[unit * rows + row]
        weights[row] -= weights[unit * rows + row]
      }
    }
  }
}

private struct FaultyDeepStraightThrough: FaultyLayeredEstimator, BackwardLayeredEstimator {
  enum Fault { case unitStep, identity, transposed, halfSlope }

  let fault: Fault
  var base: DeepStraightThrough { DeepStraightThrough() }

  func start<Scalar: KernelScalar>(
    values: Span<Scalar>, slopes: Span<Scalar>, shape: LayeredShape, signal: inout MutableSpan<Scalar>
  ) {
    base.start(values: values, slopes: slopes, shape: shape, signal: &signal)
    guard fault == .halfSlope else { return }
    for i in 0..<signal.count { signal[i] /= 2 }
  }

  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: values, signal: signal,
      shape: shape, gradient: &gradient)
    if fault == .identity { for i in 0..<gradient.count { gradient[i] = signal[i] } }
  }

  func descend<Scalar: KernelScalar>(
    layer: Int, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    below: Span<Scalar>, signal: Span<Scalar>, gradient: Span<Scalar>, shape: LayeredShape,
    into lower: inout MutableSpan<Scalar>
  ) {
    let matrix =
      fault == .transposed
      ? transposedIfSquare(weights, width: shape.widths[layer], below: shape.widths[layer - 1])
      : (0..<weights.count).map { weights[$0] }
    base.descend(
      layer: layer, weights: matrix.span, stateStep: fault == .unitStep ? 1 : stateStep, logits: logits,
      samples: samples, below: below, signal: signal, gradient: gradient, shape: shape, into: &lower)
  }
}

private func transposedIfSquare<Scalar: KernelScalar>(
  _ weights: Span<Scalar>, width: Int, below: Int
) -> [Scalar] {
  (0..<weights.count).map { weights[width == below ? $0 % width * width + $0 / width : $0] }
}
