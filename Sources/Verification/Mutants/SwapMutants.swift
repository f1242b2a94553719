internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  static let swaps = [
    Mutant(
      "arsm-sign", base: "arsm", fault: "the sign of 1/C - pi",
      ScaledMutant(base: ARSM(), factor: -1)),
    Mutant(
      "arsm-times-categories", base: "arsm", fault: "1 - C pi in place of 1/C - pi",
      FaultyARSM(fault: .timesCategories)),
    Mutant(
      "arsm-without-mean", base: "arsm", fault: "the mean over the swaps is not subtracted",
      FaultyARSM(fault: .withoutMean)),
    Mutant(
      "arsm-one-variable-swapped", base: "arsm", fault: "entries are swapped in the first variable only",
      FaultyARSM(fault: .oneVariableSwapped)),
    Mutant(
      "arsm-uniform-shares", base: "arsm", fault: "pi = u / sum u, without logarithms",
      FaultyARSM(fault: .uniformShares)),
    Mutant(
      "ars-without-categories", base: "ars", fault: "1/C - pi_j in place of 1 - C pi_j",
      FaultyARS(fault: .withoutCategories)),
    Mutant(
      "ars-first-reference-share", base: "ars", fault: "pi_0 whatever the reference category",
      FaultyARS(fault: .firstShare)),
  ]
}

/// ARSM with one fault in its draw or its combination.
private struct FaultyARSM: FaultyEstimator {
  enum Fault { case timesCategories, withoutMean, oneVariableSwapped, uniformShares }

  let fault: Fault
  var base: ARSM { ARSM() }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  /// Numbers whose exponentials are the uniforms themselves.
  private func replaced<Scalar: KernelScalar>(_ noise: Span<Scalar>) -> [Scalar] {
    noise.indices.map { fault == .uniformShares ? .exp(-noise[$0]) : noise[$0] }
  }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let noise = replaced(noise)
    base.draw(logits: logits, noise: noise.span, shape: shape, samples: &samples)
    guard fault == .oneVariableSwapped else { return }
    for place in shape.sampleCount..<samples.count where place % shape.variables > 0 {
      samples[place] = samples[place % shape.sampleCount]
    }
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let noise = replaced(noise)
    base.combine(
      logits: logits, noise: noise.span, samples: samples, values: values, shape: shape, gradient: &gradient)
    let categories = shape.logitsPerVariable
    for i in 0..<gradient.count {
      switch fault {
      case .timesCategories: gradient[i] *= Scalar(categories)
      case .withoutMean:
        gradient[i] += subtracted(variable: i / categories, noise: noise, values: values, shape: shape)
      case .oneVariableSwapped, .uniformShares: break
      }
    }
  }

  /// sum_j (1/C - pi_j) 1/C sum_m F[m, j] of one variable.
  private func subtracted<Scalar: KernelScalar>(
    variable: Int, noise: [Scalar], values: Span<Scalar>, shape: LatentShape
  ) -> Scalar {
    let categories = shape.logitsPerVariable
    let row = variable / shape.variables
    let times = (0..<categories).map { -Scalar.log(noise[variable * categories + $0]) }
    let total = times.reduce(0, +)
    return (0..<categories).reduce(0) { sum, j in
      let swaps = (0..<categories).reduce(Scalar(0)) { sum, m in
        let (low, high) = (min(m, j), max(m, j))
        let pair = low * (2 * categories - low - 1) / 2 + high - low
        return sum + values[(m == j ? 0 : pair) * shape.rows + row]
      }
      return sum + (1 / Scalar(categories) - times[j] / total) * swaps / Scalar(categories)
    }
  }
}

/// ARS with another factor.
private struct FaultyARS: FaultyEstimator {
  enum Fault { case withoutCategories, firstShare }

  let fault: Fault
  var base: ARS { ARS() }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
    let (categories, perRow) = (shape.logitsPerVariable, shape.logitsPerRow + 1)
    for i in 0..<gradient.count {
      guard fault == .firstShare else {
        gradient[i] /= Scalar(categories)
        continue
      }
      let (row, place) = (i / shape.logitsPerRow, i % shape.logitsPerRow / categories * categories)
      let times = (0..<categories).map { -Scalar.log(noise[row * perRow + place + $0]) }
      let reference = min(Int(noise[(row + 1) * perRow - 1] * Scalar(categories)), categories - 1)
      let total = times.reduce(0, +)
      let right = 1 - Scalar(categories) * times[reference] / total
      gradient[i] *= (1 - Scalar(categories) * times[0] / total) / right
    }
  }
}
