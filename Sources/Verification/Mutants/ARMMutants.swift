internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let ar = [
    Mutant("ar-uncentred", base: "ar", fault: "f u in place of f (1 - 2u)", FaultyAR(fault: .uncentred)),
    Mutant("ar-sign", base: "ar", fault: "f (2u - 1)", FaultyAR(fault: .sign)),
    Mutant("ar-half", base: "ar", fault: "f (1/2 - u): half the gradient", FaultyAR(fault: .half)),
  ]

  static let arm = [
    Mutant(
      "arm-first-threshold", base: "arm", fault: "z1 = 1[u > sigmoid(logit)]: its complement's law",
      FaultyARM(fault: .firstThreshold)),
    Mutant("arm-sign", base: "arm", fault: "(f(z2) - f(z1)) (u - 1/2)", FaultyARM(fault: .sign)),
    Mutant("arm-uncentred", base: "arm", fault: "(f(z1) - f(z2)) u", FaultyARM(fault: .uncentred)),
    Mutant(
      "arm-neighbour-noise", base: "arm", fault: "each coordinate is weighted by its neighbour's u",
      FaultyARM(fault: .neighbourNoise)),
    Mutant(
      "arm-as-disarm", base: "arm", fault: "DisARM's weight: unbiased, but not ARM's variance",
      FaultyARM(fault: .integrated)),
  ]
}

private struct FaultyAR: FaultyEstimator {
  enum Fault { case uncentred, sign, half }

  let fault: Fault
  var base: AR { AR() }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    for i in 0..<gradient.count {
      let (f, u) = (values[i / shape.variables], noise[i])
      switch fault {
      case .uncentred: gradient[i] = f * u
      case .sign: gradient[i] = f * (2 * u - 1)
      case .half: gradient[i] = f * (0.5 - u)
      }
    }
  }
}

private struct FaultyARM: FaultyEstimator {
  enum Fault { case firstThreshold, sign, uncentred, neighbourNoise, integrated }

  let fault: Fault
  var base: ARM { ARM() }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
    guard fault == .firstThreshold else { return }
    for i in 0..<logits.count { samples[i] = noise[i] > .sigmoid(logits[i]) ? 1 : 0 }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    for i in 0..<gradient.count {
      let row = i / shape.variables
      let difference = values[row] - values[shape.rows + row]
      switch fault {
      case .firstThreshold: gradient[i] = difference * (noise[i] - 0.5)
      case .sign: gradient[i] = difference * (0.5 - noise[i])
      case .uncentred: gradient[i] = difference * noise[i]
      case .neighbourNoise:
        let neighbour = row * shape.variables + (i + 1 - row * shape.variables) % shape.variables
        gradient[i] = difference * (noise[neighbour] - 0.5)
      case .integrated:
        let weight = Scalar.sigmoid(logits[i].magnitude) / 2
        gradient[i] = difference * (samples[i] - samples[shape.sampleCount + i]) * weight
      }
    }
  }
}
