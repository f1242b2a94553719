internal import ElementwiseKernels

/// One variable of D, chosen uniformly by the last number of a row's noise, and the flip of its bit.
enum CoordinatePick {
  /// The variable k with k/D < u < (k+1)/D.
  ///
  /// In `Float`, u D may round up to D itself.
  static func variable<Scalar: KernelScalar>(uniform: Scalar, variables: Int) -> Int {
    min(Int(uniform * Scalar(variables)), variables - 1)
  }

  /// One uniform number at the end of the row, split at the multiples of 1/D.
  static func noiseLaw(index: Int, variables: Int) -> NoiseBlock {
    NoiseBlock(
      indices: [index],
      law: .uniform(breakpoints: (1..<variables).map { Double($0) / Double(variables) }, degree: 0))
  }

  /// Writes evaluation `target` as evaluation `source` with the bit of the row's chosen variable flipped.
  ///
  /// The chosen variable's uniform is the last of the row's `variables` + 1.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func flip<Scalar: KernelScalar>(
    from source: Int, to target: Int, noise: Span<Scalar>, shape: LatentShape,
    samples: inout MutableSpan<Scalar>
  ) {
    let variables = shape.variables
    for row in 0..<shape.rows {
      let original = (source * shape.rows + row) * variables
      let flipped = (target * shape.rows + row) * variables
      for variable in 0..<variables { samples[flipped + variable] = samples[original + variable] }
      let chosen = Self.variable(uniform: noise[row * (variables + 1) + variables], variables: variables)
      samples[flipped + chosen] = 1 - samples[original + chosen]
    }
  }
}
