public import ElementwiseKernels
internal import RealModule

/// CARMS-G: g = 1/(n (n-1)) sum over pairs i < j of r(z_i, z_j) (f(z_i) - f(z_j)) (1[z_i = c] - 1[z_j = c]).
///
/// Each category has n standard exponential numbers, antithetic by a Dirichlet copula of its own, and sample i takes the
/// category that comes first in the race: z_i = argmin over c of E_{i,c} exp(-logit_c), the Gumbel-max sample of the
/// logits. r(c, c') = p_c p_c' / J(c, c'), J the probability that two of the samples are c and c', has no closed form. The
/// published estimator puts a Monte-Carlo estimate of J under the fraction, which biases r by a term inversely
/// proportional to its draws; here J is the two-dimensional integral of `RacePairs`, by Gauss-Legendre quadrature after
/// substitutions that leave a smooth integrand. What remains of the bias is the quadrature's error: below 1e-11 of r in
/// `Double` (24 x 24 nodes), below 5e-7, a few roundings of `Float`, in `Float` (12 x 12 nodes), for any numbers of samples
/// and categories and any logits. Since the gradient's expectation is a sum of r J over pairs, that is also the largest
/// relative error of each of its terms. Nothing is clipped and nothing added to a denominator. With independent samples
/// (r = 1) it is LOORF.
///
/// A row's noise is [variables x categories x samples]. The noise law is enumerated for 2 and 3 samples, up to 4096 joint
/// values of a variable's samples; beyond, exact moments are refused.
///
/// - Complexity: three logarithms for each sample and category; in `combine`, for each variable whose samples are not all
///   equal, one exponential for each node and category (beyond 8 samples, for each pair of unequal values).
///
/// Source: Dimitriev, Zhou, "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator", NeurIPS 2021, the
/// estimator with Gumbel sampling, in the pair form; the integral is ours.
public struct CARMSG: GradientEstimator {
  /// Samples n of each row.
  public let samples: Int

  /// - Precondition: `samples >= 2`.
  public init(samples: Int) {
    precondition(samples >= 2, "antithetic samples come at least in pairs")
    self.samples = samples
  }

  public var name: String { "carms-g:\(samples)" }

  /// Categorical variables only.
  public func supports(_ variables: LatentVariables) -> Bool { !variables.isBinary }

  public func evaluations(variables: LatentVariables) -> Int { samples }

  public func noisePerRow(variables: LatentVariables) -> Int {
    variables.count * variables.categories * samples
  }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    let size = variables.categories * samples
    return (0..<variables.count).map { variable in
      let law = CategoricalLaw(variable: variable, logits: logits, variables: variables)
      let probabilities = (0..<law.categories).map { law.probability(of: $0) }
      return NoiseBlock(
        indices: Array(variable * size..<(variable + 1) * size),
        law: RaceCells.law(samples: samples, probabilities: probabilities))
    }
  }

  /// The objective's range times floor(n^2/4) / (n (n-1)) and the largest r of the category.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let categories = variables.categories
    let start = coordinate / categories * categories
    let category = coordinate % categories
    let own = Array(logits[start..<start + categories])
    let ratios = (0..<categories).filter { $0 != category }.map { ratio(category, $0, logits: own) }
    return PairForm.bounds(objective: objective, evaluations: samples, ratios: ratios)
  }

  /// J(c, c') of two different categories, given all logits of their variable.
  package func pairProbability(_ category: Int, _ other: Int, logits: [Double]) -> Double {
    let law = CategoricalLaw(
      variable: 0, logits: logits, variables: .categorical(1, categories: logits.count))
    return law.probability(of: category) * law.probability(of: other) / ratio(category, other, logits: logits)
  }

  /// r(c, c') = p_c p_c' / J(c, c').
  func ratio(_ category: Int, _ other: Int, logits: [Double]) -> Double {
    var pairs = RacePairs(samples: samples)
    pairs.load(logits.span)
    pairs.insert(category)
    pairs.insert(other)
    pairs.update()
    return pairs.ratio(category, other)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    let size = categories * self.samples
    precondition(!shape.isBinary && logits.count == shape.logitCount && noise.count == count * size)
    precondition(samples.count == self.samples * count)
    var times = InlineArray<256, Double>(repeating: 0)
    for i in 0..<count {
      let row = logits.extracting(i * categories..<(i + 1) * categories)
      var favourite = 0
      for category in 1..<categories where row[category] > row[favourite] { favourite = category }
      // Also the winner where the favourite's time and all others are beyond the largest number.
      for sample in 0..<self.samples {
        times[sample] = .infinity
        samples[sample * count + i] = Scalar(favourite)
      }
      for category in 0..<categories {
        let rate = Double.exp(Double(row[category]) - Double(row[favourite]))
        let start = i * size + category * self.samples
        let uniforms = noise.extracting(start..<start + self.samples)
        var sum = 0.0
        for sample in 0..<self.samples { sum += .log(Double(uniforms[sample])) }
        for sample in 0..<self.samples {
          let share = Double.log(Double(uniforms[sample])) / sum
          let time = -Double.log(onePlus: -share) / rate
          guard time < times[sample] else { continue }
          times[sample] = time
          samples[sample * count + i] = Scalar(category)
        }
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    var pairs = RacePairs(samples: self.samples)
    PairForm.combine(
      &pairs, evaluations: self.samples, logits: logits, samples: samples, values: values, shape: shape,
      into: &gradient)
  }
}
