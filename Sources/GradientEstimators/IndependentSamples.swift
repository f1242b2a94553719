internal import ElementwiseKernels

/// Samples z = 1[u < sigmoid(logit)] that are independent across evaluations, rows and variables.
enum IndependentSamples {
  /// Draws `evaluations` samples of each row; a row's noise is [evaluations x variables], then `furtherNoise` numbers
  /// that are left for others.
  ///
  /// - Complexity: one sigmoid for each logit, one comparison for each sample.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func draw<Scalar: KernelScalar>(
    evaluations: Int, logits: Span<Scalar>, noise: Span<Scalar>, furtherNoise: Int = 0, shape: LatentShape,
    into samples: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(logits.count == count && shape.isBinary)
    let perRow = evaluations * shape.variables + furtherNoise
    precondition(noise.count == shape.rows * perRow && samples.count == evaluations * count)
    fillWithProbabilities(&samples, logits: logits)
    // The first evaluation holds the probabilities, so it is drawn last.
    for evaluation in (0..<evaluations).reversed() {
      for row in 0..<shape.rows {
        let probability = row * shape.variables
        let uniform = row * perRow + evaluation * shape.variables
        let sample = evaluation * count + probability
        for variable in 0..<shape.variables {
          samples[sample + variable] = noise[uniform + variable] < samples[probability + variable] ? 1 : 0
        }
      }
    }
  }

  /// Fills the first `logits.count` places with sigmoid(logits).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func fillWithProbabilities<Scalar: KernelScalar>(
    _ scratch: inout MutableSpan<Scalar>, logits: Span<Scalar>
  ) {
    var probabilities = scratch._mutatingExtracting(0..<logits.count)
    Scalar.sigmoid(logits, into: &probabilities)
  }

  /// The noise law of `evaluations` independent samples: every uniform number splits at the probability of a one.
  static func noiseLaw(evaluations: Int, logits: [Double], degree: Int) -> [NoiseBlock] {
    (0..<evaluations).flatMap { evaluation in
      logits.indices.map { variable in
        NoiseBlock(
          indices: [evaluation * logits.count + variable],
          law: .uniform(breakpoints: [.sigmoid(logits[variable])], degree: degree))
      }
    }
  }
}
