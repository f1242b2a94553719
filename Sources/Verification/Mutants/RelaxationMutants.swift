internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  static let relaxations = [
    Mutant(
      "gumbel-sign", base: "gumbel:0.5", fault: "descent in place of ascent",
      Scaled(GumbelSoftmax(temperature: 0.5)) { _ in -1 }),
    Mutant(
      "gumbel-without-temperature", base: "gumbel:0.5", fault: "y (1 - y) without 1/t",
      Scaled(GumbelSoftmax(temperature: 0.5)) { _ in 0.5 }),
    Mutant(
      "gumbel-inverse-temperature", base: "gumbel:0.5", fault: "multiplied by t in place of divided",
      GumbelSoftmax(temperature: 2)),
    Mutant(
      "gumbel-at-hard-sample", base: "gumbel:0.5", fault: "the derivative at the hard sample: st-gumbel",
      StraightThroughGumbel(temperature: 0.5)),
    Mutant(
      "gumbel-noise-after-temperature", base: "gumbel:0.5",
      fault: "logit / t + noise in place of (logit + noise) / t",
      FaultyRelaxation(fault: .noiseAfterTemperature)),
    Mutant(
      "gumbel-one-gumbel", base: "gumbel:0.5", fault: "a Gumbel variable in place of the difference of two",
      FaultyRelaxation(fault: .oneGumbel)),
    Mutant(
      "gumbel-noiseless-slope", base: "gumbel:0.5", fault: "p (1 - p) / t in place of y (1 - y) / t",
      FaultyRelaxation(fault: .noiselessSlope)),
    Mutant(
      "gumbel-equal-clocks", base: "gumbel:0.5", fault: "the later categories ring at rate 1 in place of p_k",
      FaultyRace(base: GumbelSoftmax(temperature: 0.5), fault: .equalClocks)),
    Mutant(
      "gumbel-diagonal-jacobian", base: "gumbel:0.5",
      fault: "y_c (1 - y_c) f'_c / t: the other categories are forgotten",
      FaultyRace(base: GumbelSoftmax(temperature: 0.5), fault: .diagonalJacobian)),
    Mutant(
      "st-gumbel-sign", base: "st-gumbel:0.5", fault: "descent in place of ascent",
      Scaled(StraightThroughGumbel(temperature: 0.5)) { _ in -1 }),
    Mutant(
      "st-gumbel-without-temperature", base: "st-gumbel:0.5", fault: "y (1 - y) without 1/t",
      Scaled(StraightThroughGumbel(temperature: 0.5)) { _ in 0.5 }),
    Mutant(
      "st-gumbel-inverse-temperature", base: "st-gumbel:0.5", fault: "multiplied by t in place of divided",
      StraightThroughGumbel(temperature: 2)),
    Mutant(
      "st-gumbel-at-relaxed-sample", base: "st-gumbel:0.5",
      fault: "the derivative at the relaxed sample: gumbel",
      Posing(base: GumbelSoftmax(temperature: 0.5))),
    Mutant(
      "st-gumbel-noiseless-slope", base: "st-gumbel:0.5", fault: "the relaxed derivative without noise",
      ScaledBits(StraightThrough(.identity)) { .sigmoid(2 * $0) * .sigmoid(-2 * $0) * 2 }),
  ]
}

/// Gumbel-softmax that passes its relaxed samples off as states.
private struct Posing: FaultyDifferentiableEstimator {
  let base: GumbelSoftmax

  func representativeEvaluations(variables: LatentVariables) -> Int { 1 }
}

/// Gumbel-sigmoid at temperature 1/2 with another relaxed sample or another derivative of it.
private struct FaultyRelaxation: FaultyDifferentiableEstimator {
  enum Fault { case noiseAfterTemperature, oneGumbel, noiselessSlope }

  let fault: Fault
  var base: GumbelSoftmax { GumbelSoftmax(temperature: 0.5) }

  func supports(_ variables: LatentVariables) -> Bool { variables.isBinary }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
    for i in 0..<logits.count {
      let u = noise[i]
      switch fault {
      case .noiseAfterTemperature: samples[i] = .sigmoid(2 * logits[i] - .log(u / (1 - u)))
      case .oneGumbel: samples[i] = .sigmoid(2 * (logits[i] - .log(-.log(u))))
      case .noiselessSlope: break
      }
    }
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    for i in 0..<gradient.count {
      let y = fault == .noiselessSlope ? .sigmoid(logits[i]) : samples[i]
      gradient[i] = 2 * derivatives[i] * y * (1 - y)
    }
  }
}

/// Gumbel-softmax of three categories with another relaxed sample or another Jacobian.
private struct FaultyRace: FaultyDifferentiableEstimator {
  enum Fault { case equalClocks, diagonalJacobian }

  let base: GumbelSoftmax
  let fault: Fault

  func supports(_ variables: LatentVariables) -> Bool { variables.logitsPerVariable == 3 }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
    guard fault == .equalClocks else { return }
    var law = CategoricalLaw()
    for start in stride(from: 0, to: logits.count, by: 3) {
      law.load(logits.extracting(start..<start + 3))
      let largest = max(samples[start], samples[start + 1], samples[start + 2])
      var total: Scalar = 0
      for category in 0..<3 {
        // y_k / y_w = (1 + x / p_k)^(-1/t): without the p_k, x itself stands there.
        let ratio = Double.pow(Double(samples[start + category] / largest), -base.temperature) - 1
        let weight = Double.pow(1 + law.probability(of: category) * ratio, -1 / base.temperature)
        samples[start + category] = Scalar(weight)
        total += samples[start + category]
      }
      for category in 0..<3 { samples[start + category] /= total }
    }
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    guard fault == .diagonalJacobian else {
      return base.combine(
        logits: logits, noise: noise, samples: samples, values: values, derivatives: derivatives,
        shape: shape,
        gradient: &gradient)
    }
    for i in 0..<gradient.count {
      gradient[i] = derivatives[i] * samples[i] * (1 - samples[i]) / Scalar(base.temperature)
    }
  }
}
