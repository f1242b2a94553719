internal import ElementwiseKernels

/// log q(0) of each row of Bernoulli logits, [rows x variables]: minus the sum of their softplus.
///
/// With it log q(z) = z . logits + log q(0), so that exponentials are taken once for a row, not once for a sample.
func logDensitiesOfZero<Scalar: KernelScalar>(
  logits: Span<Scalar>, rows: Int, zeros: [UInt8], into densities: inout [Scalar]
) {
  var target = densities.mutableSpan
  Scalar.bernoulliLogLikelihood(logits: logits, targets: zeros.span, rows: rows, into: &target)
}

/// log p(z) - log q(z) without the terms that do not depend on z: z . (prior - logits).
///
/// Summed in four interleaved parts; their order depends on the length only.
func logDensityDifference<Scalar: KernelScalar>(
  latents: Span<Scalar>, prior: Span<Scalar>, logits: Span<Scalar>
) -> Scalar {
  precondition(latents.count == prior.count && latents.count == logits.count)
  var sums = SIMD4<Scalar>()
  let whole = latents.count & ~3
  for start in stride(from: 0, to: whole, by: 4) {
    let z = SIMD4(latents[start], latents[start + 1], latents[start + 2], latents[start + 3])
    let p = SIMD4(prior[start], prior[start + 1], prior[start + 2], prior[start + 3])
    let q = SIMD4(logits[start], logits[start + 1], logits[start + 2], logits[start + 3])
    sums += z * (p - q)
  }
  var rest: Scalar = 0
  for index in whole..<latents.count { rest += latents[index] * (prior[index] - logits[index]) }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Whether every number is finite.
func allFinite<Scalar: KernelScalar>(_ values: Span<Scalar>) -> Bool {
  // x * 0 is 0 for finite x and NaN otherwise; the sum needs no branch.
  var sum: Scalar = 0
  for index in values.indices { sum += values[index] * 0 }
  return sum == 0
}
