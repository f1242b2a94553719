internal import ElementwiseKernels

/// The score z - sigmoid(logit) = d/d(logit) log P(z), with full relative precision at both ends.
///
/// Written as (2z - 1) sigmoid(-(2z - 1) logit): the plain difference cancels where the probability of z is near 1.
enum ScoreFunction {
  /// Numbers that one pass holds on the stack.
  private static let chunk = 256

  /// Writes coefficient(row) * (z - sigmoid(logit)) for a batch of binary samples [rows x variables].
  ///
  /// - Complexity: one sigmoid for each sample.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func scaled<Scalar: KernelScalar>(
    by coefficients: Span<Scalar>, shift: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    shape: LatentShape, into gradient: inout MutableSpan<Scalar>
  ) {
    precondition(coefficients.count == shape.rows && logits.count == shape.sampleCount && shape.isBinary)
    precondition(samples.count == shape.sampleCount && gradient.count == shape.sampleCount)
    fill(logits: logits, samples: samples, into: &gradient)
    for row in 0..<shape.rows {
      let coefficient = coefficients[row] - shift
      for i in row * shape.variables..<(row + 1) * shape.variables { gradient[i] *= coefficient }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func fill<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, into score: inout MutableSpan<Scalar>
  ) {
    var opposed = InlineArray<256, Scalar>(repeating: 0)
    var start = 0
    while start < score.count {
      let count = min(chunk, score.count - start)
      for i in 0..<count { opposed[i] = (1 - 2 * samples[start + i]) * logits[start + i] }
      var part = score._mutatingExtracting(start..<start + count)
      Scalar.sigmoid(opposed.span.extracting(0..<count), into: &part)
      for i in start..<start + count { score[i] *= 2 * samples[i] - 1 }
      start += count
    }
  }
}
