public import ElementwiseKernels

/// DisARM, also U2G: g = 1/2 (f(z1) - f(z2)) (z1 - z2) sigmoid(|logit|) with the sample pair of ARM. Unbiased.
///
/// It is the conditional mean of ARM given the pair (z1, z2), and never has more variance. With n pairs, the average over
/// n independent pairs: 2n evaluations and 1/n of the variance.
///
/// Source: Dong, Mnih, Tucker, "DisARM: An Antithetic Gradient Estimator for Binary Latent Variables", NeurIPS 2020,
/// section 3; the same estimator as Yin, Ho, Yan, Qian, Zhou, "Probabilistic Best Subset Selection via Gradient-Based
/// Optimization", 2020 (U2G).
public struct DisARM: GradientEstimator {
  /// Independent pairs of samples of each row.
  public let pairs: Int

  /// - Precondition: `pairs >= 1`.
  public init(pairs: Int = 1) {
    precondition(pairs >= 1, "DisARM takes at least one pair of samples")
    self.pairs = pairs
  }

  /// `disarm` for one pair, `disarm:2` for two.
  public var name: String { pairs == 1 ? "disarm" : "disarm:\(pairs)" }

  public func evaluations(variables: LatentVariables) -> Int { 2 * pairs }

  public func noisePerRow(variables: LatentVariables) -> Int { pairs * variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    AntitheticPair.noiseLaw(pairs: pairs, logits: logits, degree: 0)
  }

  /// Half the objective's range, times sigmoid(|logit|).
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let range = objective.upperBound - objective.lowerBound
    let largest = range / 2 * .sigmoid(logits[coordinate].magnitude)
    return -largest...largest
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    AntitheticPair.draw(pairs: pairs, logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(samples.count == 2 * pairs * count && values.count == 2 * pairs * shape.rows)
    precondition(logits.count == count && gradient.count == count)
    for row in 0..<shape.rows {
      let coordinates = row * shape.variables..<(row + 1) * shape.variables
      for i in coordinates { gradient[i] = 0 }
      for pair in 0..<pairs {
        let value = 2 * pair * shape.rows + row
        let difference = values[value] - values[value + shape.rows]
        let first = 2 * pair * count
        for i in coordinates { gradient[i] += difference * (samples[first + i] - samples[first + count + i]) }
      }
    }
    scale(&gradient, logits: logits)
  }

  /// Multiplies each sum over the pairs by sigmoid(|logit|) / (2 pairs).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func scale<Scalar: KernelScalar>(_ gradient: inout MutableSpan<Scalar>, logits: Span<Scalar>) {
    let chunk = 256
    var probabilities = InlineArray<256, Scalar>(repeating: 0)
    for start in stride(from: 0, to: logits.count, by: chunk) {
      let count = min(chunk, logits.count - start)
      var output = probabilities.mutableSpan
      var part = output._mutatingExtracting(0..<count)
      Scalar.sigmoid(logits.extracting(start..<start + count), into: &part)
      for i in 0..<count {
        gradient[start + i] *= max(probabilities[i], 1 - probabilities[i]) / Scalar(2 * pairs)
      }
    }
  }
}
