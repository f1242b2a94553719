internal import ElementwiseKernels
internal import GradientEstimators

/// A sound estimator whose gradient is multiplied by a factor: a wrong sign, a missing or a doubled normaliser.
struct ScaledMutant<Base: GradientEstimator>: FaultyEstimator {
  let base: Base
  let factor: Double

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
    for i in 0..<gradient.count { gradient[i] *= Scalar(factor) }
  }
}
