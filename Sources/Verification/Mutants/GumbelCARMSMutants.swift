internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  static let gumbelCARMS = [
    Mutant(
      "carms-g-2-without-ratio", base: "carms-g:2", fault: "p p' / J is missing",
      FaultyRaceCARMS(samples: 2, fault: .missingRatio)),
    Mutant(
      "carms-g-3-over-n", base: "carms-g:3", fault: "1/n in place of 1/(n-1)",
      FaultyRaceCARMS(samples: 3, fault: .overN)),
    Mutant(
      "carms-g-2-sign", base: "carms-g:2", fault: "the two values are swapped",
      FaultyRaceCARMS(samples: 2, fault: .sign)),
    Mutant(
      "carms-g-2-inverse-ratio", base: "carms-g:2", fault: "J / (p p') in place of p p' / J",
      FaultyRaceCARMS(samples: 2, fault: .inverseRatio)),
    Mutant(
      "carms-g-2-ratio-of-carms-i", base: "carms-g:2",
      fault: "the ratio of inverse CDF sampling", FaultyRaceCARMS(samples: 2, fault: .ratioOfCARMSI)),
    Mutant(
      "carms-g-2-monte-carlo", base: "carms-g:2",
      fault:
        "J from 100 draws, 1e-3 added above and below the ratio, which is then clipped to 0.01 ... 10; its mean over those draws",
      releasedCode:
        "Dimitriev, Zhou, code of CARMS (NeurIPS 2021), antithetic.py, GumbelCategorical.bivariate_pmf, and vae.py, matrix_grad",
      FaultyRaceCARMS(samples: 2, fault: .monteCarlo)),
  ]
}

private struct FaultyRaceCARMS: FaultyEstimator {
  enum Fault { case missingRatio, overN, sign, inverseRatio, ratioOfCARMSI, monteCarlo }

  let samples: Int
  let fault: Fault
  var base: CARMSG { CARMSG(samples: samples) }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    switch fault {
    case .overN, .sign:
      base.combine(
        logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
      let factor = fault == .sign ? -1 : Scalar(self.samples - 1) / Scalar(self.samples)
      for i in 0..<gradient.count { gradient[i] *= factor }
    case .missingRatio, .inverseRatio, .ratioOfCARMSI, .monteCarlo:
      pairForm(
        evaluations: self.samples, logits: logits, samples: samples, values: values, shape: shape,
        gradient: &gradient, ratio: ratio)
    }
  }

  private func ratio(_ category: Int, _ other: Int, _ logits: [Double]) -> Double {
    guard fault != .missingRatio else { return 1 }
    let probabilities = softmax(logits)
    let product = probabilities[category] * probabilities[other]
    guard fault != .ratioOfCARMSI else {
      let law = CategoricalLaw(
        variable: 0, logits: logits, variables: .categorical(1, categories: logits.count))
      return product / CARMSI(samples: samples).pairProbability(category, other, law: law)
    }
    let joint = base.pairProbability(category, other, logits: logits)
    return fault == .inverseRatio ? joint / product : Self.meanRatio(product: product, joint: joint)
  }

  /// The mean of the clipped ratio over 100 draws of two samples: J is half the share of draws with both categories.
  private static func meanRatio(product: Double, joint: Double) -> Double {
    let draws = 100
    var mean = 0.0
    for found in 0...draws {
      let logarithm =
        Double.logGamma(Double(draws + 1)) - .logGamma(Double(found + 1))
        - .logGamma(Double(draws - found + 1))
        + Double(found) * .log(2 * joint) + Double(draws - found) * .log(onePlus: -2 * joint)
      let estimate = Double(found) / Double(2 * draws)
      mean += .exp(logarithm) * min(max((product + 1e-3) / (estimate + 1e-3), 0.01), 10)
    }
    return mean
  }
}
