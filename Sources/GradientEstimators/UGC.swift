public import ElementwiseKernels

/// UGC (unbiased gradient variance clipping): bitflip-1 where min(p, 1 - p) < 1/(2D), DisARM elsewhere.
///
/// The pair (z1, z2) is that of DisARM, the third evaluation flips bit j of z2, and j is uniform over all D variables,
/// whichever estimator theirs is: 3 evaluations. Unbiased. A coordinate's variance is at most that of DisARM wherever f
/// is monotone in each variable (in either direction, whatever the others are): then the two restrictions of f to
/// z_d = 0 and z_d = 1 move together under the exchange of the pair. Without that it can be larger; the exclusive or
/// of two bits is an example.
///
/// Source: Kunes, Yin, Land, Haviv, Pe'er, Tavare, "Gradient Estimation for Binary Latent Variables via Gradient
/// Variance Clipping", AAAI 2023, the UGC estimator.
public struct UGC: GradientEstimator {
  public init() {}

  public var name: String { "ugc" }

  public func evaluations(variables: LatentVariables) -> Int { 3 }

  /// The pair, not the flip.
  public func representativeEvaluations(variables: LatentVariables) -> Int { 2 }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.count + 1 }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    AntitheticPair.noiseLaw(logits: logits, degree: 0)
      + [CoordinatePick.noiseLaw(index: logits.count, variables: logits.count)]
  }

  /// The bounds of bitflip-1 or DisARM, whichever the coordinate takes.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let logit = logits[coordinate]
    return Self.takesBitflip(rare: Double.sigmoid(-logit.magnitude), variables: logits.count)
      ? Bitflip1().gradientBounds(
        objective: objective, logits: logits, variables: variables, coordinate: coordinate)
      : DisARM().gradientBounds(
        objective: objective, logits: logits, variables: variables, coordinate: coordinate)
  }

  /// Whether a coordinate's rare value is too rare for DisARM: min(p, 1 - p) < 1/(2D).
  static func takesBitflip<Scalar: KernelScalar>(rare: Scalar, variables: Int) -> Bool {
    2 * Scalar(variables) * rare < 1
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    precondition(samples.count == 3 * shape.sampleCount)
    var pair = samples._mutatingExtracting(0..<2 * shape.sampleCount)
    AntitheticPair.draw(logits: logits, noise: noise, furtherNoise: 1, shape: shape, into: &pair)
    CoordinatePick.flip(from: 1, to: 2, noise: noise, shape: shape, samples: &samples)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    let variables = shape.variables
    precondition(logits.count == count && gradient.count == count && shape.isBinary)
    precondition(noise.count == count + shape.rows && samples.count == 3 * count)
    precondition(values.count == 3 * shape.rows)
    for row in 0..<shape.rows {
      let uniform = noise[row * (variables + 1) + variables]
      let chosen = CoordinatePick.variable(uniform: uniform, variables: variables)
      let half = (values[row] - values[shape.rows + row]) / 2
      let flip = Scalar(variables) * (values[shape.rows + row] - values[2 * shape.rows + row])
      for variable in 0..<variables {
        let i = row * variables + variable
        let rare: Scalar = .sigmoid(-logits[i].magnitude)
        if !Self.takesBitflip(rare: rare, variables: variables) {
          gradient[i] = half * (samples[i] - samples[count + i]) * (1 - rare)
        } else {
          gradient[i] = variable == chosen ? flip * (2 * samples[count + i] - 1) * rare * (1 - rare) : 0
        }
      }
    }
  }
}
