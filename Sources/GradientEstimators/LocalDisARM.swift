public import ElementwiseKernels

/// Local DisARM for the K-sample bound L = log (1/K) sum_k w_k: DisARM in each sample, the others held.
///
/// With K antithetic pairs (z_k, z'_k), g = sum_k [1/2 (L(z) - L(z with z_k replaced by z'_k)) (z_k - z'_k) sigmoid(|logit|)
/// - w_k / sum w (z_k - sigmoid(logit))]; then the same with the roles of all z and z' exchanged, and the mean of both. The
/// last term is the direct one, the derivative through q in the weights. The target is the gradient of E[L]. Unbiased.
///
/// - Complexity: 2K evaluations; 4 K^2 exponentials for each row, two sigmoids for each logit, two multiply-adds for each sample.
///
/// Source: Dong, Mnih, Tucker, "DisARM: An Antithetic Gradient Estimator for Binary Latent Variables", NeurIPS 2020, the
/// extension to multi-sample objectives.
public struct LocalDisARM: GradientEstimator {
  /// Samples K of the bound; as many pairs are drawn.
  public let samples: Int

  /// - Precondition: `samples` is 1 to 128.
  public init(samples: Int) {
    precondition((1...128).contains(samples), "a bound of 1 to 128 samples")
    self.samples = samples
  }

  public var name: String { "local-disarm:\(samples)" }

  public var target: GradientTarget { .importanceWeightedBound(samples: samples) }

  /// That of the first samples of the pairs, and that of the second ones.
  public var boundCount: Int { 2 }

  public func evaluations(variables: LatentVariables) -> Int { 2 * samples }

  public func noisePerRow(variables: LatentVariables) -> Int { samples * variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    AntitheticPair.noiseLaw(pairs: samples, logits: logits, degree: 0)
  }

  /// Each difference of bounds is at most the range of the log weights, each share at most 1.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let logit = logits[coordinate]
    let width = objective.upperBound - objective.lowerBound
    let largest = Double(samples) * width / 2 * .sigmoid(logit.magnitude)
    // The shares sum to 1, so that the direct term is a mean of -(z - p).
    return -largest - .sigmoid(-logit)...largest + .sigmoid(logit)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    AntitheticPair.draw(pairs: self.samples, logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(values.count == 2 * self.samples * shape.rows && gradient.count == shape.logitCount)
    gradient.update(repeating: 0)
    combineDifferences(samples: samples, values: values, shape: shape, into: &gradient)
    scale(&gradient, logits: logits)
    var bound = MultiSampleBound()
    for row in 0..<shape.rows {
      for role in 0..<2 {
        bound.load(values, row: row, rows: shape.rows, first: role, stride: 2, count: self.samples)
        for k in 0..<self.samples {
          WeightedScores.add(
            sample: 2 * k + role, of: row, by: Scalar(-bound.share(of: k) / 2), samples: samples,
            shape: shape,
            to: &gradient)
        }
      }
      // The shares of both roles sum to 2, halved.
      WeightedScores.subtractProbabilities(
        of: row, times: -1, logits: logits, shape: shape, from: &gradient)
    }
  }

  /// Adds sum_k (L - L with sample k replaced by its partner) (z_k - z'_k) of both roles.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func combineDifferences<Scalar: KernelScalar>(
    samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape, into gradient: inout MutableSpan<Scalar>
  ) {
    var bound = MultiSampleBound()
    for row in 0..<shape.rows {
      for role in 0..<2 {
        bound.load(values, row: row, rows: shape.rows, first: role, stride: 2, count: self.samples)
        let value = bound.value
        for k in 0..<self.samples {
          let partner = 2 * k + 1 - role
          let replaced = bound.with(replaced: k, by: Double(values[partner * shape.rows + row]))
          let difference = Scalar(value - replaced)
          WeightedScores.add(
            sample: 2 * k + role, of: row, by: difference, samples: samples, shape: shape, to: &gradient)
          WeightedScores.add(
            sample: partner, of: row, by: -difference, samples: samples, shape: shape, to: &gradient)
        }
      }
    }
  }

  /// Multiplies by sigmoid(|logit|) / 4: a half of DisARM's formula and a half of the mean over roles.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func scale<Scalar: KernelScalar>(_ gradient: inout MutableSpan<Scalar>, logits: Span<Scalar>) {
    let chunk = 256
    var probabilities = InlineArray<256, Scalar>(repeating: 0)
    for start in Swift.stride(from: 0, to: logits.count, by: chunk) {
      let count = min(chunk, logits.count - start)
      var span = probabilities.mutableSpan
      var part = span._mutatingExtracting(0..<count)
      Scalar.sigmoid(logits.extracting(start..<start + count), into: &part)
      for i in 0..<count { gradient[start + i] *= max(probabilities[i], 1 - probabilities[i]) / 4 }
    }
  }
}
