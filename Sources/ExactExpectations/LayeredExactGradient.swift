internal import ElementwiseKernels

/// The exact gradient of E[f] with respect to all parameters of a network and its head, in the order of
/// `NetworkProblem.parameterNames`, layer by layer.
///
/// Down through the layers, V(z) = E[f | z] for each joint state of a layer; up, the probability of each state. Given the
/// layer below, the derivative by a logit is p (1 - p) E[V with the unit on - V with the unit off].
///
/// - Complexity: for each layer, joint states below x width x joint states; compensated summation.
public func exactGradient(of problem: NetworkProblem) -> [Double] {
  NetworkEnumeration(problem).gradient
}

/// The exact mean of f.
///
/// - Complexity: for each layer, joint states below x joint states.
public func exactValue(of problem: NetworkProblem) -> Double {
  NetworkEnumeration(problem).expectedValue
}

/// All joint states of each layer, with their probabilities and the mean of f given each.
package struct NetworkEnumeration {
  private let problem: NetworkProblem
  /// For each layer, the probability of each of its joint states.
  package let probabilities: [[Double]]
  /// For each layer, E[f | joint state].
  package let means: [[Double]]

  package init(_ problem: NetworkProblem) {
    let network = problem.network
    var means = [problem.headValues]
    for layer in (1..<network.layers.count).reversed() {
      let above = means[0]
      means.insert(
        (0..<1 << network.widths[layer - 1]).map { state in
          let logits = network.logits(
            layer: layer, input: network.inputStates(ofLayer: layer - 1, state: state))
          return Self.mean(of: above, logits: logits)
        }, at: 0)
    }
    var probabilities = [Self.law(network.logits(layer: 0, input: problem.point.input))]
    for layer in 1..<max(1, network.layers.count) {
      var sums = [CompensatedSum](repeating: CompensatedSum(), count: 1 << network.widths[layer])
      for (state, probability) in probabilities[layer - 1].enumerated() {
        let logits = network.logits(
          layer: layer, input: network.inputStates(ofLayer: layer - 1, state: state))
        for (above, conditional) in Self.law(logits).enumerated() {
          sums[above].add(probability * conditional)
        }
      }
      probabilities.append(sums.map(\.value))
    }
    self.problem = problem
    self.means = means
    self.probabilities = probabilities
  }

  package var expectedValue: Double {
    var sum = CompensatedSum()
    for (probability, mean) in zip(probabilities[0], means[0]) { sum.add(probability * mean) }
    return sum.value
  }

  /// The probability of each of the inputs of a layer, with the input: the data point for layer 0, else all states below.
  package func inputs(ofLayer layer: Int) -> [(probability: Double, input: [Double])] {
    guard layer > 0 else { return [(1, problem.point.input)] }
    return probabilities[layer - 1].enumerated().map { state, probability in
      (probability, problem.network.inputStates(ofLayer: layer - 1, state: state))
    }
  }

  package var gradient: [Double] {
    problem.network.layers.indices.flatMap { gradient(ofLayer: $0) } + headGradient
  }

  private func gradient(ofLayer layer: Int) -> [Double] {
    let width = problem.network.widths[layer]
    let inputs = problem.network.inputs(ofLayer: layer)
    var sums = [CompensatedSum](repeating: CompensatedSum(), count: width * (inputs + 1))
    for (probability, input) in self.inputs(ofLayer: layer) {
      let logits = problem.network.logits(layer: layer, input: input)
      for unit in 0..<width {
        let slope = probability * Self.derivative(of: means[layer], logits: logits, unit: unit)
        for i in 0..<inputs { sums[unit * inputs + i].add(slope * input[i]) }
        sums[width * inputs + unit].add(slope)
      }
    }
    return sums.map(\.value)
  }

  /// E[df / d(output parameters)].
  private var headGradient: [Double] {
    guard case .logistic(let weights, let bias) = problem.head else { return [] }
    let last = problem.network.layers.count - 1
    let target = problem.point.target
    var sums = [CompensatedSum](repeating: CompensatedSum(), count: weights.count + 1)
    for (state, probability) in probabilities[last].enumerated() {
      let states = problem.network.inputStates(ofLayer: last, state: state)
      let activation = zip(weights, states).reduce(bias) { $0 + $1.0 * $1.1 }
      let slope = -probability * target * .sigmoid(-target * activation)
      for (unit, state) in states.enumerated() { sums[unit].add(slope * state) }
      sums[weights.count].add(slope)
    }
    return sums.map(\.value)
  }
}

// MARK: One layer

extension NetworkEnumeration {
  /// The probability of each joint state of independent bits, bit 0 the fastest.
  package static func law(_ logits: [Double]) -> [Double] {
    logits.reversed().reduce([1.0]) { law, logit in
      law.flatMap { [$0 * .sigmoid(-logit), $0 * .sigmoid(logit)] }
    }
  }

  /// The mean of a table over joint states of independent bits.
  package static func mean(of table: [Double], logits: [Double]) -> Double {
    logits.reduce(table) { table, logit in
      let (off, on) = (Double.sigmoid(-logit), Double.sigmoid(logit))
      return stride(from: 0, to: table.count, by: 2).map { off * table[$0] + on * table[$0 + 1] }
    }[0]
  }

  /// The derivative of that mean by one of the logits.
  package static func derivative(of table: [Double], logits: [Double], unit: Int) -> Double {
    let place = 1 << unit
    let differences = table.indices.filter { $0 & place == 0 }.map { table[$0 | place] - table[$0] }
    var others = logits
    let logit = others.remove(at: unit)
    return .sigmoid(logit) * .sigmoid(-logit) * mean(of: differences, logits: others)
  }
}
