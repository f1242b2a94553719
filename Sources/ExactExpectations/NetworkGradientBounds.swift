package import GradientEstimators

/// Intervals that contain a layered estimator's gradient by each parameter of a network for every noise: from the
/// estimator's formula, over all states of the layer below.
package struct NetworkGradientBounds {
  /// In the order of `NetworkProblem.parameterNames`.
  package let parameters: [ClosedRange<Double>]

  /// - Complexity: for each layer, its units times the joint states below.
  package init(estimator: any LayeredGradientEstimator, problem: NetworkProblem) {
    let signals = Self.signals(estimator, problem)
    let objective = problem.objectiveRange
    var parameters: [ClosedRange<Double>] = []
    for layer in problem.network.layers.indices {
      var weights: [[ClosedRange<Double>]] = []
      var biases: [ClosedRange<Double>] = []
      for unit in 0..<problem.network.widths[layer] {
        let bounds = Self.inputs(ofLayer: layer, problem).map { input in
          let logits = problem.network.logits(layer: layer, input: input)
          return (
            input,
            estimator.gradientBounds(
              objective: objective, signal: signals[layer][unit], logits: logits, coordinate: unit)
          )
        }
        weights.append(
          (0..<problem.network.inputs(ofLayer: layer)).map { i in
            Self.hull(bounds.flatMap { [$0.1.lowerBound * $0.0[i], $0.1.upperBound * $0.0[i]] })
          })
        biases.append(Self.hull(bounds.flatMap { [$0.1.lowerBound, $0.1.upperBound] }))
      }
      parameters += weights.flatMap(\.self) + biases
    }
    // The slope of a logistic loss is at most 1, the states' magnitude too, and the weights of the evaluations sum to 1.
    self.parameters = parameters + problem.headParameters.map { _ in -1...1 }
  }

  /// Bounds on the magnitude of what comes down to each unit of each layer.
  private static func signals(
    _ estimator: any LayeredGradientEstimator, _ problem: NetworkProblem
  ) -> [[Double]] {
    let widths = problem.network.widths
    guard let backward = estimator as? any BackwardLayeredEstimator else {
      return widths.map { [Double](repeating: 0, count: $0) }
    }
    let last = widths.count - 1
    let slopes = problem.headSlopes
    let steepest = (0..<widths[last]).map { unit in
      stride(from: unit, to: slopes.count, by: widths[last]).reduce(0) { max($0, slopes[$1].magnitude) }
    }
    var signals = [backward.startBound(objective: problem.objectiveRange, slopes: steepest)]
    for layer in (1..<widths.count).reversed() {
      signals.insert(
        backward.descentBound(
          signal: signals[0], weights: problem.network.layers[layer].weights,
          stateStep: problem.network.states.step),
        at: 0)
    }
    return signals
  }

  private static func inputs(ofLayer layer: Int, _ problem: NetworkProblem) -> [[Double]] {
    guard layer > 0 else { return [problem.point.input] }
    return (0..<1 << problem.network.widths[layer - 1]).map {
      problem.network.inputStates(ofLayer: layer - 1, state: $0)
    }
  }

  private static func hull(_ values: [Double]) -> ClosedRange<Double> {
    values.reduce(values[0]...values[0]) { min($0.lowerBound, $1)...max($0.upperBound, $1) }
  }
}
