internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let loorf = [
    Mutant(
      "loorf-2-own-value-in-baseline", base: "loorf:2",
      fault: "each baseline includes the sample's own value",
      FaultyLOORF(samples: 2, fault: .ownValueInBaseline)),
    Mutant(
      "loorf-4-own-value-in-baseline", base: "loorf:4",
      fault: "each baseline includes the sample's own value",
      FaultyLOORF(samples: 4, fault: .ownValueInBaseline)),
    Mutant(
      "loorf-3-sum", base: "loorf:3", fault: "the sum over the samples, not divided by n - 1",
      FaultyLOORF(samples: 3, fault: .sum)),
    Mutant(
      "loorf-3-rotated-values", base: "loorf:3", fault: "each sample is paired with the next one's value",
      FaultyLOORF(samples: 3, fault: .rotatedValues)),
    Mutant(
      "loorf-4-ignores-one", base: "loorf:4",
      fault: "only three of the samples count: unbiased, but more variance",
      FaultyLOORF(samples: 4, fault: .ignoresOne)),
  ]
}

private struct FaultyLOORF: FaultyEstimator {
  enum Fault { case ownValueInBaseline, sum, rotatedValues, ignoresOne }

  let samples: Int
  let fault: Fault
  var base: LOORF { LOORF(samples: samples) }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let used = fault == .ignoresOne ? self.samples - 1 : self.samples
    let shift = fault == .rotatedValues ? 1 : 0
    let divisor =
      switch fault {
      case .ownValueInBaseline: Scalar(used)
      case .sum: Scalar(1)
      case .rotatedValues, .ignoresOne: Scalar(used - 1)
      }
    for i in 0..<gradient.count {
      let row = i / shape.variables
      var mean: Scalar = 0
      for sample in 0..<used { mean += values[sample * shape.rows + row] / Scalar(used) }
      gradient[i] = 0
      for sample in 0..<used {
        let value = values[(sample + shift) % used * shape.rows + row]
        gradient[i] += (value - mean) * samples[sample * shape.sampleCount + i] / divisor
      }
    }
  }
}
