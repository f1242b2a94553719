internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let localExpectations = [
    Mutant(
      "leg-probability", base: "leg", fault: "p in place of p (1 - p)",
      ScaledEstimator(base: LocalExpectationGradients(), fault: .probability)),
    Mutant(
      "leg-sign", base: "leg", fault: "the two values are swapped",
      ScaledEstimator(base: LocalExpectationGradients(), fault: .sign)),
    Mutant(
      "bitflip-1-without-d", base: "bitflip-1", fault: "the factor D is missing",
      ScaledEstimator(base: Bitflip1(), fault: .overVariables)),
    Mutant(
      "bitflip-1-probability", base: "bitflip-1", fault: "p in place of p (1 - p)",
      ScaledEstimator(base: Bitflip1(), fault: .probability)),
    Mutant(
      "ugc-without-d", base: "ugc", fault: "the factor D is missing where min(p, 1 - p) < 1/(2D)",
      ScaledEstimator(base: UGC(), fault: .rareOverVariables)),
    Mutant(
      "ugc-sign", base: "ugc", fault: "the values are swapped", ScaledEstimator(base: UGC(), fault: .sign)),
  ]

  static let armsNormal = [
    Mutant(
      "arms-normal-2-without-debias", base: "arms-normal:2", fault: "1 / (1 - rho) is missing",
      ScaledEstimator(base: ARMSNormal(samples: 2), fault: .missingDebias(samples: 2))),
    Mutant(
      "arms-normal-4-without-debias", base: "arms-normal:4", fault: "1 / (1 - rho) is missing",
      ScaledEstimator(base: ARMSNormal(samples: 4), fault: .missingDebias(samples: 4))),
    Mutant(
      "arms-normal-3-other-copula", base: "arms-normal:3",
      fault: "the debias factor of the Dirichlet copula (no effect for n = 2)",
      ScaledEstimator(base: ARMSNormal(samples: 3), fault: .otherCopula(samples: 3))),
    Mutant(
      "arms-normal-3-wrong-correlation", base: "arms-normal:3", fault: "the debias factor of one more sample",
      ScaledEstimator(base: ARMSNormal(samples: 3), fault: .oneMore(samples: 3))),
  ]
}

/// A sound estimator whose gradient is multiplied by what a fault in its formula makes of it, coordinate by coordinate.
private struct ScaledEstimator<Base: GradientEstimator>: FaultyEstimator {
  enum Fault {
    case probability, sign, overVariables, rareOverVariables
    case missingDebias(samples: Int), otherCopula(samples: Int), oneMore(samples: Int)
  }

  let base: Base
  let fault: Fault

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
    scaleByLogit(&gradient, logits: logits, shape: shape) { factor(logit: $0, variables: shape.variables) }
  }

  private func factor(logit: Double, variables: Int) -> Double {
    switch fault {
    case .probability: 1 / Double.sigmoid(-logit)
    case .sign: -1
    case .overVariables: 1 / Double(variables)
    case .rareOverVariables:
      2 * Double(variables) * Double.sigmoid(-logit.magnitude) < 1 ? 1 / Double(variables) : 1
    case .missingDebias(let samples): 1 / GaussianCopula(samples: samples).debiasFactor(logit: logit)
    case .otherCopula(let samples):
      DirichletCopula(samples: samples).debiasFactor(logit: logit)
        / GaussianCopula(samples: samples).debiasFactor(logit: logit)
    case .oneMore(let samples):
      GaussianCopula(samples: samples + 1).debiasFactor(logit: logit)
        / GaussianCopula(samples: samples).debiasFactor(logit: logit)
    }
  }
}
