internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule
internal import ReferenceMath

extension Mutant {
  static let jitteredCopula = [
    Mutant(
      "arms-normal-2-jitter", base: "arms-normal:2",
      fault: "1e-3 added to the diagonal of the correlation matrix, the quantile of p left as it is",
      releasedCode:
        "Dimitriev, Zhou, code of ARMS (ICML 2021), arms_normal: the diagonal of its correlation matrix is 1 + 1e-3",
      JitteredARMSNormal())
  ]
}

/// ARMS with two normal numbers x of variance 1 + j and covariance -1 for each variable: z = 1[x < q], q the normal
/// quantile of p, and the pair probability P11 of these numbers in the factor p (1 - p) / (p - P11).
///
/// Their mean u and half difference v are independent, of variances j/2 and 1 + j/2, and both x are below q where
/// |v| < q - u.
private struct JitteredARMSNormal: FaultyEstimator {
  private static let jitter = 1e-3

  var base: ARMSNormal { ARMSNormal(samples: 2) }

  // MARK: Drawing

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    for i in 0..<shape.sampleCount {
      let first = i / shape.variables * 2 * shape.variables + i % shape.variables
      let (y, other) = (quantile(noise[first]), quantile(noise[first + shape.variables]))
      let u = (Self.jitter).squareRoot() * (y + other) / 2
      let v = (2 + Self.jitter).squareRoot() * (y - other) / 2
      let limit = StandardNormal.quantile(.sigmoid(Double(logits[i])))
      samples[i] = u + v < limit ? 1 : 0
      samples[shape.sampleCount + i] = u - v < limit ? 1 : 0
    }
  }

  private func quantile<Scalar: KernelScalar>(_ uniform: Scalar) -> Double {
    StandardNormal.quantile(Double(uniform))
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    LOORF(samples: 2).combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
    scaleByLogit(&gradient, logits: logits, shape: shape) { logit in
      let p = Double.sigmoid(logit)
      return p * (1 - p) / (p - bothBelow(StandardNormal.quantile(p)))
    }
  }

  // MARK: The law of a pair

  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    logits.indices.map { variable in
      let limit = StandardNormal.quantile(.sigmoid(logits[variable]))
      let (ones, zeros) = (bothBelow(limit), bothBelow(-limit))
      let opposed = (1 - ones - zeros) / 2
      let beyond = limit.magnitude + 1
      let all = [
        (ones, members(mean: min(limit - 0.01, 0), halfDifference: 0)),
        (zeros, members(mean: max(limit + 0.01, 0), halfDifference: 0)),
        (opposed, members(mean: 0, halfDifference: -beyond)),
        (opposed, members(mean: 0, halfDifference: beyond)),
      ]
      return NoiseBlock(
        indices: [variable, logits.count + variable],
        law: .cells(
          all.filter { $0.0 > 1e-30 }.map { NoiseBlock.Cell(probability: $0.0, noise: $0.1) }))
    }
  }

  /// Uniform numbers that lead to a mean u and a half difference v.
  private func members(mean: Double, halfDifference: Double) -> [Double] {
    let (sum, difference) = (
      mean / Self.jitter.squareRoot(), halfDifference / (2 + Self.jitter).squareRoot()
    )
    return [StandardNormal.cdf(sum + difference), StandardNormal.cdf(sum - difference)]
  }

  /// P(x_1 < q, x_2 < q).
  private func bothBelow(_ limit: Double) -> Double {
    let (mean, difference) = ((Self.jitter / 2).squareRoot(), (1 + Self.jitter / 2).squareRoot())
    let reach = 12.0
    let top = min(limit / mean, reach)
    guard top > -reach else { return 0 }
    let integral = try? integrate(from: -reach, to: top, absoluteError: 1e-15, relativeError: 1e-12) { w in
      let density = Double.exp(-w * w / 2) / (2 * Double.pi).squareRoot()
      return density * (2 * StandardNormal.cdf((limit - mean * w) / difference) - 1)
    }
    return integral?.value ?? .nan
  }
}
