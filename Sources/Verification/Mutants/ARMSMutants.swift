internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  private static let epsilonCode =
    "Dimitriev, Zhou, code of ARMS (ICML 2021): debias = p (1 - p) / (p - P11 + 1e-6)"

  static let arms = [
    Mutant(
      "arms-2-without-debias", base: "arms:2", fault: "1 / (1 - rho) is missing",
      FaultyARMS(samples: 2, fault: .missingDebias)),
    Mutant(
      "arms-4-without-debias", base: "arms:4", fault: "1 / (1 - rho) is missing",
      FaultyARMS(samples: 4, fault: .missingDebias)),
    Mutant(
      "arms-2-over-n", base: "arms:2", fault: "1/n in place of 1/(n-1)", FaultyARMS(samples: 2, fault: .overN)
    ),
    Mutant(
      "arms-4-over-n", base: "arms:4", fault: "1/n in place of 1/(n-1)", FaultyARMS(samples: 4, fault: .overN)
    ),
    Mutant(
      "arms-4-not-inverted-debias", base: "arms:4",
      fault: "for p > 1/2 the pair probability of the copula that is not inverted (no effect for n = 2)",
      FaultyARMS(samples: 4, fault: .notInvertedDebias)),
    Mutant(
      "arms-3-independent-samples", base: "arms:3", fault: "independent samples, debiased as if antithetic",
      FaultyARMS(samples: 3, fault: .independentSamples)),
    Mutant(
      "arms-2-epsilon", base: "arms:2", fault: "1e-6 added to the denominator p - P11",
      releasedCode: epsilonCode,
      FaultyARMS(samples: 2, fault: .epsilon)),
    Mutant(
      "arms-4-epsilon", base: "arms:4", fault: "1e-6 added to the denominator p - P11",
      releasedCode: epsilonCode,
      FaultyARMS(samples: 4, fault: .epsilon)),
    Mutant(
      "arms-3-wrong-exponent", base: "arms:3", fault: "the debias factor of one more sample",
      FaultyARMS(samples: 3, fault: .wrongExponent)),
  ]
}

private struct FaultyARMS: FaultyEstimator {
  enum Fault {
    case missingDebias, overN, notInvertedDebias, independentSamples, epsilon, wrongExponent
  }

  let samples: Int
  let fault: Fault
  var base: ARMS { ARMS(samples: samples) }

  private var independent: LOORF { LOORF(samples: samples) }

  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    fault == .independentSamples
      ? independent.noiseLaw(logits: logits, variables: variables)
      : base.noiseLaw(logits: logits, variables: variables)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    if fault == .independentSamples {
      independent.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
    } else {
      base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    // Without correlation the combination of ARMS is that of LOORF.
    independent.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
    for i in 0..<gradient.count { gradient[i] *= Scalar(factor(logit: Double(logits[i]))) }
  }

  /// What the fault leaves of 1 / (1 - rho) = p (1 - p) / (p - P11).
  private func factor(logit: Double) -> Double {
    let copula = DirichletCopula(samples: samples)
    let p = Double.sigmoid(logit)
    switch fault {
    case .missingDebias: return 1
    case .overN: return copula.debiasFactor(logit: logit) * Double(samples - 1) / Double(samples)
    case .independentSamples: return copula.debiasFactor(logit: logit)
    case .epsilon: return p * (1 - p) / (p - copula.pairProbability(logit: logit) + 1e-6)
    case .wrongExponent: return DirichletCopula(samples: samples + 1).debiasFactor(logit: logit)
    case .notInvertedDebias:
      let exponent = Double(samples - 1)
      let pair = Double.pow(max(0, 2 * .pow(p, 1 / exponent) - 1), exponent)
      return p * (1 - p) / (p - pair)
    }
  }
}
