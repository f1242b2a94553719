internal import ElementwiseKernels

/// Samples z = 1[u < sigmoid(logit)] that are independent across evaluations, rows and variables; for categorical
/// variables, the inverse of the distribution function at u.
enum IndependentSamples {
  /// Draws `evaluations` samples of each row; a row's noise is [evaluations x variables], then `furtherNoise` numbers
  /// that are left for others.
  ///
  /// - Complexity: one sigmoid and one comparison for each sample; one exponential for each categorical logit.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func draw<Scalar: KernelScalar>(
    evaluations: Int, logits: Span<Scalar>, noise: Span<Scalar>, furtherNoise: Int = 0, shape: LatentShape,
    into samples: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    let perRow = evaluations * shape.variables + furtherNoise
    precondition(logits.count == shape.logitCount)
    precondition(noise.count == shape.rows * perRow && samples.count == evaluations * count)
    guard shape.isBinary else {
      return drawCategorical(
        evaluations: evaluations, logits: logits, noise: noise, perRow: perRow, shape: shape, into: &samples)
    }
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

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func drawCategorical<Scalar: KernelScalar>(
    evaluations: Int, logits: Span<Scalar>, noise: Span<Scalar>, perRow: Int, shape: LatentShape,
    into samples: inout MutableSpan<Scalar>
  ) {
    var law = CategoricalLaw()
    let categories = shape.logitsPerVariable
    for i in 0..<shape.sampleCount {
      law.load(logits.extracting(i * categories..<(i + 1) * categories))
      let (row, variable) = (i / shape.variables, i % shape.variables)
      let probabilities = law.probabilities.span.extracting(0..<categories)
      let sums = law.sums.span
      for evaluation in 0..<evaluations {
        let uniform = noise[row * perRow + evaluation * shape.variables + variable]
        let category = CategoricalLaw.category(
          at: Double(uniform), probabilities: probabilities, sums: sums)
        samples[evaluation * shape.sampleCount + i] = Scalar(category)
      }
    }
  }

  /// The noise law of `evaluations` independent samples: every uniform number splits at the probability of a one, or at
  /// the values of the distribution function.
  static func noiseLaw(
    evaluations: Int, logits: [Double], variables: LatentVariables, degree: Int
  ) -> [NoiseBlock] {
    let breakpoints = (0..<variables.count).map {
      Self.breakpoints(ofVariable: $0, logits: logits, variables: variables)
    }
    return (0..<evaluations).flatMap { evaluation in
      (0..<variables.count).map { variable in
        NoiseBlock(
          indices: [evaluation * variables.count + variable],
          law: .uniform(breakpoints: breakpoints[variable], degree: degree))
      }
    }
  }

  /// Where the sample of a variable changes as its uniform number grows.
  static func breakpoints(
    ofVariable variable: Int, logits: [Double], variables: LatentVariables
  ) -> [Double] {
    guard !variables.isBinary else { return [Double.sigmoid(logits[variable])] }
    let law = CategoricalLaw(variable: variable, logits: logits, variables: variables)
    return (1..<variables.categories).map { law.cumulative(below: $0) }
  }
}
