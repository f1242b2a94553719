internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let deepStraightThrough = [
    Mutant(
      "deep-st-unit-step", base: "deep-st",
      fault: "the factor 2 of states -1 and +1 is missing between layers",
      layered: FaultyBackpropagation(base: DeepStraightThrough(), fault: .unitStep)),
    Mutant(
      "deep-st-identity", base: "deep-st", fault: "p (1 - p) is dropped",
      layered: FaultyBackpropagation(base: DeepStraightThrough(), fault: .identity)),
    Mutant(
      "deep-st-transposed", base: "deep-st", fault: "the weights are read by columns",
      layered: FaultyBackpropagation(base: DeepStraightThrough(), fault: .transposed)),
    Mutant(
      "deep-st-half-slope", base: "deep-st", fault: "the slope by the state in place of that by the bit",
      layered: FaultyBackpropagation(base: DeepStraightThrough(), fault: .halfSlope)),
  ]

  private static let concrete = DeepConcrete(temperature: 0.5)

  private static let straightThroughGumbel = DeepStraightThroughGumbel(temperature: 0.5)

  static let straightThroughNetworks = [
    Mutant(
      "st-gumbel-network-sign", base: "st-gumbel:0.5", fault: "descent in place of ascent",
      layered: FaultyBackpropagation(base: straightThroughGumbel, fault: .factor(-1))),
    Mutant(
      "st-gumbel-network-without-temperature", base: "st-gumbel:0.5", fault: "y (1 - y) without 1/t",
      layered: FaultyBackpropagation(
        base: straightThroughGumbel, fault: .factor(straightThroughGumbel.temperature))),
    Mutant(
      "st-gumbel-network-noiseless-slope", base: "st-gumbel:0.5",
      fault: "p (1 - p) / t in place of y (1 - y) / t",
      layered: FaultyBackpropagation(base: straightThroughGumbel, fault: .noiselessSlope)),
    Mutant(
      "st-gumbel-network-identity", base: "st-gumbel:0.5", fault: "y (1 - y) / t is dropped",
      layered: FaultyBackpropagation(base: straightThroughGumbel, fault: .identity)),
    Mutant(
      "st-gumbel-network-half-slope", base: "st-gumbel:0.5",
      fault: "the slope by the state in place of that by the bit",
      layered: FaultyBackpropagation(base: straightThroughGumbel, fault: .halfSlope)),
    Mutant(
      "st-gumbel-network-unit-step", base: "st-gumbel:0.5",
      fault: "the factor 2 of states -1 and +1 is missing between layers",
      layered: FaultyBackpropagation(base: straightThroughGumbel, fault: .unitStep)),
    Mutant(
      "st-gumbel-network-relaxed-samples", base: "st-gumbel:0.5",
      fault: "the layers above are fed with relaxed samples: gumbel:0.5", layered: concrete),
  ]

  static let relaxedNetworks = [
    Mutant(
      "gumbel-network-sign", base: "gumbel:0.5", fault: "descent in place of ascent",
      layered: FaultyBackpropagation(base: concrete, fault: .factor(-1))),
    Mutant(
      "gumbel-network-without-temperature", base: "gumbel:0.5", fault: "y (1 - y) without 1/t",
      layered: FaultyBackpropagation(base: concrete, fault: .factor(concrete.temperature))),
    Mutant(
      "gumbel-network-inverse-temperature", base: "gumbel:0.5", fault: "multiplied by t in place of divided",
      layered: DeepConcrete(temperature: 2)),
    Mutant(
      "gumbel-network-noiseless-slope", base: "gumbel:0.5", fault: "p (1 - p) / t in place of y (1 - y) / t",
      layered: FaultyBackpropagation(base: concrete, fault: .noiselessSlope)),
    Mutant(
      "gumbel-network-hard-samples", base: "gumbel:0.5", fault: "the layers above are fed with 0 and 1",
      layered: FaultyBackpropagation(base: concrete, fault: .hardSamples)),
    Mutant(
      "gumbel-network-unit-step", base: "gumbel:0.5",
      fault: "the factor 2 of states -1 and +1 is missing between layers",
      layered: FaultyBackpropagation(base: concrete, fault: .unitStep)),
    Mutant(
      "tanh-identity", base: "tanh", fault: "p (1 - p) is dropped",
      layered: FaultyBackpropagation(base: MeanField(), fault: .identity)
    ),
    Mutant(
      "tanh-unit-step", base: "tanh", fault: "the factor 2 of states -1 and +1 is missing between layers",
      layered: FaultyBackpropagation(base: MeanField(), fault: .unitStep)),
    Mutant(
      "tanh-half-slope", base: "tanh", fault: "the slope by the state in place of that by the bit",
      layered: FaultyBackpropagation(base: MeanField(), fault: .halfSlope)),
    Mutant(
      "tanh-sampled", base: "tanh", fault: "samples in place of their means: deep-st",
      layered: DeepStraightThrough()),
  ]
}

/// Faults of estimators that carry derivatives back along one path.
struct FaultyBackpropagation<Base: BackpropagatingEstimator>: FaultyLayeredEstimator,
  BackwardLayeredEstimator
{
  enum Fault {
    case factor(Double)
    case hardSamples, halfSlope, identity, noiselessSlope, unitStep, transposed
  }

  let base: Base
  let fault: Fault

  func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    base.draw(layer: layer, logits: logits, noise: noise, shape: shape, samples: &samples)
    guard case .hardSamples = fault else { return }
    for i in 0..<samples.count { samples[i] = samples[i] > 0.5 ? 1 : 0 }
  }

  func start<Scalar: KernelScalar>(
    values: Span<Scalar>, slopes: Span<Scalar>, shape: LayeredShape, signal: inout MutableSpan<Scalar>
  ) {
    base.start(values: values, slopes: slopes, shape: shape, signal: &signal)
    guard case .halfSlope = fault else { return }
    for i in 0..<signal.count { signal[i] /= 2 }
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
      case .factor(let factor): gradient[i] *= Scalar(factor)
      case .identity: gradient[i] = signal[i]
      case .noiselessSlope:
        gradient[i] =
          4 * Scalar(base.largestSlope) * signal[i] * .sigmoid(logits[i]) * .sigmoid(-logits[i])
      case .hardSamples, .halfSlope, .unitStep, .transposed: break
      }
    }
  }

  func descend<Scalar: KernelScalar>(
    layer: Int, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    below: Span<Scalar>, signal: Span<Scalar>, gradient: Span<Scalar>, shape: LayeredShape,
    into lower: inout MutableSpan<Scalar>
  ) {
    var matrix = (0..<weights.count).map { weights[$0] }
    var step = stateStep
    switch fault {
    case .transposed:
      matrix = transposedIfSquare(weights, width: shape.widths[layer], below: shape.widths[layer - 1])
    case .unitStep: step = 1
    case .factor, .hardSamples, .halfSlope, .identity, .noiselessSlope: break
    }
    base.descend(
      layer: layer, weights: matrix.span, stateStep: step, logits: logits, samples: samples, below: below,
      signal: signal, gradient: gradient, shape: shape, into: &lower)
  }
}
