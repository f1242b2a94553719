internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let disarm = [
    Mutant(
      "disarm-signed-logit", base: "disarm", fault: "sigmoid(logit) in place of sigmoid(|logit|)",
      FaultyDisARM(fault: .signedLogit)),
    Mutant(
      "disarm-without-half", base: "disarm", fault: "the factor 1/2 is missing",
      FaultyDisARM(fault: .missingHalf)),
    Mutant(
      "disarm-derivative", base: "disarm", fault: "p (1 - p) in place of sigmoid(|logit|)",
      FaultyDisARM(fault: .derivative)),
    Mutant(
      "disarm-shared-uniform", base: "disarm", fault: "one uniform number for all coordinates",
      FaultyDisARM(fault: .sharedUniform)),
    Mutant("disarm-sign", base: "disarm", fault: "the two values are swapped", FaultyDisARM(fault: .sign)),
    Mutant(
      "disarm-independent-pair", base: "disarm",
      fault: "the second sample takes the neighbour's uniform: no longer the first one's mirror image",
      FaultyDisARM(fault: .neighbourUniform)),
    Mutant(
      "disarm-not-integrated", base: "disarm", fault: "ARM's weight u - 1/2: unbiased, but more variance",
      FaultyDisARM(fault: .notIntegrated)),
  ]
}

private struct FaultyDisARM: FaultyEstimator {
  enum Fault {
    case signedLogit, missingHalf, derivative, sharedUniform, sign, neighbourUniform, notIntegrated
  }

  let fault: Fault
  var base: DisARM { DisARM() }

  /// The shared uniform has all coordinates' breakpoints, and the other numbers go unused.
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    let blocks = base.noiseLaw(logits: logits, variables: variables)
    switch fault {
    case .notIntegrated: return ARM().noiseLaw(logits: logits, variables: variables)
    case .sharedUniform, .neighbourUniform:
      let probabilities = logits.map { Double.sigmoid($0) }
      let all = NoiseBlock.Law.uniform(
        breakpoints: (probabilities + probabilities.map { 1 - $0 }).sorted(), degree: 0)
      return blocks.map { NoiseBlock(indices: $0.indices, law: all) }
    default: return blocks
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
    guard fault == .sharedUniform || fault == .neighbourUniform else { return }
    for i in 0..<logits.count {
      let start = i / shape.variables * shape.variables
      let p = Scalar.sigmoid(logits[i])
      let first = fault == .sharedUniform ? noise[start] : noise[i]
      let second = fault == .sharedUniform ? first : noise[start + (i - start + 1) % shape.variables]
      samples[i] = 1 - first < p ? 1 : 0
      samples[logits.count + i] = second < p ? 1 : 0
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    for i in 0..<gradient.count {
      let row = i / shape.variables
      let difference = (values[row] - values[shape.rows + row]) / 2
      let opposed = difference * (samples[i] - samples[shape.sampleCount + i])
      let (p, larger) = (Scalar.sigmoid(logits[i]), Scalar.sigmoid(logits[i].magnitude))
      switch fault {
      case .signedLogit: gradient[i] = opposed * p
      case .missingHalf: gradient[i] = 2 * opposed * larger
      case .derivative: gradient[i] = opposed * p * (1 - p)
      case .sharedUniform, .neighbourUniform: gradient[i] = opposed * larger
      case .sign: gradient[i] = -opposed * larger
      case .notIntegrated: gradient[i] = 2 * difference * (noise[i] - 0.5)
      }
    }
  }
}
