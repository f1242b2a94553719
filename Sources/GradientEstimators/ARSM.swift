public import ElementwiseKernels

/// ARSM: g_c = sum_j (F[c, j] - mean over m of F[m, j]) (1/C - pi_j), F[m, j] = f(z with entries m and j of every pi swapped).
///
/// pi is uniform on the simplex, z = argmin_c pi_c e^(-logit_c) has probabilities softmax(logits); F[j, j] = f(z). It is the
/// mean of ARS over its reference category. Unbiased. With two categories it is ARM.
///
/// - Complexity: C (C-1)/2 + 1 evaluations, of which few have different samples where the probabilities are uneven;
///   D C logarithms and D C^2 / 2 comparisons for each row.
///
/// Source: Yin, Yue, Zhou, "ARSM: Augment-REINFORCE-Swap-Merge Estimator for Gradient Backpropagation Through Categorical
/// Variables", ICML 2019, the ARSM estimator.
public struct ARSM: GradientEstimator {
  public init() {}

  public var name: String { "arsm" }

  public func supports(_ variables: LatentVariables) -> Bool { !variables.isBinary }

  public func evaluations(variables: LatentVariables) -> Int {
    variables.categories * (variables.categories - 1) / 2 + 1
  }

  public func noisePerRow(variables: LatentVariables) -> Int { variables.logitCount }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    ExponentialRace.noiseLaw(logits: logits, variables: variables)
  }

  /// |F - mean F| is at most (C-1)/C of the objective's range, sum_j |1/C - pi_j| at most 2 (C-1)/C.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let share = 1 - 1 / Double(variables.categories)
    let largest = 2 * share * share * (objective.upperBound - objective.lowerBound)
    return -largest...largest
  }

  /// The evaluation of the swap of m < j; evaluation 0 swaps nothing.
  private static func evaluation(of m: Int, _ j: Int, categories: Int) -> Int {
    m == j ? 0 : 1 + m * (2 * categories - m - 1) / 2 + (j - m - 1)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    precondition(!shape.isBinary && logits.count == shape.logitCount && noise.count == shape.logitCount)
    precondition(samples.count == evaluations(variables: shape.latentVariables) * count)
    var race = ExponentialRace.Variable()
    for i in 0..<count {
      let places = i * categories..<(i + 1) * categories
      race.load(logits: logits.extracting(places), noise: noise.extracting(places))
      samples[i] = Scalar(race.winner(swapping: 0, 0))
      for m in 0..<categories {
        for j in m + 1..<categories {
          let evaluation = Self.evaluation(of: m, j, categories: categories)
          samples[evaluation * count + i] = Scalar(race.winner(swapping: m, j))
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
    let (rows, categories) = (shape.rows, shape.logitsPerVariable)
    precondition(values.count == evaluations(variables: shape.latentVariables) * rows)
    precondition(noise.count == shape.logitCount && gradient.count == shape.logitCount)
    gradient.update(repeating: 0)
    var array = InlineArray<256, Double>(repeating: 0)
    for i in 0..<shape.sampleCount {
      let (row, start) = (i / shape.variables, i * categories)
      var shares = array.mutableSpan
      ExponentialRace.fillShares(
        noise: noise.extracting(start..<start + categories), into: &shares)
      for j in 0..<categories {
        let weight = Scalar(1 / Double(categories) - shares[j])
        var sum: Scalar = 0
        for m in 0..<categories {
          let value = values[Self.evaluation(of: min(m, j), max(m, j), categories: categories) * rows + row]
          gradient[start + m] += weight * value
          sum += value
        }
        let mean = weight * sum / Scalar(categories)
        for m in 0..<categories { gradient[start + m] -= mean }
      }
    }
  }
}
