internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let straightThrough = [
    Mutant("st-sign", base: "st", fault: "descent in place of ascent", Scaled(StraightThrough()) { _ in -1 }),
    Mutant(
      "st-probability", base: "st", fault: "p in place of p (1 - p)",
      ScaledBits(StraightThrough()) { 1 / .sigmoid(-$0) }),
    Mutant(
      "st-other-states", base: "st", fault: "2 p (1 - p), the proxy of states -1 and 1",
      Scaled(StraightThrough()) { _ in 2 }),
    Mutant(
      "st-at-mean", base: "st", fault: "the derivative at p in place of the sample",
      AtMean(base: StraightThrough())),
    Mutant(
      "st-identity-sign", base: "st-identity", fault: "descent in place of ascent",
      Scaled(StraightThrough(.identity)) { _ in -1 }),
    Mutant(
      "st-identity-mean-proxy", base: "st-identity", fault: "the proxy p (1 - p)", StraightThrough(.mean)),
    Mutant(
      "st-identity-at-mean", base: "st-identity", fault: "the derivative at p in place of the sample",
      AtMean(base: StraightThrough(.identity))),
    Mutant(
      "st-hard-sign", base: "st-hard", fault: "descent in place of ascent",
      Scaled(StraightThrough(.hardTanh)) { _ in -1 }),
    Mutant(
      "st-hard-half", base: "st-hard", fault: "the hard sigmoid's slope 1/2",
      Scaled(StraightThrough(.hardTanh)) { _ in 0.5 }),
    Mutant(
      "st-hard-one-sided", base: "st-hard", fault: "1[logit >= -1]: nothing stops above 1",
      ScaledBits(StraightThrough(.identity)) { $0 >= -1 ? 1 : 0 }),
    Mutant(
      "st-hard-never", base: "st-hard", fault: "the identity everywhere", StraightThrough(.identity)),
    Mutant(
      "st-hard-at-mean", base: "st-hard", fault: "the derivative at p in place of the sample",
      AtMean(base: StraightThrough(.hardTanh))),
  ]

  static let muProp = [
    Mutant("muprop-sign", base: "muprop", fault: "descent in place of ascent", Scaled(MuProp()) { _ in -1 }),
    Mutant(
      "muprop-without-mean", base: "muprop",
      fault: "the expansion's own gradient f'(p) p (1 - p) is not added back",
      FaultyMuProp(fault: .missingMean)),
    Mutant(
      "muprop-without-slope", base: "muprop", fault: "f'(p) (z - p) is added back but not subtracted",
      FaultyMuProp(fault: .missingSlope)),
    Mutant(
      "muprop-derivative-at-sample", base: "muprop", fault: "the expansion has the derivative at z",
      FaultyMuProp(fault: .derivativeAtSample)),
    Mutant(
      "muprop-probability", base: "muprop", fault: "f'(p) p in place of f'(p) p (1 - p)",
      FaultyMuProp(fault: .probability)),
    Mutant(
      "muprop-own-slope-only", base: "muprop",
      fault: "each coordinate subtracts its own part of the expansion: unbiased, but not MuProp's variance",
      FaultyMuProp(fault: .ownSlope)),
    Mutant(
      "muprop-without-value", base: "muprop",
      fault: "f(p) is not subtracted: unbiased, but not MuProp's variance",
      FaultyMuProp(fault: .missingValue)),
  ]
}

/// A sound estimator whose gradient is multiplied by a function of its logit.
struct Scaled<Base: DifferentiableGradientEstimator>: FaultyDifferentiableEstimator {
  let base: Base
  let factor: @Sendable (Double) -> Double

  init(_ base: Base, factor: @escaping @Sendable (Double) -> Double) {
    self.base = base
    self.factor = factor
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, derivatives: derivatives, shape: shape,
      gradient: &gradient)
    for i in 0..<gradient.count { gradient[i] *= Scalar(factor(Double(logits[i]))) }
  }
}

/// `Scaled` where the factor makes sense for bits only.
struct ScaledBits<Base: DifferentiableGradientEstimator>: FaultyDifferentiableEstimator {
  private let scaled: Scaled<Base>
  var base: Base { scaled.base }

  init(_ base: Base, factor: @escaping @Sendable (Double) -> Double) {
    scaled = Scaled(base, factor: factor)
  }

  func supports(_ variables: LatentVariables) -> Bool { variables.isBinary }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    scaled.combine(
      logits: logits, noise: noise, samples: samples, values: values, derivatives: derivatives, shape: shape,
      gradient: &gradient)
  }
}

/// Straight-through whose only evaluation is at the mean p.
private struct AtMean: FaultyDifferentiableEstimator {
  let base: StraightThrough

  func supports(_ variables: LatentVariables) -> Bool { variables.isBinary }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    Scalar.sigmoid(logits, into: &samples)
  }
}

private struct FaultyMuProp: FaultyDifferentiableEstimator {
  enum Fault { case missingMean, missingSlope, derivativeAtSample, probability, ownSlope, missingValue }

  let fault: Fault
  var base: MuProp { MuProp() }

  func usesDerivative(ofEvaluation evaluation: Int, variables: LatentVariables) -> Bool {
    fault == .derivativeAtSample
      ? evaluation == 0 : base.usesDerivative(ofEvaluation: evaluation, variables: variables)
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let point = fault == .derivativeAtSample ? 0 : shape.sampleCount
    for row in 0..<shape.rows {
      let places = row * shape.variables..<(row + 1) * shape.variables
      let value = values[row] - (fault == .missingValue ? 0 : values[shape.rows + row])
      var linear: Scalar = 0
      for i in places { linear += derivatives[point + i] * (samples[i] - .sigmoid(logits[i])) }
      for i in places {
        let p = Scalar.sigmoid(logits[i])
        let slope = derivatives[point + i]
        let subtracted = fault == .ownSlope ? slope * (samples[i] - p) : fault == .missingSlope ? 0 : linear
        let added = fault == .missingMean ? 0 : slope * p * (fault == .probability ? 1 : 1 - p)
        gradient[i] = (value - subtracted) * (samples[i] - p) + added
      }
    }
  }
}
