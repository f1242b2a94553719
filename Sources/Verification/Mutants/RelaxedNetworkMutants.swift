internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let relaxedNetworks = [
    Mutant(
      "gumbel-network-sign", base: "gumbel:0.5", fault: "descent in place of ascent",
      layered: FaultyConcrete(fault: .sign)),
    Mutant(
      "gumbel-network-without-temperature", base: "gumbel:0.5", fault: "y (1 - y) without 1/t",
      layered: FaultyConcrete(fault: .withoutTemperature)),
    Mutant(
      "gumbel-network-inverse-temperature", base: "gumbel:0.5", fault: "multiplied by t in place of divided",
      layered: DeepConcrete(temperature: 2)),
    Mutant(
      "gumbel-network-noiseless-slope", base: "gumbel:0.5", fault: "p (1 - p) / t in place of y (1 - y) / t",
      layered: FaultyConcrete(fault: .noiselessSlope)),
    Mutant(
      "gumbel-network-hard-samples", base: "gumbel:0.5", fault: "the layers above are fed with 0 and 1",
      layered: FaultyConcrete(fault: .hardSamples)),
    Mutant(
      "gumbel-network-unit-step", base: "gumbel:0.5",
      fault: "the factor 2 of states -1 and +1 is missing between layers",
      layered: FaultyConcrete(fault: .unitStep)),
    Mutant(
      "tanh-identity", base: "tanh", fault: "p (1 - p) is dropped", layered: FaultyMeanField(fault: .identity)
    ),
    Mutant(
      "tanh-unit-step", base: "tanh", fault: "the factor 2 of states -1 and +1 is missing between layers",
      layered: FaultyMeanField(fault: .unitStep)),
    Mutant(
      "tanh-half-slope", base: "tanh", fault: "the slope by the state in place of that by the bit",
      layered: FaultyMeanField(fault: .halfSlope)),
    Mutant(
      "tanh-sampled", base: "tanh", fault: "samples in place of their means: deep-st",
      layered: DeepStraightThrough()),
  ]
}

private struct FaultyConcrete: FaultyLayeredEstimator, BackwardLayeredEstimator {
  enum Fault { case sign, withoutTemperature, noiselessSlope, hardSamples, unitStep }

  let fault: Fault
  var base: DeepConcrete { DeepConcrete(temperature: 0.5) }

  func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    base.draw(layer: layer, logits: logits, noise: noise, shape: shape, samples: &samples)
    guard fault == .hardSamples else { return }
    for i in 0..<samples.count { samples[i] = samples[i] > 0.5 ? 1 : 0 }
  }

  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: values, signal: signal,
      shape: shape, gradient: &gradient)
    for i in 0..<gradient.count {
      switch fault {
      case .sign: gradient[i] = -gradient[i]
      case .withoutTemperature: gradient[i] /= 2
      case .noiselessSlope: gradient[i] = 2 * signal[i] * .sigmoid(logits[i]) * .sigmoid(-logits[i])
      case .hardSamples, .unitStep: break
      }
    }
  }

  func start<Scalar: KernelScalar>(
    values: Span<Scalar>, slopes: Span<Scalar>, shape: LayeredShape, signal: inout MutableSpan<Scalar>
  ) {
    base.start(values: values, slopes: slopes, shape: shape, signal: &signal)
  }

  func descend<Scalar: KernelScalar>(
    layer: Int, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    below: Span<Scalar>, signal: Span<Scalar>, gradient: Span<Scalar>, shape: LayeredShape,
    into lower: inout MutableSpan<Scalar>
  ) {
    base.descend(
      layer: layer, weights: weights, stateStep: fault == .unitStep ? 1 : stateStep, logits: logits,
      samples: samples, below: below, signal: signal, gradient: gradient, shape: shape, into: &lower)
  }
}

private struct FaultyMeanField: FaultyLayeredEstimator, BackwardLayeredEstimator {
  enum Fault { case identity, unitStep, halfSlope }

  let fault: Fault
  var base: MeanField { MeanField() }

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
    base.descend(
      layer: layer, weights: weights, stateStep: fault == .unitStep ? 1 : stateStep, logits: logits,
      samples: samples, below: below, signal: signal, gradient: gradient, shape: shape, into: &lower)
  }
}
