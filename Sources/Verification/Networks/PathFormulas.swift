internal import ElementwiseKernels
internal import ExactExpectations

/// PSA and the deep straight-through estimator on one given path, unit by unit from the definition, forward through the
/// layers; written without the estimators' code.
struct PathFormulas {
  enum Rule { case sampleAnalytic, straightThrough }

  let problem: NetworkProblem
  let rule: Rule
  private let values: [Double]
  /// [states x width]
  private let slopes: [Double]

  init(problem: NetworkProblem, rule: Rule) {
    self.problem = problem
    self.rule = rule
    values = problem.headValues
    slopes = problem.headSlopes
  }

  /// The gradient by all parameters of the layers, given the bits of each layer.
  func gradient(bits: [[Double]]) -> [Double] {
    bits.indices.flatMap { layer -> [Double] in
      let input = input(ofLayer: layer, bits: bits)
      let slopes = bits[layer].indices.map { slope(layer: layer, unit: $0, bits: bits) }
      return slopes.flatMap { slope in input.map { slope * $0 } } + slopes
    }
  }

  /// The mean over all paths; nil for networks too large to run through.
  func mean() -> [Double]? {
    let widths = problem.network.widths
    let units = widths.reduce(0, +)
    guard units <= 10 else { return nil }
    var sums = [Double](repeating: 0, count: problem.headParameters.lowerBound)
    for state in 0..<1 << units {
      var rest = state
      let bits = widths.map { width in
        (0..<width).map { _ -> Double in
          defer { rest >>= 1 }
          return Double(rest & 1)
        }
      }
      let probability = bits.indices.reduce(1) { product, layer in
        zip(bits[layer], logits(ofLayer: layer, bits: bits))
          .reduce(product) { $0 * .sigmoid((2 * $1.0 - 1) * $1.1) }
      }
      for (i, slope) in gradient(bits: bits).enumerated() { sums[i] += probability * slope }
    }
    return sums
  }

  /// The derivative by one logit: the change of the unit's probabilities, carried up to f.
  private func slope(layer: Int, unit: Int, bits: [[Double]]) -> Double {
    let p = Double.sigmoid(logits(ofLayer: layer, bits: bits)[unit])
    var changes = [Double](repeating: 0, count: bits[layer].count)
    changes[unit] = p * (1 - p) * (rule == .sampleAnalytic ? 2 * bits[layer][unit] - 1 : 1)
    for upper in layer + 1..<max(layer + 1, bits.count) {
      changes =
        rule == .sampleAnalytic ? carried(changes, to: upper, bits) : differentiated(changes, to: upper, bits)
    }
    let last = bits[bits.count - 1]
    let state = last.enumerated().reduce(0) { $0 + (Int($1.element) << $1.offset) }
    return last.indices.reduce(0) { sum, unit in
      let effect =
        rule == .sampleAnalytic
        ? values[state] - values[state ^ 1 << unit] : slopes[state * last.count + unit]
      return sum + changes[unit] * effect
    }
  }

  /// P(z_j | z) - P(z_j | z with unit i flipped), summed over the changes of the units i below.
  private func carried(_ changes: [Double], to layer: Int, _ bits: [[Double]]) -> [Double] {
    func probabilities(_ below: [Double]) -> [Double] {
      var changed = bits
      changed[layer - 1] = below
      return zip(bits[layer], logits(ofLayer: layer, bits: changed)).map { .sigmoid((2 * $0 - 1) * $1) }
    }
    let present = probabilities(bits[layer - 1])
    var sums = [Double](repeating: 0, count: bits[layer].count)
    for (unit, change) in changes.enumerated() {
      var flipped = bits[layer - 1]
      flipped[unit] = 1 - flipped[unit]
      for (upper, probability) in probabilities(flipped).enumerated() {
        sums[upper] += (present[upper] - probability) * change
      }
    }
    return sums
  }

  /// The derivative of sigmoid(logit) along the changes of the means below.
  private func differentiated(_ changes: [Double], to layer: Int, _ bits: [[Double]]) -> [Double] {
    zip(problem.network.layers[layer].weights, logits(ofLayer: layer, bits: bits)).map { weights, logit in
      let direction = zip(weights, changes).reduce(0) { $0 + $1.0 * $1.1 } * problem.network.states.step
      return .sigmoid(logit) * .sigmoid(-logit) * direction
    }
  }

  private func input(ofLayer layer: Int, bits: [[Double]]) -> [Double] {
    guard layer > 0 else { return problem.point.input }
    return bits[layer - 1].map { problem.network.states.off + problem.network.states.step * $0 }
  }

  private func logits(ofLayer layer: Int, bits: [[Double]]) -> [Double] {
    problem.network.logits(layer: layer, input: input(ofLayer: layer, bits: bits))
  }
}
