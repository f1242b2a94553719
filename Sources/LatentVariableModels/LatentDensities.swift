internal import ElementwiseKernels
internal import GradientEstimators
internal import Numerics

/// What log q(z) has beside z . logits, of each row of logits [rows x width]: for Bernoulli variables -sum softplus(logit),
/// which is log q(0); for categorical ones, z a unit vector, -sum over variables of log sum_c exp(logit_c).
///
/// With it exponentials are taken once for a row, not once for a sample.
///
/// `zeros` are as many zeros as there are logits; so many numbers has `scratch`, which categorical variables overwrite.
func logDensityOffsets<Scalar: KernelScalar>(
  logits: Span<Scalar>, rows: Int, variables: LatentVariables, zeros: [UInt8], scratch: inout [Scalar],
  into offsets: inout [Scalar]
) {
  guard !variables.isBinary else {
    return logDensitiesOfZero(logits: logits, rows: rows, zeros: zeros, into: &offsets)
  }
  var target = offsets.mutableSpan
  var differences = scratch.mutableSpan
  categoricalOffsets(logits: logits, rows: rows, variables: variables, scratch: &differences, into: &target)
}

/// log q(0) of each row of Bernoulli logits, [rows x variables]: minus the sum of their softplus.
func logDensitiesOfZero<Scalar: KernelScalar>(
  logits: Span<Scalar>, rows: Int, zeros: [UInt8], into densities: inout [Scalar]
) {
  var target = densities.mutableSpan
  Scalar.bernoulliLogLikelihood(logits: logits, targets: zeros.span, rows: rows, into: &target)
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func categoricalOffsets<Scalar: KernelScalar>(
  logits: Span<Scalar>, rows: Int, variables: LatentVariables, scratch: inout MutableSpan<Scalar>,
  into offsets: inout MutableSpan<Scalar>
) {
  let categories = variables.categories
  precondition(logits.count == rows * variables.logitCount && scratch.count == logits.count)
  for row in 0..<rows {
    var sum: Scalar = 0
    for variable in 0..<variables.count {
      let start = (row * variables.count + variable) * categories
      let largest = largest(logits.extracting(start..<start + categories))
      sum += largest
      for place in start..<start + categories { scratch[place] = logits[place] - largest }
    }
    offsets[row] = -sum
  }
  exponentiate(&scratch)
  for row in 0..<rows {
    for variable in 0..<variables.count {
      let start = (row * variables.count + variable) * categories
      var total: Scalar = 0
      for place in start..<start + categories { total += scratch[place] }
      offsets[row] -= .log(total)
    }
  }
}

/// exp in place, through a small buffer because kernels do not read what they write.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func exponentiate<Scalar: KernelScalar>(_ values: inout MutableSpan<Scalar>) {
  var buffer = InlineArray<256, Scalar>(repeating: 0)
  for start in stride(from: 0, to: values.count, by: 256) {
    let count = min(256, values.count - start)
    for place in 0..<count { buffer[place] = values[start + place] }
    var part = values._mutatingExtracting(start..<start + count)
    Scalar.exponential(buffer.span.extracting(0..<count), into: &part)
  }
}

@inline(__always)
private func largest<Scalar: KernelScalar>(_ values: Span<Scalar>) -> Scalar {
  var largest = values[0]
  for index in 1..<values.count { largest = max(largest, values[index]) }
  return largest
}

/// The means of the latents' components: sigmoid(logit), or the softmax of each variable's logits; [rows x width].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func latentMeans<Scalar: KernelScalar>(
  logits: Span<Scalar>, variables: LatentVariables, into means: inout MutableSpan<Scalar>
) {
  precondition(means.count == logits.count && logits.count.isMultiple(of: variables.logitCount))
  guard !variables.isBinary else { return Scalar.sigmoid(logits, into: &means) }
  let categories = variables.categories
  for start in stride(from: 0, to: logits.count, by: categories) {
    let largest = largest(logits.extracting(start..<start + categories))
    for place in start..<start + categories { means[place] = logits[place] - largest }
  }
  exponentiate(&means)
  for start in stride(from: 0, to: logits.count, by: categories) {
    var total: Scalar = 0
    for place in start..<start + categories { total += means[place] }
    for place in start..<start + categories { means[place] /= total }
  }
}

/// prior - logits for each row of logits, [rows x width]: what log p(z) - log q(z) has for each component of z, beside the
/// terms that do not depend on z.
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

/// Samples of latent variables as the bytes that the decoder is given: bits, or unit vectors of category indices.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func copyBits<Scalar: KernelScalar>(
  _ samples: Span<Scalar>, of variables: LatentVariables, to bits: inout MutableSpan<UInt8>
) {
  precondition(samples.count * variables.logitsPerVariable == bits.count)
  guard !variables.isBinary else { return copyBits(samples, to: &bits) }
  bits.update(repeating: 0)
  for index in 0..<samples.count { bits[index * variables.categories + Int(samples[index])] = 1 }
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
