public import ElementwiseKernels

/// RODEO: LOORF with two control variates made by a discrete Stein operator, without further evaluations.
///
/// For a function h of a sample, (T h)(z) = sum_d q(flip of z_d | other bits) (h(z with bit d flipped) - h(z)) has the mean 0 under q: Gibbs
/// updates leave q as it is (the operator of the paper with Barker's rates, times D). h may depend on the other samples. With K independent samples, t_k(z) = the mean over j != k
/// of F_j . (z - z_j), F_j = f'(z_j): the change of f, linearised at the other samples, whose values the leave-one-out mean takes. Then
///
///     g = 1/K sum_k [(f_k - 1/(K-1) sum_{j != k} (f_j + (T h_j)(z_j))) (z_k - p) + (T h~_k)(z_k)],
///     h_k(z) = sum_a alpha_a s_a(t_k(z)),   h~_k(z) = sum_a beta_a s_a(t_k(z)) (z - p),
///     s_1(t) = s w, s_2(t) = s w^2 with w = t / sqrt(s^2 + t^2).
///
/// The first improves the baseline, the second is added to the gradient: h~ is a vector, T acts on each component. Both means are 0 given the other samples, so
/// g is unbiased for every alpha and beta; all 0, as at first, g is LOORF. s is the running standard deviation of f over a row's samples.
///
/// A variant: the paper's h is a small neural network of the others' mean value and the linearised change; here it is a combination of two fixed functions of
/// that change, so that g is linear in all four coefficients. Each is learnt by making the gradient's mean square least on the step's samples, and
/// stays within -2 ... 2.
///
/// Source: Shi, Zhou, Hwang, Titsias, Mackey, "Gradient Estimation with Discrete Stein Operators", NeurIPS 2022, the estimator with the
/// Gibbs operator.
public struct RODEO: DifferentiableGradientEstimator {
  /// The weight of the past in the running variance.
  private static let decay = 0.99

  /// Samples K of each row.
  public let samples: Int
  /// alpha_1, alpha_2, beta_1, beta_2.
  private var learned: [LeastVarianceCoefficient]
  /// s^2; 0 before the first step.
  private var variance = 0.0

  /// - Precondition: 2 <= `samples` <= 256.
  public init(samples: Int) {
    precondition((2...256).contains(samples), "a leave-one-out baseline takes 2 to 256 samples")
    self.samples = samples
    learned = [LeastVarianceCoefficient](repeating: LeastVarianceCoefficient(0), count: 4)
  }

  public var name: String { "rodeo:\(samples)" }

  /// alpha_1, alpha_2, beta_1, beta_2.
  public var coefficients: [Double] { learned.map(\.value) }

  /// [alpha_1, its scale, alpha_2, its scale, beta_1, its scale, beta_2, its scale, s^2].
  public var state: [Double] {
    get { learned.flatMap(\.state) + [variance] }
    set {
      precondition(
        newValue.count == 9, "the state of rodeo is [four coefficients, each with its scale, s^2]")
      for place in learned.indices { learned[place].state = Array(newValue[2 * place..<2 * place + 2]) }
      variance = newValue[8]
    }
  }

  public func evaluations(variables: LatentVariables) -> Int { samples }

  public func noisePerRow(variables: LatentVariables) -> Int { samples * variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    IndependentSamples.noiseLaw(evaluations: samples, logits: logits, variables: variables, degree: 0)
  }

  /// LOORF's half-width, and for each of the two functions 2 max(p, 1 - p) (2 T + s), where T = |f'| sum_d max(p_d, 1 - p_d) bounds T s_a
  /// because s_a grows by at most 1, and s, a standard deviation of values of f, is at most their range.
  public func gradientBounds(
    objective: ClosedRange<Double>, derivative: ClosedRange<Double>, logits: [Double],
    variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let range = objective.upperBound - objective.lowerBound
    let slope = max(derivative.lowerBound.magnitude, derivative.upperBound.magnitude)
    let transport = slope * logits.reduce(0) { $0 + Double.sigmoid($1.magnitude) }
    let deviation = max(range, variance.squareRoot())
    let control =
      LeastVarianceCoefficient.bound * .sigmoid(logits[coordinate].magnitude) * (2 * transport + deviation)
    let largest = LeaveOneOut.largest(range: range, evaluations: samples) + 2 * control
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
    let (factors, deviation) = (factors(Scalar.self), Scalar(variance.squareRoot()))
    var signals = Signals<Scalar>()
    for row in 0..<shape.rows {
      load(row, deviation, logits, samples, values, derivatives, shape, into: &signals)
      for i in row * shape.variables..<(row + 1) * shape.variables {
        let (plain, controls) = coordinate(i, &signals, deviation, logits, samples, derivatives, shape)
        gradient[i] = plain + (factors * controls).sum()
      }
    }
  }

  private func factors<Scalar: KernelScalar>(_: Scalar.Type) -> SIMD4<Scalar> {
    SIMD4(
      Scalar(learned[0].value), Scalar(learned[1].value), Scalar(learned[2].value), Scalar(learned[3].value))
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    derivatives: Span<Scalar>, shape: LatentShape
  ) {
    let (factors, deviation) = (factors(Scalar.self), Scalar(variance.squareRoot()))
    var (products, squares) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var deviations = 0.0
    var signals = Signals<Scalar>()
    for row in 0..<shape.rows {
      load(row, deviation, logits, samples, values, derivatives, shape, into: &signals)
      for k in 0..<self.samples { deviations += Double(signals.values[k] * signals.values[k]) }
      for i in row * shape.variables..<(row + 1) * shape.variables {
        let (plain, controls) = coordinate(i, &signals, deviation, logits, samples, derivatives, shape)
        let parts = SIMD4<Double>(controls)
        products += Double(plain + (factors * controls).sum()) * parts
        squares += parts * parts
      }
    }
    let rows = Double(shape.rows)
    for place in learned.indices {
      learned[place].learn(product: products[place] / rows, square: squares[place] / rows)
    }
    let mean = deviations / (rows * Double(self.samples - 1))
    variance = variance == 0 ? mean : Self.decay * variance + (1 - Self.decay) * mean
  }
}

extension RODEO {
  /// What the samples of a row contribute. Never only read: to read a value of this size, the optimiser copies it.
  private struct Signals<Scalar: KernelScalar>: ~Copyable {
    /// f_k - mean f.
    var values = InlineArray<256, Scalar>(repeating: 0)
    /// t_k(z_k).
    var changes = InlineArray<256, Scalar>(repeating: 0)
    /// s_a(t_k(z_k)) for both functions s_a.
    var present = InlineArray<256, SIMD2<Scalar>>(repeating: .zero)
    /// (T s_a)(z_k).
    var transports = InlineArray<256, SIMD2<Scalar>>(repeating: .zero)
    /// The sum of `transports`.
    var transportSum = SIMD2<Scalar>.zero
  }

  /// s_1(t) and s_2(t); 0 as long as s is.
  @inline(__always)
  private static func functions<Scalar: KernelScalar>(_ change: Scalar, _ deviation: Scalar) -> SIMD2<Scalar>
  {
    let square = deviation * deviation
    guard square > 0 else { return .zero }
    let height = change / (square + change * change).squareRoot()
    return deviation * SIMD2(height, height * height)
  }

  /// - Complexity: one sigmoid and one square root for each sample and variable.
  @inline(__always)
  private func load<Scalar: KernelScalar>(
    _ row: Int, _ deviation: Scalar, _ logits: Span<Scalar>, _ samples: Span<Scalar>,
    _ values: Span<Scalar>, _ derivatives: Span<Scalar>, _ shape: LatentShape,
    into signals: inout Signals<Scalar>
  ) {
    loadChanges(row, samples, derivatives, shape, into: &signals)
    for k in 0..<self.samples {
      signals.present[k] = Self.functions(signals.changes[k], deviation)
      signals.transports[k] = .zero
    }
    for i in row * shape.variables..<(row + 1) * shape.variables {
      let total = total(i, derivatives, shape)
      for k in 0..<self.samples {
        let place = k * shape.sampleCount + i
        let flip = flip(
          bit: samples[place], logit: logits[i], change: signals.changes[k],
          others: total - derivatives[place])
        signals.transports[k] +=
          flip.probability * (Self.functions(flip.change, deviation) - signals.present[k])
      }
    }
    var mean: Scalar = 0
    signals.transportSum = .zero
    for k in 0..<self.samples { mean += values[k * shape.rows + row] / Scalar(self.samples) }
    for k in 0..<self.samples {
      signals.values[k] = values[k * shape.rows + row] - mean
      signals.transportSum += signals.transports[k]
    }
  }

  /// t_k(z_k) = 1/(K-1) sum_{j != k} F_j . (z_k - z_j).
  @inline(__always)
  private func loadChanges<Scalar: KernelScalar>(
    _ row: Int, _ samples: Span<Scalar>, _ derivatives: Span<Scalar>, _ shape: LatentShape,
    into signals: inout Signals<Scalar>
  ) {
    for k in 0..<self.samples { signals.changes[k] = 0 }
    for i in row * shape.variables..<(row + 1) * shape.variables {
      let total = total(i, derivatives, shape)
      var products: Scalar = 0
      for k in 0..<self.samples {
        let place = k * shape.sampleCount + i
        products += derivatives[place] * samples[place]
      }
      for k in 0..<self.samples {
        let place = k * shape.sampleCount + i
        // F_k z_k, the sample's own product, drops out of both sums.
        signals.changes[k] += (total * samples[place] - products) / Scalar(self.samples - 1)
      }
    }
  }

  /// One coordinate of the gradient: LOORF's, and what alpha_1, alpha_2, beta_1, beta_2 multiply.
  ///
  /// Component i of T (s_a(t) (z - p)) is (z_i - p_i) (T s_a - s_a(t with bit i flipped)), because the flip of bit i has the probability |z_i - p_i| and
  /// changes z_i - p_i by 1 towards the other side.
  @inline(__always)
  private func coordinate<Scalar: KernelScalar>(
    _ i: Int, _ signals: inout Signals<Scalar>, _ deviation: Scalar, _ logits: Span<Scalar>,
    _ samples: Span<Scalar>, _ derivatives: Span<Scalar>, _ shape: LatentShape
  ) -> (plain: Scalar, controls: SIMD4<Scalar>) {
    var plain: Scalar = 0
    var (baseline, added) = (SIMD2<Scalar>.zero, SIMD2<Scalar>.zero)
    let total = total(i, derivatives, shape)
    for k in 0..<self.samples {
      let place = k * shape.sampleCount + i
      // The signals sum to 0, so that p drops out of z - p.
      plain += signals.values[k] * samples[place]
      let flip = flip(
        bit: samples[place], logit: logits[i], change: signals.changes[k], others: total - derivatives[place])
      baseline -= flip.score * (signals.transportSum - signals.transports[k])
      added += flip.score * (signals.transports[k] - Self.functions(flip.change, deviation))
    }
    let n = Scalar(self.samples)
    return (plain / (n - 1), SIMD4(lowHalf: baseline / (n * (n - 1)), highHalf: added / n))
  }

  /// Of one sample and bit: the probability of a flip given the other bits, the score z - p, and t after the flip.
  @inline(__always)
  private func flip<Scalar: KernelScalar>(
    bit: Scalar, logit: Scalar, change: Scalar, others: Scalar
  ) -> (probability: Scalar, score: Scalar, change: Scalar) {
    let sign = 2 * bit - 1
    let probability = Scalar.sigmoid(-sign * logit)
    return (probability, sign * probability, change - sign * others / Scalar(self.samples - 1))
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
