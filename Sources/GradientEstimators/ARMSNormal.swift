public import ElementwiseKernels

/// ARMS with the Gaussian copula: g = 1/(n-1) sum_i (f(z_i) - mean f) (z_i - sigmoid(logit)) / (1 - rho).
///
/// The n samples of a variable are thresholds of normal numbers with correlation -1/(n-1); rho is the correlation of two
/// samples, from the exact bivariate normal probability. Unbiased. For n = 2 it has the law of DisARM.
///
/// The noise law is enumerated for n <= 6; beyond, exact moments are refused.
///
/// Source: Dimitriev, Zhou, "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables", ICML 2021,
/// the Gaussian copula.
public struct ARMSNormal: GradientEstimator {
  let copula: GaussianCopula

  /// Samples n of each row.
  public var samples: Int { copula.samples }

  /// - Precondition: `samples >= 2`.
  public init(samples: Int) {
    copula = GaussianCopula(samples: samples)
  }

  public var name: String { "arms-normal:\(samples)" }

  public func evaluations(variables: LatentVariables) -> Int { samples }

  public func noisePerRow(variables: LatentVariables) -> Int { samples * variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    logits.indices.map { variable in
      NoiseBlock(
        indices: (0..<samples).map { $0 * logits.count + variable }, law: copula.law(logit: logits[variable]))
    }
  }

  /// The objective's range times floor(n^2/4) / (n (n-1)), divided by 1 - rho >= 1.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let range = objective.upperBound - objective.lowerBound
    let largest =
      LeaveOneOut.largest(range: range, evaluations: samples) * copula.debiasFactor(logit: logits[coordinate])
    return -largest...largest
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    copula.draw(logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(logits.count == shape.sampleCount && shape.isBinary)
    LeaveOneOut.combine(
      evaluations: self.samples, samples: samples, values: values, shape: shape, into: &gradient)
    copula.debias(&gradient, logits: logits)
  }
}
