internal import ElementwiseKernels

/// The leave-one-out combination 1/(n-1) sum_i (f_i - mean f) z_i of n samples.
///
/// Equal to 1/n sum_i (f_i - mean of the other f) (z_i - p): the probability p cancels, so it is never computed. For a
/// categorical variable z_i stands for the indicators 1[z_i = c].
enum LeaveOneOut {
  /// - Complexity: one multiply-add for each sample.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func combine<Scalar: KernelScalar>(
    evaluations: Int, samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape,
    into gradient: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(samples.count == evaluations * count && values.count == evaluations * shape.rows)
    precondition(gradient.count == shape.logitCount)
    guard shape.isBinary else {
      return combineCategorical(
        evaluations: evaluations, samples: samples, values: values, shape: shape, into: &gradient)
    }
    for row in 0..<shape.rows {
      let start = row * shape.variables
      var part = gradient._mutatingExtracting(start..<start + shape.variables)
      part.update(repeating: 0)
      let mean = meanValue(row: row, evaluations: evaluations, values: values, rows: shape.rows)
      for evaluation in 0..<evaluations {
        let weight = (values[evaluation * shape.rows + row] - mean) / Scalar(evaluations - 1)
        let sample = evaluation * count + start
        Scalar.addScaled(samples.extracting(sample..<sample + shape.variables), by: weight, to: &part)
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func combineCategorical<Scalar: KernelScalar>(
    evaluations: Int, samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape,
    into gradient: inout MutableSpan<Scalar>
  ) {
    gradient.update(repeating: 0)
    for row in 0..<shape.rows {
      let mean = meanValue(row: row, evaluations: evaluations, values: values, rows: shape.rows)
      for evaluation in 0..<evaluations {
        let weight = (values[evaluation * shape.rows + row] - mean) / Scalar(evaluations - 1)
        for i in row * shape.variables..<(row + 1) * shape.variables {
          let category = categoryIndex(samples[evaluation * shape.sampleCount + i])
          gradient[i * shape.logitsPerVariable + category] += weight
        }
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func meanValue<Scalar: KernelScalar>(
    row: Int, evaluations: Int, values: Span<Scalar>, rows: Int
  ) -> Scalar {
    var sum: Scalar = 0
    for evaluation in 0..<evaluations { sum += values[evaluation * rows + row] }
    return sum / Scalar(evaluations)
  }

  /// Half-width of the combination's range when f spans `range`: half the values at each end, the samples opposed.
  static func largest(range: Double, evaluations: Int) -> Double {
    let pairs = (evaluations / 2) * (evaluations - evaluations / 2)
    return range * Double(pairs) / Double(evaluations * (evaluations - 1))
  }
}
