internal import ElementwiseKernels

/// A sum of scores with weights, sum_k a_k (z_k - p), as sum_k a_k z_k less p sum_k a_k; indicators for categories.
enum WeightedScores {
  /// Adds a_k z_k of one sample of a row.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func add<Scalar: KernelScalar>(
    sample: Int, of row: Int, by weight: Scalar, samples: Span<Scalar>, shape: LatentShape,
    to gradient: inout MutableSpan<Scalar>
  ) {
    let start = sample * shape.sampleCount + row * shape.variables
    guard shape.isBinary else {
      for variable in 0..<shape.variables {
        let category = categoryIndex(samples[start + variable])
        gradient[row * shape.logitsPerRow + variable * shape.logitsPerVariable + category] += weight
      }
      return
    }
    var part = gradient._mutatingExtracting(row * shape.variables..<(row + 1) * shape.variables)
    Scalar.addScaled(samples.extracting(start..<start + shape.variables), by: weight, to: &part)
  }

  /// Subtracts p sum_k a_k of a row.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func subtractProbabilities<Scalar: KernelScalar>(
    of row: Int, times total: Scalar, logits: Span<Scalar>, shape: LatentShape,
    from gradient: inout MutableSpan<Scalar>
  ) {
    let range = row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow
    guard shape.isBinary else {
      var law = CategoricalLaw()
      let width = shape.logitsPerVariable
      for start in Swift.stride(from: range.lowerBound, to: range.upperBound, by: width) {
        law.load(logits.extracting(start..<start + width))
        let probabilities = law.probabilities.span
        for category in 0..<width { gradient[start + category] -= total * Scalar(probabilities[category]) }
      }
      return
    }
    let chunk = 256
    var probabilities = InlineArray<256, Scalar>(repeating: 0)
    for start in Swift.stride(from: range.lowerBound, to: range.upperBound, by: chunk) {
      let count = min(chunk, range.upperBound - start)
      var span = probabilities.mutableSpan
      var part = span._mutatingExtracting(0..<count)
      Scalar.sigmoid(logits.extracting(start..<start + count), into: &part)
      for i in 0..<count { gradient[start + i] -= total * probabilities[i] }
    }
  }
}
