internal import ElementwiseKernels

/// The score z - sigmoid(logit) = d/d(logit) log P(z), with full relative precision at both ends.
///
/// Written as (2z - 1) sigmoid(-(2z - 1) logit): the plain difference cancels where the probability of z is near 1. For
/// a categorical variable it is 1[z = c] - p_c, and 1 - p_z the sum of the other probabilities.
enum ScoreFunction {
  /// Numbers that one pass holds on the stack.
  private static let chunk = 256

  /// Writes (coefficient(row) - shift) * score for a batch of samples [rows x variables].
  ///
  /// - Complexity: one sigmoid or exponential for each logit.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func scaled<Scalar: KernelScalar>(
    by coefficients: Span<Scalar>, shift: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    shape: LatentShape, into gradient: inout MutableSpan<Scalar>
  ) {
    precondition(coefficients.count == shape.rows && logits.count == shape.logitCount)
    precondition(samples.count == shape.sampleCount && gradient.count == shape.logitCount)
    if shape.isBinary {
      fill(logits: logits, samples: samples, into: &gradient)
    } else {
      fillCategorical(logits: logits, samples: samples, categories: shape.logitsPerVariable, into: &gradient)
    }
    for row in 0..<shape.rows {
      let coefficient = coefficients[row] - shift
      for i in row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow { gradient[i] *= coefficient }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func fillCategorical<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, categories: Int, into score: inout MutableSpan<Scalar>
  ) {
    var law = CategoricalLaw()
    for i in 0..<samples.count {
      law.load(logits.extracting(i * categories..<(i + 1) * categories))
      let probabilities = law.probabilities.span
      let drawn = categoryIndex(samples[i])
      var others = 0.0
      for category in 0..<categories where category != drawn {
        let probability = probabilities[category]
        others += probability
        score[i * categories + category] = Scalar(-probability)
      }
      score[i * categories + drawn] = Scalar(others)
    }
  }

  /// Writes the score of each bit.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func fill<Scalar: KernelScalar>(
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
