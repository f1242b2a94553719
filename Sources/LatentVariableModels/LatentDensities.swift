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

/// prior - logits for each row of logits, [rows x variables]: what log p(z) - log q(z) has for each z = 1, beside the terms
/// that do not depend on z.
func subtractLogits<Scalar: KernelScalar>(
  _ logits: Span<Scalar>, from prior: Span<Scalar>, into differences: inout MutableSpan<Scalar>
) {
  precondition(logits.count == differences.count && logits.count.isMultiple(of: prior.count))
  for start in stride(from: 0, to: logits.count, by: prior.count) {
    for variable in prior.indices {
      differences[start + variable] = prior[variable] - logits[start + variable]
    }
  }
}

/// Samples of Bernoulli variables as bytes.
func copyBits<Scalar: KernelScalar>(_ samples: Span<Scalar>, to bits: inout MutableSpan<UInt8>) {
  precondition(samples.count == bits.count)
  for index in 0..<bits.count { bits[index] = samples[index] == 0 ? 0 : 1 }
}

func copyBytes(_ source: Span<UInt8>, to target: inout MutableSpan<UInt8>) {
  precondition(source.count == target.count)
  for index in 0..<target.count { target[index] = source[index] }
}

/// Whether every number is finite.
func allFinite<Scalar: KernelScalar>(_ values: Span<Scalar>) -> Bool {
  // x * 0 is 0 for finite x and NaN otherwise; the sum needs no branch.
  var sum: Scalar = 0
  for index in values.indices { sum += values[index] * 0 }
  return sum == 0
}
