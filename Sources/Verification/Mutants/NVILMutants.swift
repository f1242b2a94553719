internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let nvil = [
    Mutant(
      "nvil-normalised", base: "nvil", fault: "divided by the running standard deviation 2, as in the paper",
      FaultyNVIL(fault: .normalised)),
    Mutant(
      "nvil-learned-first", base: "nvil",
      fault: "the baseline takes in a value (weight 1/4) before it is subtracted from it",
      FaultyNVIL(fault: .learnedFirst)),
    Mutant(
      "nvil-baseline-of-sample", base: "nvil",
      fault: "the baseline depends on the sample it is subtracted from",
      FaultyNVIL(fault: .dependsOnSample)),
    Mutant(
      "nvil-baseline-outside", base: "nvil",
      fault: "f (z - p) - b: the baseline subtracted outside the score",
      FaultyNVIL(fault: .outsideScore)),
  ]
}

/// NVIL after steps that left the baseline 1.5.
private struct FaultyNVIL: FaultyEstimator {
  enum Fault { case normalised, learnedFirst, dependsOnSample, outsideScore }

  let fault: Fault
  var base = NVIL()

  init(fault: Fault) {
    self.fault = fault
    base.state = [1.5, 9, -8, 8]
  }

  var state: [Double] {
    get { base.state }
    set { base.state = newValue }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let baseline = Scalar(base.center)
    for i in 0..<gradient.count {
      let f = values[i / shape.variables]
      let score = samples[i] - .sigmoid(logits[i])
      switch fault {
      case .normalised: gradient[i] = (f - baseline) / (base.observedSteps == 0 ? 1 : 2) * score
      case .learnedFirst: gradient[i] = (f - (base.observedSteps == 0 ? 0 : (3 * baseline + f) / 4)) * score
      case .dependsOnSample: gradient[i] = (f - baseline * (1 + samples[i] / 4)) * score
      case .outsideScore: gradient[i] = f * score - baseline
      }
    }
  }
}
