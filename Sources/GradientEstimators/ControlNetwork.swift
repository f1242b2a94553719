internal import ElementwiseKernels
internal import RandomStreams
internal import RealModule

extension StreamPurpose {
  /// First values of control variates that an estimator learns.
  static let controlVariate = StreamPurpose(rawValue: 9)
}

/// The free-form control variate of RELAX: r(Z) = s sum_h a_h t(c_h + w_h . x), x_d = tanh(Z_d / 2), with eight units h and the
/// activation t(u) = u / sqrt(1 + u^2).
///
/// s is the running root mean square of f, so that r follows f's scale; x is bounded, so that r is, whatever Z. What r adds to a
/// coordinate of the gradient is n_d = -r(Z~) (b_d - p_d) + dr/dZ_d(Z) - dr/dZ_d(Z~) dZ~_d/d(logit), whose mean is 0 for every network.
/// The a_h start at 0, hence r = 0. The parameters descend on the single-sample gradient of sum_d (g_d / s)^2, in closed form, by Adam;
/// |a_h| <= 2/8 and |w_hd| <= 2 are kept, on which the bounds rest.
///
/// Source: Grathwohl, Choi, Wu, Roeder, Duvenaud, "Backpropagation through the Void: Optimizing control variates for black-box
/// gradient estimation", ICLR 2018, the control variate with a learned part; size, scaling and optimiser are our choice.
struct ControlNetwork: Sendable {
  static let units = 8
  private static let outputBound = 2.0 / Double(units)
  private static let inputBound = 2.0
  private static let rate = 0.01
  private static let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8)
  /// The weight of the past in the running mean of f^2.
  private static let decay = 0.99

  /// Running mean of f^2; 0 before the first step.
  private var meanSquare = 0.0
  private var steps = 0
  /// [a (units), c (units), w (variables x units)]; empty before `prepare`.
  private var parameters: [Double] = []
  private var firstMoment: [Double] = []
  private var secondMoment: [Double] = []

  /// [mean of f^2, steps, parameters, their first and second moments].
  var state: [Double] {
    get { [meanSquare, Double(steps)] + parameters + firstMoment + secondMoment }
    set {
      precondition(
        newValue.count >= 2 && (newValue.count - 2).isMultiple(of: 3 * Self.units),
        "the state of a control variate is [scale, steps, parameters, two moments of each]")
      meanSquare = newValue[0]
      steps = Int(newValue[1])
      let count = (newValue.count - 2) / 3
      parameters = Array(newValue[2..<2 + count])
      firstMoment = Array(newValue[2 + count..<2 + 2 * count])
      secondMoment = Array(newValue[(2 + 2 * count)...])
    }
  }

  /// The scale s.
  var scale: Double { meanSquare.squareRoot() }

  mutating func prepare(variables: Int) {
    let count = (2 + variables) * Self.units
    guard parameters.isEmpty else {
      return precondition(parameters.count == count, "relax has learned from other variables")
    }
    parameters = [Double](repeating: 0, count: count)
    var random = parameters.mutableSpan
    RandomStream(seed: 0, purpose: .controlVariate, step: 0)
      .fillUniforms(rows: 0..<1, perRow: count, into: &random)
    for place in parameters.indices {
      let reach = place < Self.units ? 0 : place < 2 * Self.units ? 1 : (3 / Double(variables)).squareRoot()
      parameters[place] = reach * (2 * parameters[place] - 1)
    }
    firstMoment = [Double](repeating: 0, count: count)
    secondMoment = firstMoment
  }

  /// The largest magnitude of n_d for every network that can be learnt; `objective` bounds |f|, `score` |b_d - p_d|.
  func largest(objective: Double, score: Double) -> Double {
    let height = Self.outputBound * Double(Self.units)
    // |dr/dZ| is at most s sum |a| |w| max (1 - x^2)/2, because t' is at most 1.
    return max(objective, scale) * height * (score + Self.inputBound)
  }
}

// MARK: Value and derivative

extension ControlNetwork {
  /// What the units do at one point.
  private struct Units {
    /// The inputs u, then t(u).
    var height = InlineArray<8, Double>(repeating: 0)
    /// t'(u).
    var slope = InlineArray<8, Double>(repeating: 0)
    /// t''(u).
    var curvature = InlineArray<8, Double>(repeating: 0)

    @inline(__always)
    mutating func activate() {
      for unit in 0..<ControlNetwork.units {
        let w = 1 / (1 + height[unit] * height[unit]).squareRoot()
        height[unit] *= w
        slope[unit] = w * w * w
        curvature[unit] = -3 * height[unit] * (w * w) * (w * w)
      }
    }
  }

  /// One coordinate of a row: x at Z and at Z~, their derivatives with respect to the logit, and the score.
  private struct Coordinate {
    let free: Double
    let freeSlope: Double
    let bound: Double
    let boundSlope: Double
    let score: Double

    /// With q = 1 - p, x = (p - u) / (p (1 - u) + q u) at Z; at Z~ it is (1 - v) / (1 + v (q - p)) if b = 1, and the mirror image with
    /// p, v and x for q, 1 - v and -x if b = 0.
    @inline(__always)
    init(logit: Double, bit: Double, uniform u: Double, conditionalUniform v: Double) {
      let tail = Double.exp(-logit.magnitude)
      let (common, rare) = (1 / (1 + tail), tail / (1 + tail))
      let (p, q) = logit < 0 ? (rare, common) : (common, rare)
      free = (p - u) / (p * (1 - u) + q * u)
      freeSlope = (1 - free * free) / 2
      let size = bit == 1 ? 1 + v * (q - p) : 1 + (1 - v) * (p - q)
      bound = (bit == 1 ? 1 - v : -v) / size
      boundSlope = 2 * (v / size) * ((1 - v) / size) * p * q
      score = bit == 1 ? q : -p
    }
  }

  /// Adds n_d to every coordinate of the gradient [rows x variables].
  ///
  /// - Complexity: two passes of two multiply-adds for each unit and variable, and of one exponential for each variable.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func add<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, bits: Span<Scalar>, shape: LatentShape,
    to gradient: inout MutableSpan<Scalar>
  ) {
    guard !parameters.isEmpty, meanSquare > 0 else { return }
    let parameters = parameters.span
    precondition(parameters.count == (2 + shape.variables) * Self.units)
    let scale = scale
    for row in 0..<shape.rows {
      let (free, bound) = activations(row, parameters, logits, noise, bits, shape)
      var height = 0.0
      for unit in 0..<Self.units { height += parameters[unit] * bound.height[unit] }
      for d in 0..<shape.variables {
        let coordinate = Self.coordinate(d, row, logits, noise, bits, shape)
        var (slope, boundSlope) = (0.0, 0.0)
        for unit in 0..<Self.units {
          let weight = parameters[unit] * parameters[(2 + d) * Self.units + unit]
          slope += weight * free.slope[unit]
          boundSlope += weight * bound.slope[unit]
        }
        let added =
          slope * coordinate.freeSlope - boundSlope * coordinate.boundSlope - height * coordinate.score
        gradient[row * shape.variables + d] += Scalar(scale * added)
      }
    }
  }

  @inline(__always)
  private static func coordinate<Scalar: KernelScalar>(
    _ d: Int, _ row: Int, _ logits: Span<Scalar>, _ noise: Span<Scalar>, _ bits: Span<Scalar>,
    _ shape: LatentShape
  ) -> Coordinate {
    let i = row * shape.variables + d
    let uniform = i + row * shape.variables
    return Coordinate(
      logit: Double(logits[i]), bit: Double(bits[i]), uniform: Double(noise[uniform]),
      conditionalUniform: Double(noise[uniform + shape.variables]))
  }

  /// The units at Z and at Z~ of a row.
  @inline(__always)
  private func activations<Scalar: KernelScalar>(
    _ row: Int, _ parameters: Span<Double>, _ logits: Span<Scalar>, _ noise: Span<Scalar>,
    _ bits: Span<Scalar>, _ shape: LatentShape
  ) -> (free: Units, bound: Units) {
    var (free, bound) = (Units(), Units())
    for unit in 0..<Self.units {
      free.height[unit] = parameters[Self.units + unit]
      bound.height[unit] = parameters[Self.units + unit]
    }
    for d in 0..<shape.variables {
      let coordinate = Self.coordinate(d, row, logits, noise, bits, shape)
      for unit in 0..<Self.units {
        let weight = parameters[(2 + d) * Self.units + unit]
        free.height[unit] += weight * coordinate.free
        bound.height[unit] += weight * coordinate.bound
      }
    }
    free.activate()
    bound.activate()
    return (free, bound)
  }
}

// MARK: Learning

extension ControlNetwork {
  /// One step of Adam on the mean over the rows of sum_d (g_d / s)^2, and the scale's own step.
  ///
  /// `gradient` is the step's whole gradient, this network's part included [rows x variables]; `values` are those of f at the
  /// bits [rows].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func learn<Scalar: KernelScalar>(
    from gradient: Span<Scalar>, logits: Span<Scalar>, noise: Span<Scalar>, bits: Span<Scalar>,
    values: Span<Scalar>, shape: LatentShape
  ) {
    prepare(variables: shape.variables)
    descend(from: gradient, logits: logits, noise: noise, bits: bits, shape: shape)
    var sum = 0.0
    for row in 0..<shape.rows { sum += Double(values[row]) * Double(values[row]) }
    let mean = sum / Double(shape.rows)
    meanSquare = meanSquare == 0 ? mean : Self.decay * meanSquare + (1 - Self.decay) * mean
  }

  /// Before the first step there is no scale, and nothing to descend on.
  @inline(__always)
  private mutating func descend<Scalar: KernelScalar>(
    from gradient: Span<Scalar>, logits: Span<Scalar>, noise: Span<Scalar>, bits: Span<Scalar>,
    shape: LatentShape
  ) {
    guard meanSquare > 0 else { return }
    var slopes = [Double](repeating: 0, count: parameters.count)
    var accumulated = slopes.mutableSpan
    for row in 0..<shape.rows {
      addSlopes(
        row: row, gradient: gradient, logits: logits, noise: noise, bits: bits, shape: shape, to: &accumulated
      )
    }
    steps += 1
    Self.step(&parameters, &firstMoment, &secondMoment, slopes, steps: steps)
    for place in parameters.indices where place < Self.units || place >= 2 * Self.units {
      let bound = place < Self.units ? Self.outputBound : Self.inputBound
      parameters[place] = min(max(parameters[place], -bound), bound)
    }
  }

  /// Adam, with the epsilon of the paper's Algorithm 1.
  private static func step(
    _ parameters: inout [Double], _ first: inout [Double], _ second: inout [Double], _ slopes: [Double],
    steps: Int
  ) {
    let corrected = (1 - Double.pow(beta2, steps)).squareRoot()
    var values = parameters.mutableSpan
    var firstMoment = first.mutableSpan
    var secondMoment = second.mutableSpan
    Double.adamUpdate(
      parameters: &values, firstMoment: &firstMoment, secondMoment: &secondMoment, gradient: slopes.span,
      stepSize: rate * corrected / (1 - Double.pow(beta1, steps)), beta1: beta1, beta2: beta2,
      epsilon: epsilon * corrected)
  }

  /// Adds the derivatives of sum_d (g_d / s)^2 / rows of one row.
  ///
  /// With G = g / s held fixed, sum_d G_d n_d / s = -k R(x~) + R'(x) . y - R'(x~) . y~ where R = r / s, k = sum_d G_d (b_d - p_d), and y, y~
  /// are G times the derivatives of x, x~ with respect to the logits: two directional derivatives of the network.
  @inline(__always)
  private func addSlopes<Scalar: KernelScalar>(
    row: Int, gradient: Span<Scalar>, logits: Span<Scalar>, noise: Span<Scalar>, bits: Span<Scalar>,
    shape: LatentShape, to slopes: inout MutableSpan<Double>
  ) {
    let parameters = parameters.span
    let factor = 2 / (scale * Double(shape.rows))
    let (free, bound) = activations(row, parameters, logits, noise, bits, shape)
    var k = 0.0
    var along = InlineArray<8, Double>(repeating: 0)
    var alongBound = InlineArray<8, Double>(repeating: 0)
    for d in 0..<shape.variables {
      let coordinate = Self.coordinate(d, row, logits, noise, bits, shape)
      let g = Double(gradient[row * shape.variables + d]) * factor
      k += g * coordinate.score
      for unit in 0..<Self.units {
        let weight = parameters[(2 + d) * Self.units + unit]
        along[unit] += weight * g * coordinate.freeSlope
        alongBound[unit] += weight * g * coordinate.boundSlope
      }
    }
    // The derivatives with respect to a unit's two pre-activations.
    var atFree = InlineArray<8, Double>(repeating: 0)
    var atBound = InlineArray<8, Double>(repeating: 0)
    for unit in 0..<Self.units {
      slopes[unit] +=
        free.slope[unit] * along[unit] - bound.slope[unit] * alongBound[unit] - k * bound.height[unit]
      atFree[unit] = parameters[unit] * free.curvature[unit] * along[unit]
      atBound[unit] =
        -parameters[unit] * (bound.curvature[unit] * alongBound[unit] + k * bound.slope[unit])
      slopes[Self.units + unit] += atFree[unit] + atBound[unit]
    }
    for d in 0..<shape.variables {
      let coordinate = Self.coordinate(d, row, logits, noise, bits, shape)
      let g = Double(gradient[row * shape.variables + d]) * factor
      for unit in 0..<Self.units {
        let direct =
          g * (free.slope[unit] * coordinate.freeSlope - bound.slope[unit] * coordinate.boundSlope)
        slopes[(2 + d) * Self.units + unit] +=
          atFree[unit] * coordinate.free + atBound[unit] * coordinate.bound + parameters[unit] * direct
      }
    }
  }
}
