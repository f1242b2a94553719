import GradientEstimators

/// Nodes and weights that integrate an estimator's gradient over its noise exactly, from the law that it states.
func noiseNodes(
  of estimator: any GradientEstimator, logits: [Double], variables: LatentVariables
) -> [(noise: [Double], weight: Double)] {
  let count = estimator.noisePerRow(variables: variables)
  var nodes = [(noise: [Double](repeating: .nan, count: count), weight: 1.0)]
  for block in estimator.noiseLaw(logits: logits, variables: variables) {
    let choices = blockNodes(block)
    nodes = nodes.flatMap { node in
      choices.map { choice in
        var noise = node.noise
        for (index, value) in zip(block.indices, choice.noise) { noise[index] = value }
        return (noise, node.weight * choice.weight)
      }
    }
  }
  return nodes
}

func blockNodes(_ block: NoiseBlock) -> [(noise: [Double], weight: Double)] {
  switch block.law {
  case .notEnumerable(let reason):
    preconditionFailure("the tests' cubature takes a law: \(reason)")
  case .smooth:
    preconditionFailure("the tests' cubature is for polynomials and cells")
  case .cells(let cells):
    return cells.map { ($0.noise, $0.probability) }
  case .uniform(let breakpoints, let degree):
    precondition(
      block.indices.count == 1 && degree <= 3, "the tests' cubature is for one uniform of degree 3")
    let edges = [0] + breakpoints.filter { $0 > 0 && $0 < 1 } + [1]
    // The midpoint is exact up to degree 1, two Gauss-Legendre nodes up to degree 3.
    let places = degree <= 1 ? [0.0] : [-(1.0 / 3).squareRoot(), (1.0 / 3).squareRoot()]
    return zip(edges, edges.dropFirst()).flatMap { lower, upper in
      places.map { place in
        ([(lower + upper) / 2 + place * (upper - lower) / 2], (upper - lower) / Double(places.count))
      }
    }
  }
}
