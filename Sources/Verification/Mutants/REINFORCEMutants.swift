internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let reinforce = [
    Mutant(
      "reinforce-sign", base: "reinforce", fault: "f (p - z): descends where it should ascend",
      FaultyREINFORCE(fault: .sign)),
    Mutant(
      "reinforce-without-p", base: "reinforce", fault: "f z: the score without its -p",
      FaultyREINFORCE(fault: .missingProbability)),
    Mutant(
      "reinforce-logit", base: "reinforce", fault: "f (z - logit): the logit taken for the probability",
      FaultyREINFORCE(fault: .logit)),
    Mutant(
      "reinforce-probability-gradient", base: "reinforce",
      fault: "f (z - p) / (p (1 - p)): the gradient for p, not for the logit",
      FaultyREINFORCE(fault: .probabilityGradient)),
    Mutant(
      "reinforce-constant-baseline", base: "reinforce",
      fault: "(f - 1/2) (z - p): unbiased, but another estimator's variance",
      FaultyREINFORCE(fault: .constantBaseline)),
  ]
}

private struct FaultyREINFORCE: FaultyEstimator {
  enum Fault { case sign, missingProbability, logit, probabilityGradient, constantBaseline }

  let fault: Fault
  var base: REINFORCE { REINFORCE() }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    for i in 0..<gradient.count {
      let (f, z, p) = (values[i / shape.variables], samples[i], Scalar.sigmoid(logits[i]))
      switch fault {
      case .sign: gradient[i] = f * (p - z)
      case .missingProbability: gradient[i] = f * z
      case .logit: gradient[i] = f * (z - logits[i])
      case .probabilityGradient: gradient[i] = f * (z - p) / (p * (1 - p))
      case .constantBaseline: gradient[i] = (f - 0.5) * (z - p)
      }
    }
  }

  /// Two faults multiply the gradient by more than the other mutants do.
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let logit = logits[coordinate]
    let size = max(objective.lowerBound.magnitude, objective.upperBound.magnitude) + 0.5
    let factor = max(1 / Double.sigmoid(-logit.magnitude), 1 + logit.magnitude)
    return -size * factor...size * factor
  }
}
