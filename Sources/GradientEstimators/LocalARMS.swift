public import ElementwiseKernels

/// Local ARMS for the K-sample bound L = log (1/K) sum_k w_k: ARMS in each sample, the others held.
///
/// K independent samples z_k make the bound; n antithetic samples z'_i of a Dirichlet copula, common to all k, take the place of
/// each in turn: with f_ik = L(z with w_k replaced by w'_i) and rho the copula's correlation, g = sum_k [1/(n-1) sum_i
/// (f_ik - mean over i) (z'_i - sigmoid(logit)) / (1 - rho) - w_k / sum w (z_k - sigmoid(logit))]. The last term is the direct
/// one, the derivative through q in the weights. The target is the gradient of E[L]. Unbiased.
///
/// - Complexity: K + n evaluations; K^2 n exponentials for each row, one multiply-add for each sample.
///
/// Source: Dimitriev, Zhou, "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables", ICML 2021, the
/// multi-sample objective; the sum over k is of K terms, not their mean.
public struct LocalARMS: GradientEstimator {
  /// Samples K of the bound.
  public let samples: Int
  let copula: DirichletCopula

  /// Antithetic samples n.
  public var antitheticSamples: Int { copula.samples }

  /// - Precondition: `samples` is 1 to 256, `antitheticSamples` at least 2.
  public init(samples: Int, antitheticSamples: Int) {
    precondition((1...256).contains(samples), "a bound of 1 to 256 samples")
    self.samples = samples
    copula = DirichletCopula(samples: antitheticSamples)
  }

  public var name: String { "local-arms:\(samples),\(antitheticSamples)" }

  public var target: GradientTarget { .importanceWeightedBound(samples: samples) }

  public func evaluations(variables: LatentVariables) -> Int { samples + antitheticSamples }

  public func noisePerRow(variables: LatentVariables) -> Int {
    (samples + antitheticSamples) * variables.count
  }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: samples, logits: logits, variables: variables, degree: 0)
      + logits.indices.map { variable in
        NoiseBlock(
          indices: (0..<antitheticSamples).map { (samples + $0) * logits.count + variable },
          law: .cells(copula.cells(logit: logits[variable])))
      }
  }

  /// Each of the K leave-one-out sums is bounded as in ARMS, by the range of the log weights; the shares sum to 1.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let logit = logits[coordinate]
    let width = objective.upperBound - objective.lowerBound
    let one =
      LeaveOneOut.largest(range: width, evaluations: antitheticSamples) * copula.debiasFactor(logit: logit)
    let largest = Double(samples) * one
    return -largest - .sigmoid(-logit)...largest + .sigmoid(logit)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    var independent = samples._mutatingExtracting(0..<self.samples * count)
    IndependentSamples.draw(
      evaluations: self.samples, logits: logits, noise: noise,
      furtherNoise: antitheticSamples * shape.variables, shape: shape, into: &independent)
    var antithetic = samples._mutatingExtracting(self.samples * count..<samples.count)
    copula.draw(
      logits: logits, noise: noise, precedingNoise: self.samples * shape.variables, shape: shape,
      into: &antithetic)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(values.count == (self.samples + antitheticSamples) * shape.rows)
    precondition(gradient.count == shape.logitCount)
    gradient.update(repeating: 0)
    var bound = MultiSampleBound()
    for row in 0..<shape.rows {
      bound.load(values, row: row, rows: shape.rows, count: self.samples)
      addLeaveOneOut(of: row, &bound, samples: samples, values: values, shape: shape, to: &gradient)
    }
    copula.debias(&gradient, logits: logits)
    for row in 0..<shape.rows {
      bound.load(values, row: row, rows: shape.rows, count: self.samples)
      for k in 0..<self.samples {
        WeightedScores.add(
          sample: k, of: row, by: Scalar(-bound.share(of: k)), samples: samples, shape: shape, to: &gradient)
      }
      WeightedScores.subtractProbabilities(
        of: row, times: -1, logits: logits, shape: shape, from: &gradient)
    }
  }

  /// Adds sum_k 1/(n-1) sum_i (f_ik - mean over i) z'_i of a row.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func addLeaveOneOut<Scalar: KernelScalar>(
    of row: Int, _ bound: inout MultiSampleBound, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, to gradient: inout MutableSpan<Scalar>
  ) {
    var mean = 0.0
    for i in 0..<antitheticSamples { mean += sum(&bound, i, row, values, shape.rows) }
    mean /= Double(antitheticSamples)
    for i in 0..<antitheticSamples {
      let weight = (sum(&bound, i, row, values, shape.rows) - mean) / Double(antitheticSamples - 1)
      WeightedScores.add(
        sample: self.samples + i, of: row, by: Scalar(weight), samples: samples, shape: shape, to: &gradient)
    }
  }

  /// The sum over k of f_ik.
  private func sum<Scalar: KernelScalar>(
    _ bound: inout MultiSampleBound, _ i: Int, _ row: Int, _ values: Span<Scalar>, _ rows: Int
  ) -> Double {
    let logWeight = Double(values[(samples + i) * rows + row])
    var sum = 0.0
    for k in 0..<samples { sum += bound.with(replaced: k, by: logWeight) }
    return sum
  }
}
