public import ElementwiseKernels

/// ARS: g_c = (F[c, j] - mean over m of F[m, j]) (1 - C pi_j), F[m, j] = f(z with entries m and j of every pi swapped).
///
/// pi is uniform on the simplex, z = argmin_c pi_c e^(-logit_c) has probabilities softmax(logits); F[j, j] = f(z). The
/// reference category j is drawn uniformly, one for each row. Unbiased. Its mean over j is ARSM.
///
/// Source: Yin, Yue, Zhou, "ARSM: Augment-REINFORCE-Swap-Merge Estimator for Gradient Backpropagation Through Categorical
/// Variables", ICML 2019, the ARS estimator.
public struct ARS: GradientEstimator {
  public init() {}

  public var name: String { "ars" }

  public func supports(_ variables: LatentVariables) -> Bool { !variables.isBinary }

  public func evaluations(variables: LatentVariables) -> Int { variables.categories }

  /// The race's numbers, then one that chooses the reference category.
  public func noisePerRow(variables: LatentVariables) -> Int { variables.logitCount + 1 }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    let categories = variables.categories
    let choice = NoiseBlock(
      indices: [variables.logitCount],
      law: .uniform(
        breakpoints: (1..<categories).map { Double($0) / Double(categories) }, degree: 0))
    return ExponentialRace.noiseLaw(logits: logits, variables: variables) + [choice]
  }

  /// |F - mean F| is at most (C-1)/C of the objective's range, |1 - C pi_j| at most C-1.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let others = Double(variables.categories - 1)
    let largest =
      others * others / Double(variables.categories) * (objective.upperBound - objective.lowerBound)
    return -largest...largest
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    let perRow = shape.logitsPerRow + 1
    precondition(!shape.isBinary && logits.count == shape.logitCount && noise.count == shape.rows * perRow)
    precondition(samples.count == categories * count)
    var race = ExponentialRace.Variable()
    for row in 0..<shape.rows {
      let reference = Self.reference(noise[(row + 1) * perRow - 1], categories: categories)
      for variable in 0..<shape.variables {
        let i = row * shape.variables + variable
        let place = row * perRow + variable * categories
        race.load(
          logits: logits.extracting(i * categories..<(i + 1) * categories),
          noise: noise.extracting(place..<place + categories))
        for m in 0..<categories {
          samples[m * count + i] = Scalar(race.winner(swapping: m, reference))
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
    let perRow = shape.logitsPerRow + 1
    precondition(values.count == categories * rows && noise.count == rows * perRow)
    precondition(gradient.count == shape.logitCount)
    var array = InlineArray<256, Double>(repeating: 0)
    for row in 0..<rows {
      let reference = Self.reference(noise[(row + 1) * perRow - 1], categories: categories)
      var mean: Scalar = 0
      for m in 0..<categories { mean += values[m * rows + row] / Scalar(categories) }
      for variable in 0..<shape.variables {
        let place = row * perRow + variable * categories
        var shares = array.mutableSpan
        ExponentialRace.fillShares(
          noise: noise.extracting(place..<place + categories), into: &shares)
        let weight = Scalar(1 - Double(categories) * shares[reference])
        let start = (row * shape.variables + variable) * categories
        for m in 0..<categories { gradient[start + m] = (values[m * rows + row] - mean) * weight }
      }
    }
  }

  private static func reference<Scalar: KernelScalar>(_ uniform: Scalar, categories: Int) -> Int {
    min(Int(uniform * Scalar(categories)), categories - 1)
  }
}
