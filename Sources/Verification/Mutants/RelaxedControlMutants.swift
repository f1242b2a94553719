internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  /// Mutants of REBAR and RELAX, whose exact moments are within reach for one variable only.
  static let relaxedControls = [
    Mutant(
      "rebar-sign", base: "rebar", fault: "the control variate's derivatives are subtracted",
      FaultyRelaxedControl(fault: .sign)),
    Mutant(
      "rebar-without-correction", base: "rebar", fault: "the control variate's derivatives are left out",
      FaultyRelaxedControl(fault: .withoutCorrection)),
    Mutant(
      "rebar-without-temperature", base: "rebar", fault: "the derivatives of sigmoid(Z / t) without 1/t",
      FaultyRelaxedControl(fault: .withoutTemperature)),
    Mutant(
      "rebar-conditional-slope-one", base: "rebar", fault: "dZ~/d(logit) taken for 1, as for Z",
      FaultyRelaxedControl(fault: .conditionalSlopeOne)),
    Mutant(
      "rebar-conditional-slope-zero", base: "rebar", fault: "dZ~/d(logit) left out",
      FaultyRelaxedControl(fault: .conditionalSlopeZero)),
    Mutant(
      "rebar-unconditional", base: "rebar", fault: "Z~ is drawn anew, not given the sample",
      FaultyRelaxedControl(fault: .unconditional)),
    Mutant(
      "rebar-same-noise", base: "rebar", fault: "Z~ is Z: its noise is used twice",
      FaultyRelaxedControl(fault: .sameNoise)),
    Mutant(
      "relax-network-without-correction", base: "relax",
      fault: "the free-form part tanh(Z/2) takes part in the signal, not in the derivatives",
      FaultyRelaxedControl(fault: .freeFormWithoutCorrection)),
    Mutant(
      "relax-unconditional", base: "relax", fault: "Z~ is drawn anew, not given the sample",
      FaultyRelaxedControl(fault: .unconditional)),
    Mutant(
      "relax-score-averaging", base: "relax",
      fault: "of two samples, the mean signal times the mean score in place of the mean product",
      releasedCode: "Dimitriev, Zhou, ARMS repository: RELAX with more than one sample", ScoreAveraging()),
  ]
}

/// REBAR, or RELAX before its network has learned, written out with one fault.
private struct FaultyRelaxedControl: FaultyDifferentiableEstimator {
  enum Fault {
    case sign, withoutCorrection, withoutTemperature, conditionalSlopeOne, conditionalSlopeZero, unconditional
    case sameNoise, freeFormWithoutCorrection
  }

  var base = REBAR()
  let fault: Fault

  init(fault: Fault) { self.fault = fault }

  /// That of REBAR; what RELAX adds to it is left alone.
  var state: [Double] {
    get { base.state }
    set { base.state = Array(newValue.prefix(4)) }
  }

  private func conditional<Scalar: KernelScalar>(
    _ logit: Scalar, bit: Scalar, u: Scalar, v: Scalar
  ) -> Scalar {
    switch fault {
    case .unconditional: RelaxedBernoulli.free(logit: logit, uniform: v)
    case .sameNoise: RelaxedBernoulli.free(logit: logit, uniform: u)
    default: RelaxedBernoulli.conditional(logit: logit, bit: bit, uniform: v)
    }
  }

  private func conditionalSlope<Scalar: KernelScalar>(_ logit: Scalar, bit: Scalar, v: Scalar) -> Scalar {
    switch fault {
    case .conditionalSlopeOne, .sameNoise: 1
    case .conditionalSlopeZero: 0
    default: RelaxedBernoulli.conditionalSlope(logit: logit, bit: bit, uniform: v)
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
    for i in 0..<logits.count {
      let place = i + i / shape.variables * shape.variables
      let z = conditional(logits[i], bit: samples[i], u: noise[place], v: noise[place + shape.variables])
      samples[2 * logits.count + i] = .sigmoid(z / Scalar(base.temperature))
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let (count, eta) = (logits.count, Scalar(base.scale))
    for row in 0..<shape.rows {
      var signal = values[row] - eta * values[2 * shape.rows + row]
      if fault == .freeFormWithoutCorrection {
        for i in row * shape.variables..<(row + 1) * shape.variables {
          let place = i + row * shape.variables
          let z = conditional(logits[i], bit: samples[i], u: noise[place], v: noise[place + shape.variables])
          signal -= eta * .tanh(z / 2)
        }
      }
      for i in row * shape.variables..<(row + 1) * shape.variables {
        let slope = conditionalSlope(
          logits[i], bit: samples[i], v: noise[i + (row + 1) * shape.variables])
        let (y, bound) = (samples[count + i], samples[2 * count + i])
        let t = fault == .withoutTemperature ? 1 : Scalar(base.temperature)
        let correction =
          (derivatives[count + i] * y * (1 - y) - derivatives[2 * count + i] * bound * (1 - bound) * slope)
          / t
        gradient[i] = signal * (samples[i] - .sigmoid(logits[i]))
        if fault == .sign { gradient[i] -= eta * correction }
        if fault != .sign && fault != .withoutCorrection { gradient[i] += eta * correction }
      }
    }
  }
}

/// RELAX before it has learned, on two samples of each row: the signals and the scores are averaged apart.
private struct ScoreAveraging: FaultyDifferentiableEstimator {
  private static let copies = 2
  var base: RELAX { RELAX() }

  func evaluations(variables: LatentVariables) -> Int {
    Self.copies * base.evaluations(variables: variables)
  }

  func usesDerivative(ofEvaluation evaluation: Int, variables: LatentVariables) -> Bool { true }

  func noisePerRow(variables: LatentVariables) -> Int {
    Self.copies * base.noisePerRow(variables: variables)
  }

  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    let perCopy = base.noisePerRow(variables: variables)
    return (0..<Self.copies).flatMap { copy in
      base.noiseLaw(logits: logits, variables: variables).map { block in
        NoiseBlock(indices: block.indices.map { $0 + copy * perCopy }, law: block.law)
      }
    }
  }

  /// Bits of both copies first, then the relaxed points: [evaluations x rows x variables].
  private func place(_ kind: Int, _ copy: Int, _ i: Int, _ shape: LatentShape) -> Int {
    (kind * Self.copies + copy) * shape.sampleCount + i
  }

  private func number(_ kind: Int, _ copy: Int, _ i: Int, _ shape: LatentShape) -> Int {
    let perRow = 2 * Self.copies * shape.variables
    return i / shape.variables * perRow + (2 * copy + kind) * shape.variables + i % shape.variables
  }

  func representativeEvaluations(variables: LatentVariables) -> Int { Self.copies }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let t = Scalar(base.temperature)
    for copy in 0..<Self.copies {
      for i in 0..<logits.count {
        let u = noise[number(0, copy, i, shape)]
        let bit: Scalar = u < .sigmoid(logits[i]) ? 1 : 0
        let free = RelaxedBernoulli.free(logit: logits[i], uniform: u)
        let z = RelaxedBernoulli.conditional(
          logit: logits[i], bit: bit, uniform: noise[number(1, copy, i, shape)])
        samples[place(0, copy, i, shape)] = bit
        samples[place(1, copy, i, shape)] = .sigmoid(free / t)
        samples[place(2, copy, i, shape)] = .sigmoid(z / t)
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let (t, n) = (Scalar(base.temperature), Scalar(Self.copies))
    for i in 0..<gradient.count {
      var (signal, score, correction): (Scalar, Scalar, Scalar) = (0, 0, 0)
      for copy in 0..<Self.copies {
        let row = i / shape.variables
        signal += values[copy * shape.rows + row] - values[(2 * Self.copies + copy) * shape.rows + row]
        let (bit, free, bound) = (
          place(0, copy, i, shape), place(1, copy, i, shape), place(2, copy, i, shape)
        )
        let slope = RelaxedBernoulli.conditionalSlope(
          logit: logits[i], bit: samples[bit], uniform: noise[number(1, copy, i, shape)])
        score += samples[bit] - .sigmoid(logits[i])
        correction += derivatives[free] * samples[free] * (1 - samples[free]) / t
        correction -= derivatives[bound] * samples[bound] * (1 - samples[bound]) * slope / t
      }
      gradient[i] = signal / n * score / n + correction / n
    }
  }
}
