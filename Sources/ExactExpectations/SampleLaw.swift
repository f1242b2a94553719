public import ElementwiseKernels
public import GradientEstimators

/// The exact joint law of what an estimator's `draw` produces for some of a problem's variables.
///
/// A cell is one outcome of all samples of these variables; with C values for each variable, sample k of the variable
/// at position i contributes its value times C^(k + evaluations x i) to the cell's index.
public struct SampleLaw: Sendable {
  public let variables: [Int]
  public let evaluations: Int
  /// Values that each variable takes.
  public let categories: Int
  /// The probability of each cell, [categories^(evaluations x variables.count)].
  public let probabilities: [Double]

  /// The cell of a row of samples [evaluations x rows x all variables].
  ///
  /// - Complexity: one multiply-add for each sample of the row.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func cell<Scalar: KernelScalar>(
    ofRow row: Int, samples: Span<Scalar>, shape: LatentShape
  ) -> Int {
    var cell = 0
    for variable in variables.reversed() {
      for evaluation in (0..<evaluations).reversed() {
        let place = (evaluation * shape.rows + row) * shape.variables + variable
        cell = cell * categories + valueIndex(samples[place], categories: categories)
      }
    }
    return cell
  }

  /// The probability of each value that a sample of the first of the variables takes, [categories].
  public func marginal(ofEvaluation evaluation: Int) -> [Double] {
    let place = (0..<evaluation).reduce(1) { place, _ in place * categories }
    var marginal = [Double](repeating: 0, count: categories)
    for (cell, probability) in probabilities.enumerated() {
      marginal[cell / place % categories] += probability
    }
    return marginal
  }
}

/// The exact laws of an estimator's samples for several sets of variables, by cubature of its noise.
///
/// - Throws: `ExactExpectationError` if the noise has too many cubature nodes or its law is inconsistent.
/// - Precondition: each set's cells number at most 2^16.
public func sampleLaws(
  of estimator: any GradientEstimator, on problem: Problem, variableSets: [[Int]]
) throws(ExactExpectationError) -> [SampleLaw] {
  try problem.requireSupport(by: estimator)
  let evaluations = estimator.discreteEvaluations(variables: problem.latentVariables)
  let empty = variableSets.map { variables in
    let cells = cellCount(categories: problem.categories, samples: evaluations * variables.count)
    return SampleLaw(
      variables: variables, evaluations: evaluations, categories: problem.categories,
      probabilities: [Double](repeating: 0, count: cells))
  }
  var sums = empty.map { [CompensatedSum](repeating: CompensatedSum(), count: $0.probabilities.count) }
  let cubature = try NoiseCubature(estimator: estimator, problem: problem, for: .samples)
  try cubature.forEachBatch(of: estimator, on: problem) { batch, weights in
    batch.draw()
    let samples = batch.states
    for (index, law) in empty.enumerated() {
      for (row, weight) in weights.enumerated() where weight > 0 {
        sums[index][law.cell(ofRow: row, samples: samples.span, shape: batch.shape)].add(weight)
      }
    }
  }
  return zip(empty, sums).map { law, sums in
    SampleLaw(
      variables: law.variables, evaluations: law.evaluations, categories: law.categories,
      probabilities: sums.map(\.value))
  }
}

extension GradientEstimator {
  /// How many of the evaluations, the first ones, have samples that are states: all, but for an estimator that draws
  /// points only the representative ones.
  package func discreteEvaluations(variables: LatentVariables) -> Int {
    self is any DifferentiableGradientEstimator
      ? representativeEvaluations(variables: variables) : evaluations(variables: variables)
  }
}

private func cellCount(categories: Int, samples: Int) -> Int {
  let count = (0..<samples).reduce(1) { count, _ in min(count * categories, 1 << 17) }
  precondition(count <= 1 << 16, "a sample law of more than 65536 cells")
  return count
}
