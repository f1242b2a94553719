internal import ElementwiseKernels
internal import ExactExpectations
internal import ReferenceMath

/// PSA and the deep straight-through estimators on one given path, unit by unit from the definition, forward through the
/// layers; written without the estimators' code.
struct PathFormulas {
  enum Rule: Hashable {
    case sampleAnalytic, straightThrough
    case straightThroughGumbel(temperature: Double)
  }

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

  /// The gradient by all parameters of the layers, given the bits of each layer and what stands for the derivative of each by
  /// its logit.
  private func gradient(bits: [[Double]], derivatives: [[Double]]) -> [Double] {
    bits.indices.flatMap { layer -> [Double] in
      let input = input(ofLayer: layer, bits: bits)
      let slopes = bits[layer].indices.map {
        slope(layer: layer, unit: $0, bits: bits, derivatives: derivatives)
      }
      return slopes.flatMap { slope in input.map { slope * $0 } } + slopes
    }
  }

  /// The bits of each layer where the rule says how the logistic numbers, log(u / (1 - u)), decide them; nil for rules that any
  /// sampler serves.
  func bits(noise: [[Double]]) -> [[Double]]? {
    guard case .straightThroughGumbel = rule else { return nil }
    return noise.indices.reduce(into: []) { bits, layer in
      bits.append(zip(logits(ofLayer: layer, bits: bits), noise[layer]).map { $0 + $1 > 0 ? 1 : 0 })
    }
  }

  /// The gradient by all parameters of the layers, given the bits of each layer and the logistic numbers, log(u / (1 - u)), that
  /// they were drawn with.
  func gradient(bits: [[Double]], noise: [[Double]]) -> [Double] {
    let derivatives = bits.indices.map { layer in
      zip(logits(ofLayer: layer, bits: bits), noise[layer]).map { logit, noise -> Double in
        guard case .straightThroughGumbel(let temperature) = rule else {
          return .sigmoid(logit) * .sigmoid(-logit)
        }
        return Self.relaxedSlope((logit + noise) / temperature) / temperature
      }
    }
    return gradient(bits: bits, derivatives: derivatives)
  }

  /// The mean over all paths; nil for networks too large to run through.
  func mean() -> [Double]? {
    let widths = problem.network.widths
    let units = widths.reduce(0, +)
    guard units <= 10 else { return nil }
    var sums = [Double](repeating: 0, count: problem.headParameters.lowerBound)
    var known: [Double: [Double]] = [:]
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
      let derivatives = bits.indices.map { layer in
        zip(logits(ofLayer: layer, bits: bits), bits[layer]).map { logit, bit in
          let means = known[logit] ?? meanDerivatives(logit: logit)
          known[logit] = means
          return means[Int(bit)]
        }
      }
      for (i, slope) in gradient(bits: bits, derivatives: derivatives).enumerated() {
        sums[i] += probability * slope
      }
    }
    return sums
  }

  /// What stands for the derivative of a bit by its logit, on average given that the bit is 0 and that it is 1. Given all bits
  /// the units' derivatives are independent, and the gradient is linear in each: their means take their place.
  private func meanDerivatives(logit: Double) -> [Double] {
    guard case .straightThroughGumbel(let temperature) = rule else {
      return Array(repeating: .sigmoid(logit) * .sigmoid(-logit), count: 2)
    }
    // The bit is 1 where logit + noise is above 0; for 0 both change their signs.
    return [-logit, logit].map { center in
      let ends = [0, max(center, 0), max(center, 0) + Self.reach]
      let integral = zip(ends, ends.dropFirst()).filter(<).reduce(0) { sum, piece in
        let part = try? integrate(
          from: piece.0, to: piece.1, absoluteError: 1e-14, relativeError: 1e-12
        ) { x in Self.relaxedSlope(x / temperature) / temperature * Self.relaxedSlope(x - center) }
        return sum + (part?.value ?? .nan)
      }
      return integral / .sigmoid(center)
    }
  }

  /// Beyond it the logistic density is below 1e-15.
  private static let reach = 36.0

  /// The derivative of the sigmoid, which is the logistic density.
  private static func relaxedSlope(_ x: Double) -> Double { .sigmoid(x) * .sigmoid(-x) }

  /// The derivative by one logit: the change of the unit's probabilities, carried up to f.
  private func slope(layer: Int, unit: Int, bits: [[Double]], derivatives: [[Double]]) -> Double {
    var changes = [Double](repeating: 0, count: bits[layer].count)
    changes[unit] =
      derivatives[layer][unit] * (rule == .sampleAnalytic ? 2 * bits[layer][unit] - 1 : 1)
    for upper in layer + 1..<max(layer + 1, bits.count) {
      changes =
        rule == .sampleAnalytic
        ? carried(changes, to: upper, bits) : differentiated(changes, to: upper, derivatives[upper])
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

  /// The changes below, carried on by the derivatives of the bits by their logits.
  private func differentiated(_ changes: [Double], to layer: Int, _ derivatives: [Double]) -> [Double] {
    zip(problem.network.layers[layer].weights, derivatives).map { weights, derivative in
      derivative * zip(weights, changes).reduce(0) { $0 + $1.0 * $1.1 } * problem.network.states.step
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
