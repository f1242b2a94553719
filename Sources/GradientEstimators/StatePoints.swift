internal import ElementwiseKernels

/// Independent samples of the latent variables as points of a differentiable objective: bits, or unit vectors.
enum StatePoints {
  /// Draws one sample of each row: z = 1[u < sigmoid(logit)], or the unit vector of the category at u.
  ///
  /// A row's noise is [variables], then `furtherNoise` numbers that are left for others.
  ///
  /// - Complexity: one sigmoid or exponential for each logit.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, furtherNoise: Int = 0, shape: LatentShape,
    into points: inout MutableSpan<Scalar>
  ) {
    guard !shape.isBinary else {
      return IndependentSamples.draw(
        evaluations: 1, logits: logits, noise: noise, furtherNoise: furtherNoise, shape: shape, into: &points)
    }
    let perRow = shape.variables + furtherNoise
    precondition(logits.count == shape.logitCount && points.count == shape.logitCount)
    precondition(noise.count == shape.rows * perRow)
    var law = CategoricalLaw()
    let categories = shape.logitsPerVariable
    for i in 0..<shape.sampleCount {
      law.load(logits.extracting(i * categories..<(i + 1) * categories))
      let uniform = noise[i / shape.variables * perRow + i % shape.variables]
      let category = CategoricalLaw.category(
        at: Double(uniform), probabilities: law.probabilities.span.extracting(0..<categories),
        sums: law.sums.span)
      for other in 0..<categories { points[i * categories + other] = other == category ? 1 : 0 }
    }
  }
}
