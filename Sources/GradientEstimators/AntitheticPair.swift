internal import ElementwiseKernels

/// The sample pair of ARM and DisARM: z1 = 1[u > sigmoid(-logit)], z2 = 1[u < sigmoid(logit)], one u for both.
enum AntitheticPair {
  /// z1 is drawn as 1[1 - u < p]: 1 - u is exact on the production generator's grid, so both samples have the very same law.
  ///
  /// - Complexity: one sigmoid for each logit, two comparisons.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, into samples: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(shape.isBinary && logits.count == count && noise.count == count)
    precondition(samples.count == 2 * count)
    IndependentSamples.fillWithProbabilities(&samples, logits: logits)
    for i in 0..<count {
      let probability = samples[i]
      samples[i] = 1 - noise[i] < probability ? 1 : 0
      samples[count + i] = noise[i] < probability ? 1 : 0
    }
  }

  /// One uniform number for each variable, split where either sample changes.
  static func noiseLaw(logits: [Double], degree: Int) -> [NoiseBlock] {
    logits.indices.map { variable in
      let probability = Double.sigmoid(logits[variable])
      return NoiseBlock(
        indices: [variable],
        law: .uniform(breakpoints: [probability, 1 - probability].sorted(), degree: degree))
    }
  }
}
