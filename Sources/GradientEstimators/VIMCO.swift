public import ElementwiseKernels

/// VIMCO: g = sum_k (L - L_{-k} - w_k / sum w) score(z_k), for the K-sample bound L = log (1/K) sum_k w_k.
///
/// L_{-k} is L with w_k replaced by the geometric mean of the other weights: a baseline that does not see z_k. The share
/// w_k / sum w is the direct term, the derivative of L through q in the weights. The target is the gradient of E[L].
/// Unbiased.
///
/// - Complexity: K evaluations; K^2 exponentials for each row, one sigmoid or exponential for each logit, one multiply-add for each sample.
///
/// Source: Mnih, Rezende, "Variational Inference for Monte Carlo Objectives", ICML 2016, the VIMCO estimator with the
/// geometric mean.
public struct VIMCO: GradientEstimator {
  /// Samples K of the bound.
  public let samples: Int

  /// - Precondition: `samples` is 2 to 256.
  public init(samples: Int) {
    precondition((2...256).contains(samples), "a leave-one-out baseline takes 2 to 256 samples")
    self.samples = samples
  }

  public var name: String { "vimco:\(samples)" }

  public var target: GradientTarget { .importanceWeightedBound(samples: samples) }

  public func supports(_ variables: LatentVariables) -> Bool { true }

  public func evaluations(variables: LatentVariables) -> Int { samples }

  public func noisePerRow(variables: LatentVariables) -> Int { samples * variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: samples, logits: logits, variables: variables, degree: 0)
  }

  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let signal = MultiSampleBound.signalRange(
      width: objective.upperBound - objective.lowerBound, samples: samples)
    return MultiSampleBound.scoreRange(
      signal: signal.lowerBound - 1...signal.upperBound, samples: samples,
      odds: CategoricalLaw.odds(of: coordinate, logits: logits, variables: variables))
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    IndependentSamples.draw(
      evaluations: self.samples, logits: logits, noise: noise, shape: shape, into: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(values.count == self.samples * shape.rows && gradient.count == shape.logitCount)
    gradient.update(repeating: 0)
    var bound = MultiSampleBound()
    for row in 0..<shape.rows {
      bound.load(values, row: row, rows: shape.rows, count: self.samples)
      let value = bound.value
      var total = 0.0
      for k in 0..<self.samples {
        let signal = value - bound.withMean(replaced: k) - bound.share(of: k)
        total += signal
        WeightedScores.add(
          sample: k, of: row, by: Scalar(signal), samples: samples, shape: shape, to: &gradient)
      }
      WeightedScores.subtractProbabilities(
        of: row, times: Scalar(total), logits: logits, shape: shape, from: &gradient)
    }
  }
}
