internal import ElementwiseKernels

/// Samples z = 1[u < sigmoid(logit)] that are independent across evaluations, rows and variables.
enum IndependentSamples {
  /// Draws `evaluations` samples of each row; a row's noise is [evaluations x variables], then `furtherNoise` numbers
  /// that are left for others.
  ///
  /// - Complexity: one sigmoid and one comparison for each sample.
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
    guard perRow > shape.variables else {
      return Scalar.bernoulliSample(logits: logits, uniforms: noise, into: &samples)
    }
    for row in 0..<shape.rows {
      let rowLogits = logits.extracting(row * shape.variables..<(row + 1) * shape.variables)
      for evaluation in 0..<evaluations {
        let uniform = row * perRow + evaluation * shape.variables
        let sample = evaluation * count + row * shape.variables
        var part = samples._mutatingExtracting(sample..<sample + shape.variables)
        Scalar.bernoulliSample(
          logits: rowLogits, uniforms: noise.extracting(uniform..<uniform + shape.variables), into: &part)
      }
    }
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
