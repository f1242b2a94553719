internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
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
