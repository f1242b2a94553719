internal import ElementwiseKernels

/// The sample pair of ARM and DisARM: z1 = 1[u > sigmoid(-logit)], z2 = 1[u < sigmoid(logit)], one u for both.
enum AntitheticPair {
  /// Draws `pairs` independent pairs of each row, samples [pairs x 2 x rows x variables]; a row's noise is
  /// [pairs x variables], then `furtherNoise` numbers that are left for others.
  ///
  /// z1 is drawn as 1[1 - u < p]: 1 - u is exact on the production generator's grid, so both samples have the very same law.
  ///
  /// - Complexity: one sigmoid for each logit, two comparisons for each pair and logit.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func draw<Scalar: KernelScalar>(
    pairs: Int = 1, logits: Span<Scalar>, noise: Span<Scalar>, furtherNoise: Int = 0, shape: LatentShape,
    into samples: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    let perRow = pairs * shape.variables + furtherNoise
    precondition(shape.isBinary && logits.count == count && noise.count == shape.rows * perRow)
    precondition(samples.count == 2 * pairs * count)
    // The place of the very first sample holds the probabilities until it is drawn, last of all.
    var probabilities = samples._mutatingExtracting(0..<count)
    Scalar.sigmoid(logits, into: &probabilities)
    // Noise without gaps is one long row: the inner loop should not be as short as a row.
    let isContiguous = perRow == shape.variables
    let (rows, width) = isContiguous ? (1, count) : (shape.rows, shape.variables)
    for pair in (0..<pairs).reversed() {
      for row in 0..<rows {
        let start = row * width
        let uniforms = row * perRow + pair * width
        let first = 2 * pair * count + start
        for variable in 0..<width {
          let probability = samples[start + variable]
          let uniform = noise[uniforms + variable]
          samples[first + variable] = 1 - uniform < probability ? 1 : 0
          samples[first + count + variable] = uniform < probability ? 1 : 0
        }
      }
    }
  }

  /// One uniform number for each pair and variable, split where either sample changes.
  static func noiseLaw(pairs: Int = 1, logits: [Double], degree: Int) -> [NoiseBlock] {
    (0..<pairs).flatMap { pair in
      logits.indices.map { variable in
        let probability = Double.sigmoid(logits[variable])
        return NoiseBlock(
          indices: [pair * logits.count + variable],
          law: .uniform(breakpoints: [probability, 1 - probability].sorted(), degree: degree))
      }
    }
  }
}
