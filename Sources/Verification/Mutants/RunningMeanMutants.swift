internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let runningMean = [
    Mutant(
      "reinforce-ema-updated-first", base: "reinforce-ema",
      fault: "the baseline takes in a value (weight 1/4) before it is subtracted from it",
      FaultyRunningMean(fault: .updatedBeforeUse)),
    Mutant(
      "reinforce-ema-own-first-value", base: "reinforce-ema",
      fault: "the first step subtracts its own value, as if it were the baseline",
      FaultyRunningMean(fault: .ownFirstValue)),
    Mutant(
      "reinforce-ema-baseline-outside", base: "reinforce-ema",
      fault: "f (z - p) - b: the baseline subtracted outside the score",
      FaultyRunningMean(fault: .outsideScore)),
  ]
}

private struct FaultyRunningMean: FaultyEstimator {
  enum Fault { case updatedBeforeUse, ownFirstValue, outsideScore }

  let fault: Fault
  var base = RunningMeanREINFORCE(decay: 0.75)

  var state: [Double] {
    get { base.state }
    set { base.state = newValue }
  }

  mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape
  ) {
    base.observe(logits: logits, noise: noise, samples: samples, values: values, shape: shape)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let baseline = Scalar(base.baseline)
    for i in 0..<gradient.count {
      let f = values[i / shape.variables]
      let score = samples[i] - .sigmoid(logits[i])
      switch fault {
      case .updatedBeforeUse: gradient[i] = (f - (0.75 * baseline + 0.25 * f)) * score
      case .ownFirstValue: gradient[i] = (f - (base.observedSteps == 0 ? f : baseline)) * score
      case .outsideScore: gradient[i] = f * score - baseline
      }
    }
  }
}
