internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let coupled = stickBreakingCARMS + gumbelCARMS + importanceWeighted + decisions
}

/// The pair form with a ratio of its own for each pair of categories, times a factor.
func pairForm<Scalar: KernelScalar>(
  evaluations: Int, factor: Double = 1, logits: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
  shape: LatentShape, gradient: inout MutableSpan<Scalar>, ratio: (Int, Int, [Double]) -> Double
) {
  let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
  let scale = factor / Double(evaluations * (evaluations - 1))
  gradient.update(repeating: 0)
  for i in 0..<count {
    let row = i / shape.variables
    let own = (0..<categories).map { Double(logits[i * categories + $0]) }
    for first in 0..<evaluations {
      for second in 0..<first {
        let (category, other) = (Int(samples[first * count + i]), Int(samples[second * count + i]))
        guard category != other else { continue }
        let difference = values[first * shape.rows + row] - values[second * shape.rows + row]
        let weight = Scalar(scale * ratio(category, other, own)) * difference
        gradient[i * categories + category] += weight
        gradient[i * categories + other] -= weight
      }
    }
  }
}

func softmax(_ logits: [Double]) -> [Double] {
  let law = CategoricalLaw(variable: 0, logits: logits, variables: .categorical(1, categories: logits.count))
  return logits.indices.map { law.probability(of: $0) }
}
