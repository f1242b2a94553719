internal import ElementwiseKernels
internal import GradientEstimators

/// What latents are drawn by, of each row of logits [rows x width]: sigmoid(logit) for a Bernoulli variable, for a categorical one
/// the distribution function of its categories.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func latentDistributions<Scalar: KernelScalar>(
  logits: Span<Scalar>, variables: LatentVariables, into distributions: inout MutableSpan<Scalar>
) {
  latentMeans(logits: logits, variables: variables, into: &distributions)
  if !variables.isBinary { accumulate(&distributions, categories: variables.categories) }
}

/// Draws latents, one uniform number for each, as the bytes that a network is given: bits, or unit vectors.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func drawLatents<Scalar: KernelScalar>(
  distributions: Span<Scalar>, uniforms: Span<Scalar>, variables: LatentVariables,
  into bits: inout MutableSpan<UInt8>
) {
  if variables.isBinary {
    Scalar.bernoulliBits(probabilities: distributions, uniforms: uniforms, into: &bits)
  } else {
    drawUnitVectors(distribution: distributions, uniforms: uniforms, into: &bits)
  }
}

/// Turns the probabilities of each variable's categories into its distribution function, [variables x categories].
///
/// Divided by its last value, so that this is 1 exactly and no uniform number lies above it, nor in a category of
/// probability 0.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func accumulate<Scalar: KernelScalar>(
  _ probabilities: inout MutableSpan<Scalar>, categories: Int
) {
  for start in stride(from: 0, to: probabilities.count, by: categories) {
    for place in start + 1..<start + categories { probabilities[place] += probabilities[place - 1] }
    let total = probabilities[start + categories - 1]
    for place in start..<start + categories { probabilities[place] /= total }
  }
}

/// Writes the unit vector of the first category whose distribution function is above a uniform number, for each variable.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func drawUnitVectors<Scalar: KernelScalar>(
  distribution: Span<Scalar>, uniforms: Span<Scalar>, into bits: inout MutableSpan<UInt8>
) {
  precondition(distribution.count == bits.count && distribution.count.isMultiple(of: uniforms.count))
  let categories = distribution.count / uniforms.count
  bits.update(repeating: 0)
  for variable in 0..<uniforms.count {
    var place = variable * categories
    while uniforms[variable] >= distribution[place] { place += 1 }
    bits[place] = 1
  }
}
