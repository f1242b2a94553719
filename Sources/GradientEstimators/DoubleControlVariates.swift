public import ElementwiseKernels

/// Double control variates: LOORF on f + c, with the mean of c's part taken off exactly.
///
/// Of K independent samples z_k with derivatives F_k = f'(z_k), let Fbar_k be the mean of the other samples' derivatives and
/// c_k = alpha Fbar_k . (z_k - p). Then
///
///     g = 1/(K-1) sum_k (f_k + c_k - mean(f + c)) (z_k - p) - alpha p (1 - p) mean F.
///
/// c_k takes part both in a sample's own signal and in the others' baselines: two control variates at the price of one. K evaluations, a derivative at
/// each. Unbiased for every alpha; alpha = 0 is LOORF, and -1 is best for an affine f. alpha starts at 0, is learnt by making the gradient's
/// mean square least on the step's samples, and stays within -2 ... 2.
///
/// Source: Titsias, Shi, "Double Control Variates for Gradient Estimation in Discrete Latent Variable Models", AISTATS 2022, the
/// estimator for binary variables.
public struct DoubleControlVariates: DifferentiableGradientEstimator {
  /// Samples K of each row.
  public let samples: Int
  private var learned: LeastVarianceCoefficient

  /// - Parameters:
  ///   - samples: K.
  ///   - coefficient: alpha before anything is learnt.
  /// - Precondition: 2 <= `samples` <= 256, the coefficient lies in -2 ... 2.
  public init(samples: Int, coefficient: Double = 0) {
    precondition((2...256).contains(samples), "a leave-one-out baseline takes 2 to 256 samples")
    self.samples = samples
    learned = LeastVarianceCoefficient(coefficient)
  }

  public var name: String { "double-cv:\(samples)" }

  /// The coefficient alpha.
  public var coefficient: Double { learned.value }

  /// [alpha, the mean square that its steps are measured by].
  public var state: [Double] {
    get { learned.state }
    set {
      precondition(newValue.count == 2, "the state of double-cv is [alpha, its scale]")
      learned.state = newValue
    }
  }

  public func evaluations(variables: LatentVariables) -> Int { samples }

  public func noisePerRow(variables: LatentVariables) -> Int { samples * variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: samples, logits: logits, variables: variables, degree: 0)
  }

  /// LOORF's half-width for the range of f + c, |c| <= 2 |f'| sum_d max(p_d, 1 - p_d), and 2 p (1 - p) |f'|.
  public func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let slope = max(derivative.lowerBound.magnitude, derivative.upperBound.magnitude)
    let reach = logits.reduce(0) { $0 + Double.sigmoid($1.magnitude) }
    let control = LeastVarianceCoefficient.bound * slope
    let range = objective.upperBound - objective.lowerBound + 2 * control * reach
    let largest =
      LeaveOneOut.largest(range: range, evaluations: samples)
      + control * BernoulliVariance.of(logit: logits[coordinate])
    return -largest...largest
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
    derivatives: Span<Scalar>, shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(logits.count == count && gradient.count == count && shape.isBinary)
    precondition(samples.count == self.samples * count && derivatives.count == samples.count)
    precondition(values.count == self.samples * shape.rows)
    let alpha = Scalar(coefficient)
    var signals = Signals<Scalar>()
    for row in 0..<shape.rows {
      load(row, logits, samples, values, derivatives, shape, into: &signals)
      for i in row * shape.variables..<(row + 1) * shape.variables {
        let (plain, control) = coordinate(i, signals, logits, samples, derivatives, shape)
        gradient[i] = plain + alpha * control
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape
  ) {
    var (product, square) = (0.0, 0.0)
    var signals = Signals<Scalar>()
    for row in 0..<shape.rows {
      load(row, logits, samples, values, derivatives, shape, into: &signals)
      for i in row * shape.variables..<(row + 1) * shape.variables {
        let terms = coordinate(i, signals, logits, samples, derivatives, shape)
        let (plain, control) = (Double(terms.plain), Double(terms.control))
        product += (plain + coefficient * control) * control
        square += control * control
      }
    }
    learned.learn(product: product / Double(shape.rows), square: square / Double(shape.rows))
  }

  /// Of each sample of a row: f_k - mean f, and c_k / alpha - mean c / alpha.
  private struct Signals<Scalar: KernelScalar> {
    var values = InlineArray<256, Scalar>(repeating: 0)
    var controls = InlineArray<256, Scalar>(repeating: 0)
  }

  /// - Complexity: K multiply-adds and one sigmoid for each variable.
  @inline(__always)
  private func load<Scalar: KernelScalar>(
    _ row: Int, _ logits: Span<Scalar>, _ samples: Span<Scalar>, _ values: Span<Scalar>,
    _ derivatives: Span<Scalar>, _ shape: LatentShape, into signals: inout Signals<Scalar>
  ) {
    let count = self.samples
    for k in 0..<count { signals.controls[k] = 0 }
    for i in row * shape.variables..<(row + 1) * shape.variables {
      let p = Scalar.sigmoid(logits[i])
      let total = total(i, derivatives, shape)
      for k in 0..<count {
        let place = k * shape.sampleCount + i
        let others = (total - derivatives[place]) / Scalar(count - 1)
        signals.controls[k] += others * (samples[place] - p)
      }
    }
    var (value, control): (Scalar, Scalar) = (0, 0)
    for k in 0..<count {
      signals.values[k] = values[k * shape.rows + row]
      value += signals.values[k]
      control += signals.controls[k]
    }
    for k in 0..<count {
      signals.values[k] -= value / Scalar(count)
      signals.controls[k] -= control / Scalar(count)
    }
  }

  /// One coordinate of the gradient: LOORF's, and what alpha multiplies.
  ///
  /// The signals sum to 0, so that p drops out of z - p.
  @inline(__always)
  private func coordinate<Scalar: KernelScalar>(
    _ i: Int, _ signals: borrowing Signals<Scalar>, _ logits: Span<Scalar>, _ samples: Span<Scalar>,
    _ derivatives: Span<Scalar>, _ shape: LatentShape
  ) -> (plain: Scalar, control: Scalar) {
    let count = self.samples
    var (plain, control): (Scalar, Scalar) = (0, 0)
    for k in 0..<count {
      let z = samples[k * shape.sampleCount + i]
      plain += signals.values[k] * z
      control += signals.controls[k] * z
    }
    let mean = total(i, derivatives, shape) / Scalar(count)
    return (
      plain / Scalar(count - 1), control / Scalar(count - 1) - BernoulliVariance.of(logit: logits[i]) * mean
    )
  }

  /// The sum of the samples' derivatives in a coordinate.
  @inline(__always)
  private func total<Scalar: KernelScalar>(
    _ i: Int, _ derivatives: Span<Scalar>, _ shape: LatentShape
  ) -> Scalar {
    var sum: Scalar = 0
    for k in 0..<self.samples { sum += derivatives[k * shape.sampleCount + i] }
    return sum
  }
}
