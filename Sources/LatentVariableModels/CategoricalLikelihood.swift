internal import ElementwiseKernels
internal import Numerics

/// The law of categorical variables given logits, p(c) = softmax(logits)_c for each; values are unit vectors, as bytes.
enum CategoricalLikelihood {
  /// log p(z) of each row, summed over its variables.
  ///
  /// - Parameters:
  ///   - logits: [rows x width], or [width] for all rows.
  ///   - unitVectors: [rows x width].
  ///   - categories: of each variable; the width is a multiple of it.
  ///   - logLikelihoods: [rows].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func logLikelihoods<Scalar: KernelScalar>(
    logits: Span<Scalar>, unitVectors: Span<UInt8>, categories: Int,
    into logLikelihoods: inout MutableSpan<Scalar>
  ) {
    let rows = logLikelihoods.count
    let width = unitVectors.count / rows
    precondition(unitVectors.count == rows * width && width.isMultiple(of: categories))
    precondition(logits.count == width || logits.count == rows * width)
    let rowStep = logits.count == width ? 0 : width
    for row in 0..<rows {
      var sum: Scalar = 0
      for start in stride(from: 0, to: width, by: categories) {
        let vector = unitVectors.extracting(row * width + start..<row * width + start + categories)
        sum += LabelLikelihood.logLikelihood(
          logits: logits, row: (row * rowStep + start) / categories, classes: categories,
          label: category(of: vector))
      }
      logLikelihoods[row] = sum
    }
  }

  /// The gradient of sum over rows of rowScales[r] log p(z_r) with respect to the logits: rowScales[r] (z - p).
  ///
  /// Logits and unit vectors are [rows x width].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func gradient<Scalar: KernelScalar>(
    logits: Span<Scalar>, unitVectors: Span<UInt8>, categories: Int, rowScales: Span<Scalar>,
    into gradient: inout MutableSpan<Scalar>
  ) {
    let width = logits.count / rowScales.count
    precondition(unitVectors.count == logits.count && gradient.count == logits.count)
    LabelLikelihood.probabilities(logits: logits, rows: logits.count / categories, into: &gradient)
    for place in 0..<gradient.count {
      gradient[place] = rowScales[place / width] * (Scalar(unitVectors[place]) - gradient[place])
    }
  }

  @inline(__always)
  private static func category(of unitVector: Span<UInt8>) -> Int {
    var category = 0
    while unitVector[category] == 0 { category += 1 }
    return category
  }
}

/// What log p(z) has that depends on z, for each row of latents as bytes: z . logits for Bernoulli variables, of which log p(0) is
/// left out; all of it for categorical ones.
///
/// Logits are [rows x width], or [width] for all rows.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func densityTerms<Scalar: KernelScalar>(
  bits: Span<UInt8>, logits: Span<Scalar>, rows: Int, categories: Int?, into terms: inout MutableSpan<Scalar>
) {
  if let categories {
    CategoricalLikelihood.logLikelihoods(
      logits: logits, unitVectors: bits, categories: categories, into: &terms)
  } else {
    Scalar.maskedSums(bits: bits, values: logits, rows: rows, into: &terms)
  }
}

/// log p(x) of each row of Bernoulli variables, or of categorical ones; logits are [rows x width], targets too, as bytes, or [width]
/// for all rows of Bernoulli variables.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func logLikelihoods<Scalar: KernelScalar>(
  logits: Span<Scalar>, targets: Span<UInt8>, rows: Int, categories: Int?,
  into logLikelihoods: inout MutableSpan<Scalar>
) {
  if let categories {
    CategoricalLikelihood.logLikelihoods(
      logits: logits, unitVectors: targets, categories: categories, into: &logLikelihoods)
  } else {
    Scalar.bernoulliLogLikelihood(logits: logits, targets: targets, rows: rows, into: &logLikelihoods)
  }
}
