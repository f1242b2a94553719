package import ElementwiseKernels
internal import Numerics

/// The Gaussian copula with the most negative common correlation: n antithetic Bernoulli samples of each variable.
///
/// y_i are independent standard normal numbers and x_i = sqrt(n/(n-1)) (y_i - mean y): standard normal, correlation
/// r = -1/(n-1), sum 0. Of the two values of a variable the *rare* one has probability e = sigmoid(-|logit|), and sample
/// i takes it iff x_i < h, h the normal quantile of e. The law is symmetric in the sign of x, so for logit >= 0 it is
/// that of 1[x_i < quantile of p]; the rare value sits in the lower tail because uniform numbers are finest there.
///
/// Source: Dimitriev, Zhou, "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables", ICML 2021, the
/// Gaussian copula.
package struct GaussianCopula: Sendable {
  package let samples: Int
  /// Quadrature of the deficit: exponents 1 / (1 - sin theta) and weights.
  private let exponents: InlineArray<16, Double>
  private let weights: InlineArray<16, Double>

  /// The joint law is enumerated for up to this many samples: its probabilities are then right to 1e-14.
  package static let largestEnumeratedCount = 6

  /// - Precondition: `samples >= 2`.
  package init(samples: Int) {
    precondition(samples >= 2, "antithetic samples come at least in pairs")
    self.samples = samples
    let rule = GaussLegendreQuadrature<16>()
    let angle = Double.asin(1 / Double(samples - 1))
    var exponents = rule.nodes
    var weights = rule.weights
    for place in 0..<16 {
      exponents[place] = 1 / (1 - .sin(angle * rule.nodes[place]))
      weights[place] *= angle / (2 * .pi)
    }
    self.exponents = exponents
    self.weights = weights
  }

  /// sqrt(n/(n-1)): gives the centred normal numbers variance 1.
  private var scale: Double { (Double(samples) / Double(samples - 1)).squareRoot() }

  // MARK: Drawing

  /// Draws all samples [samples x rows x variables]; a row's noise is [samples x variables], y = quantile of u.
  ///
  /// - Complexity: one normal quantile for each sample, one sigmoid and one normal quantile for each logit.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, into output: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(shape.isBinary && logits.count == count)
    precondition(noise.count == samples * count && output.count == samples * count)
    fillWithNormals(noise: noise, shape: shape, into: &output)
    for i in 0..<count {
      var sum = 0.0
      for sample in 0..<samples { sum += Double(output[sample * count + i]) }
      let limit = sum / Double(samples) + rareValue(logit: Double(logits[i])).limit / scale
      for sample in 0..<samples {
        let isRare = Double(output[sample * count + i]) < limit
        output[sample * count + i] = isRare == (logits[i] < 0) ? 1 : 0
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func fillWithNormals<Scalar: KernelScalar>(
    noise: Span<Scalar>, shape: LatentShape, into output: inout MutableSpan<Scalar>
  ) {
    for row in 0..<shape.rows {
      for sample in 0..<samples {
        let uniform = (row * samples + sample) * shape.variables
        let place = (sample * shape.rows + row) * shape.variables
        for variable in 0..<shape.variables {
          output[place + variable] = Scalar(StandardNormal.quantile(Double(noise[uniform + variable])))
        }
      }
    }
  }

  /// e and the h below which a sample takes the rare value.
  private func rareValue(logit: Double) -> (probability: Double, limit: Double) {
    let probability = Double.sigmoid(-logit.magnitude)
    return (probability, StandardNormal.quantile(probability))
  }

  // MARK: Removing the correlation's bias

  /// Multiplies each gradient by 1 / (1 - rho) of its logit.
  ///
  /// - Complexity: one sigmoid, one normal quantile and 16 exponentials for each logit (for n = 2 no exponentials).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func debias<Scalar: KernelScalar>(_ gradient: inout MutableSpan<Scalar>, logits: Span<Scalar>) {
    precondition(gradient.count == logits.count)
    for i in 0..<logits.count { gradient[i] *= Scalar(debiasFactor(logit: Double(logits[i]))) }
  }

  /// 1 / (1 - rho), rho the correlation of two samples of a variable; between 1/2 and 1.
  ///
  /// Written as (1 - e) / (1 - e + deficit / e): rho <= 0, so nothing cancels.
  package func debiasFactor(logit: Double) -> Double {
    let rare = rareValue(logit: logit)
    let common = Double.sigmoid(logit.magnitude)
    return common / (common + deficit(rare) / max(rare.probability, .leastNormalMagnitude))
  }

  /// e^2 - P(two given samples are rare): the integral over theta from 0 to asin 1/(n-1) of
  /// exp(-h^2 / (1 - sin theta)) / (2 pi).
  ///
  /// Two samples are opposed, never both rare, and the integrand is not smooth at the upper end pi/2.
  private func deficit(_ rare: (probability: Double, limit: Double)) -> Double {
    guard samples > 2 else { return rare.probability * rare.probability }
    var sum = 0.0
    for place in 0..<16 { sum += weights[place] * .exp(-rare.limit * rare.limit * exponents[place]) }
    return sum
  }

  // MARK: The exact law

  /// P(z_i = z_j = 1) for two samples i != j: the bivariate normal probability Phi_2(q, q; -1/(n-1)), q the quantile
  /// of p.
  package func pairProbability(logit: Double) -> Double {
    let rare = rareValue(logit: logit)
    let bothRare = max(0, rare.probability * rare.probability - deficit(rare))
    return logit < 0 ? bothRare : .sigmoid(logit) - rare.probability + bothRare
  }

  /// The law of the samples of one variable: cells up to `largestEnumeratedCount`, none beyond.
  package func law(logit: Double) -> NoiseBlock.Law {
    guard samples <= Self.largestEnumeratedCount else {
      return .notEnumerable(
        reason:
          "the joint law of \(samples) samples under the Gaussian copula is enumerated up to \(Self.largestEnumeratedCount) samples"
      )
    }
    return .cells(cells(logit: logit))
  }

  /// The joint law of a variable's samples as at most 2^n cells, each with one member of the noise.
  ///
  /// - Complexity: 2^n cells, and n probabilities of up to n - 1 rare samples.
  func cells(logit: Double) -> [NoiseBlock.Cell] {
    let allRare = (0...samples).map { probabilityAllRare($0, logit: logit) }
    let byCount = (0...samples).map { probabilityExactlyRare($0, allRare: allRare) }
    let limit = rareValue(logit: logit).limit
    return (0..<1 << samples).compactMap { mask in
      let probability = byCount[mask.nonzeroBitCount]
      guard probability > 0 else { return nil }
      return NoiseBlock.Cell(probability: probability, noise: noise(rare: mask, limit: limit))
    }
  }

  /// P(k given samples all take the rare value).
  ///
  /// All n never do: the x_i sum to 0 and cannot all be negative.
  func probabilityAllRare(_ k: Int, logit: Double) -> Double {
    let rare = rareValue(logit: logit)
    switch k {
    case 0: return 1
    case 1: return rare.probability
    case samples: return 0
    default:
      return EquicorrelatedNormal.probabilityAllBelow(
        rare.limit, count: k, correlation: -1 / Double(samples - 1))
    }
  }

  /// P(k given samples are rare and the other n - k are not), by inclusion and exclusion.
  private func probabilityExactlyRare(_ k: Int, allRare: [Double]) -> Double {
    var probability = 0.0
    var binomial = 1.0
    for extra in 0...samples - k {
      let term = binomial * allRare[k + extra]
      probability += extra.isMultiple(of: 2) ? term : -term
      binomial *= Double(samples - k - extra) / Double(extra + 1)
    }
    // What the quadrature leaves of a cell that is empty is about 1e-13 of the probability under independence.
    return probability > 1e-12 * .pow(allRare[1], k) ? probability : 0
  }

  /// A noise vector whose rare samples are exactly those of `mask`.
  ///
  /// Two values of y, a distance apart that puts the rare x 1 below their limit; most of the distance goes to the lower
  /// tail, where a uniform number reaches 37 standard deviations, against 8 in the upper.
  private func noise(rare mask: Int, limit: Double) -> [Double] {
    let common = samples - mask.nonzeroBitCount
    guard common > 0 && common < samples else { return [Double](repeating: 0.5, count: samples) }
    let distance = (1 - limit) * Double(samples) / (scale * Double(common))
    let upper = min(distance / 6, 7)
    return (0..<samples).map { sample in
      StandardNormal.cdf(mask >> sample & 1 == 1 ? upper - distance : upper)
    }
  }
}
