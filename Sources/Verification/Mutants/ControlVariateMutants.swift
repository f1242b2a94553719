internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let doubleControlVariates = [
    Mutant(
      "double-cv-2-without-correction", base: "double-cv:2",
      fault: "the mean -alpha p (1 - p) f' of the control variate is not taken off",
      FaultyDoubleControls(samples: 2, fault: .withoutCorrection)),
    Mutant(
      "double-cv-3-correction-sign", base: "double-cv:3", fault: "the mean is added, not taken off",
      FaultyDoubleControls(samples: 3, fault: .correctionSign)),
    Mutant(
      "double-cv-3-own-derivative", base: "double-cv:3",
      fault: "the mean derivative of the others includes the sample's own",
      FaultyDoubleControls(samples: 3, fault: .ownDerivative)),
    Mutant(
      "double-cv-2-own-value-in-baseline", base: "double-cv:2",
      fault: "each baseline includes the sample's own signal",
      FaultyDoubleControls(samples: 2, fault: .ownValueInBaseline)),
    Mutant(
      "double-cv-3-fitted-to-its-step", base: "double-cv:3",
      fault: "alpha is fitted to the samples that it is used on",
      FaultyDoubleControls(samples: 3, fault: .fittedToItsStep)),
  ]

  static let rodeo = [
    Mutant(
      "rodeo-3-own-sample", base: "rodeo:3", fault: "f is linearised at the sample itself as well",
      FaultyStein(samples: 3, fault: .ownSample)),
    Mutant(
      "rodeo-2-stay-rates", base: "rodeo:2", fault: "the probability of staying in place of that of a flip",
      FaultyStein(samples: 2, fault: .stayRates)),
    Mutant(
      "rodeo-2-without-present-value", base: "rodeo:2", fault: "h at the flips without -h at the sample",
      FaultyStein(samples: 2, fault: .withoutPresentValue)),
    Mutant(
      "rodeo-3-scalar-operator", base: "rodeo:3", fault: "(z - p) T h: the score is not flipped with the bit",
      FaultyStein(samples: 3, fault: .scalarOperator)),
    Mutant(
      "rodeo-2-own-value-in-baseline", base: "rodeo:2",
      fault: "each baseline includes the sample's own signal",
      FaultyStein(samples: 2, fault: .ownValueInBaseline)),
    Mutant(
      "rodeo-2-added-constant", base: "rodeo:2",
      fault: "the rates sqrt(q(flip) / (q(stay) + 0.001)): without the constant another sound operator",
      releasedCode:
        "Shi, Zhou, Hwang, Titsias, Mackey, RODEO repository: the operator of minimum probability flow",
      FaultyStein(samples: 2, fault: .addedConstant)),
  ]
}

/// The samples of one row in `Double`, at most four of at most eight bits: what a faulty combination is written out on.
private struct RowSamples {
  let variables: Int
  let count: Int
  var p = SIMD8<Double>.zero
  var z = InlineArray<4, SIMD8<Double>>(repeating: .zero)
  var f = SIMD4<Double>.zero
  var slope = InlineArray<4, SIMD8<Double>>(repeating: .zero)

  static func supports(_ variables: LatentVariables) -> Bool {
    variables.isBinary && variables.count <= 8
  }

  init<Scalar: KernelScalar>(
    row: Int, count: Int, logits: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape
  ) {
    variables = shape.variables
    self.count = count
    for d in 0..<variables {
      let i = row * variables + d
      p[d] = .sigmoid(Double(logits[i]))
      for k in 0..<count {
        z[k][d] = Double(samples[k * shape.sampleCount + i])
        slope[k][d] = Double(derivatives[k * shape.sampleCount + i])
      }
    }
    for k in 0..<count { f[k] = Double(values[k * shape.rows + row]) }
  }

  /// The mean of a quantity over the samples, all or but one.
  @inline(__always)
  func mean<Value: SIMD>(
    without k: Int?, _ quantity: (Int) -> Value
  ) -> Value where Value.Scalar == Double {
    var sum = Value()
    for j in 0..<count where j != k { sum += quantity(j) }
    return sum / Double(k == nil ? count : count - 1)
  }

  @inline(__always)
  func mean(without k: Int?, of numbers: SIMD4<Double>) -> Double {
    mean(without: k) { SIMD2(numbers[$0], 0) }.x
  }

  /// z with one bit flipped, and the probability of that given the other bits.
  func flipped(_ k: Int, _ d: Int) -> (z: SIMD8<Double>, probability: Double) {
    var other = z[k]
    other[d] = 1 - other[d]
    return (other, other[d] == 1 ? p[d] : 1 - p[d])
  }
}

/// Double control variates with alpha = -0.8 from their definition, with one fault.
private struct FaultyDoubleControls: FaultyDifferentiableEstimator {
  enum Fault { case withoutCorrection, correctionSign, ownDerivative, ownValueInBaseline, fittedToItsStep }

  let fault: Fault
  var base: DoubleControlVariates

  init(samples: Int, fault: Fault) {
    base = DoubleControlVariates(samples: samples, coefficient: -0.8)
    self.fault = fault
  }

  func supports(_ variables: LatentVariables) -> Bool { RowSamples.supports(variables) }

  var state: [Double] {
    get { base.state }
    set { base.state = newValue }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    for row in 0..<shape.rows {
      let draws = RowSamples(
        row: row, count: base.samples, logits: logits, samples: samples, values: values,
        derivatives: derivatives, shape: shape)
      let plain = combined(draws, draws.f, corrected: false)
      let control = combined(draws, controls(draws), corrected: true)
      let size = (control * control).sum()
      let isFitted = fault == .fittedToItsStep && size > 0
      let alpha = isFitted ? -(plain * control).sum() / size : base.coefficient
      for d in 0..<shape.variables {
        gradient[row * shape.variables + d] = Scalar(plain[d] + alpha * control[d])
      }
    }
  }

  /// c_k / alpha.
  private func controls(_ draws: RowSamples) -> SIMD4<Double> {
    var controls = SIMD4<Double>.zero
    for k in 0..<draws.count {
      let others = draws.mean(without: fault == .ownDerivative ? nil : k) { draws.slope[$0] }
      controls[k] = (others * (draws.z[k] - draws.p)).sum()
    }
    return controls
  }

  /// The leave-one-out combination of signals, less the exact mean of the control variate.
  private func combined(
    _ draws: RowSamples, _ signals: SIMD4<Double>, corrected: Bool
  ) -> SIMD8<Double> {
    let score = draws.mean(without: nil) { k in
      let others = draws.mean(without: fault == .ownValueInBaseline ? nil : k, of: signals)
      return (signals[k] - others) * (draws.z[k] - draws.p)
    }
    guard corrected, fault != .withoutCorrection else { return score }
    let mean = draws.p * (1 - draws.p) * draws.mean(without: nil) { draws.slope[$0] }
    return fault == .correctionSign ? score + mean : score - mean
  }
}

/// RODEO with learned coefficients from its definition, with one fault.
private struct FaultyStein: FaultyDifferentiableEstimator {
  enum Fault {
    case ownSample, stayRates, withoutPresentValue, scalarOperator, ownValueInBaseline, addedConstant
  }

  let fault: Fault
  var base: RODEO
  /// s.
  private var deviation = 0.0

  init(samples: Int, fault: Fault) {
    base = RODEO(samples: samples)
    self.fault = fault
    state = [0.8, 1, -0.5, 1, -0.9, 1, 0.6, 1, 1]
  }

  func supports(_ variables: LatentVariables) -> Bool { RowSamples.supports(variables) }

  var state: [Double] {
    get { base.state }
    set {
      base.state = newValue
      deviation = newValue[8].squareRoot()
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let factors = base.coefficients
    let (baseline, added) = (SIMD2(factors[0], factors[1]), SIMD2(factors[2], factors[3]))
    for row in 0..<shape.rows {
      let draws = RowSamples(
        row: row, count: base.samples, logits: logits, samples: samples, values: values,
        derivatives: derivatives, shape: shape)
      let mean = combined(draws, baseline: baseline, added: added)
      for d in 0..<shape.variables { gradient[row * shape.variables + d] = Scalar(mean[d]) }
    }
  }

  private func combined(
    _ draws: RowSamples, baseline: SIMD2<Double>, added: SIMD2<Double>
  ) -> SIMD8<Double> {
    var signals = draws.f
    for k in 0..<draws.count {
      // The same number in each component: the operator on a scalar function.
      signals[k] += transported(draws, k) { SIMD8(repeating: function(draws, baseline, k, $0)) }[0]
    }
    return draws.mean(without: nil) { k in
      let others = draws.mean(without: fault == .ownValueInBaseline ? nil : k, of: signals)
      let score = draws.z[k] - draws.p
      let vector = transported(draws, k) { x in
        function(draws, added, k, x) * (fault == .scalarOperator ? score : x - draws.p)
      }
      return (draws.f[k] - others) * score + vector
    }
  }

  /// A combination of s w and s w^2, w = t / sqrt(s^2 + t^2), of the change t of f, linearised at the other samples.
  private func function(
    _ draws: RowSamples, _ factors: SIMD2<Double>, _ k: Int, _ x: SIMD8<Double>
  ) -> Double {
    let change = draws.mean(without: fault == .ownSample ? nil : k) { j in
      SIMD2((draws.slope[j] * (x - draws.z[j])).sum(), 0)
    }.x
    guard deviation > 0 else { return 0 }
    let height = change / (deviation * deviation + change * change).squareRoot()
    return deviation * (factors.x * height + factors.y * height * height)
  }

  /// The operator on each component of h at sample k.
  private func transported(
    _ draws: RowSamples, _ k: Int, _ h: (SIMD8<Double>) -> SIMD8<Double>
  ) -> SIMD8<Double> {
    let present = fault == .withoutPresentValue ? SIMD8.zero : h(draws.z[k])
    var sum = SIMD8<Double>.zero
    for d in 0..<draws.variables {
      let (flipped, probability) = draws.flipped(k, d)
      let rate =
        switch fault {
        case .stayRates: 1 - probability
        case .addedConstant: (probability / (1 - probability + 1e-3)).squareRoot()
        default: probability
        }
      sum += rate * (h(flipped) - present)
    }
    return sum
  }
}
