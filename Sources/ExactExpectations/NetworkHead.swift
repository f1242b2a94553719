internal import ElementwiseKernels

/// The function f of the last layer's states of a stochastic binary network, whose expectation is differentiated.
public enum NetworkHead: Sendable, Hashable {
  /// f(z) = values[index of z], unit 0 the fastest; between its discrete states, the multilinear extension.
  case table(values: [Double])
  /// f(z) = sum_d (z_d - target)^2 of the bits z.
  case quadratic(target: Double)
  /// f = log(1 + exp(-y eta)), eta = weights . x + bias of the states x, with a target y of the data point, -1 or +1: the
  /// negative log-likelihood of an output layer.
  case logistic(weights: [Double], bias: Double)

  /// Parameters of its own: the weights and the bias of an output layer.
  public var parameterCount: Int {
    if case .logistic(let weights, _) = self { weights.count + 1 } else { 0 }
  }
}

/// A head on the last layer of a network: what is needed to evaluate it there.
struct HeadEvaluation<Scalar: KernelScalar>: Sendable {
  private let head: NetworkHead
  private let table: [Scalar]
  private let weights: [Scalar]
  private let bias: Scalar
  private let target: Scalar
  private let off: Scalar
  private let step: Scalar
  let width: Int

  init(_ head: NetworkHead, network: StochasticBinaryNetwork) {
    self.head = head
    width = network.widths[network.widths.count - 1]
    off = Scalar(network.states.off)
    step = Scalar(network.states.step)
    switch head {
    case .table(let values): (table, weights, bias, target) = (values.map { Scalar($0) }, [], 0, 0)
    case .quadratic(let target): (table, weights, bias, self.target) = ([], [], 0, Scalar(target))
    case .logistic(let weights, let bias):
      (table, self.weights, self.bias, target) = ([], weights.map { Scalar($0) }, Scalar(bias), 0)
    }
  }

  /// f at samples [evaluations x rows x width] with targets [rows], into [evaluations x rows].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func values(samples: Span<Scalar>, targets: Span<Scalar>, into values: inout MutableSpan<Scalar>) {
    precondition(samples.count == values.count * width)
    for item in 0..<values.count {
      let first = item * width
      switch head {
      case .table:
        values[item] = isState(samples, first) ? table[index(samples, first)] : multilinear(samples, first)
      case .quadratic:
        var sum: Scalar = 0
        for i in first..<first + width { sum += (samples[i] - target) * (samples[i] - target) }
        values[item] = sum
      case .logistic:
        let y = targets[item % targets.count]
        values[item] = .softplus(-y * activation(samples, first))
      }
    }
  }

  /// The derivatives of f by the bits of samples [rows x width].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func slopes(samples: Span<Scalar>, targets: Span<Scalar>, into slopes: inout MutableSpan<Scalar>) {
    precondition(samples.count == slopes.count && samples.count == targets.count * width)
    for row in 0..<targets.count {
      let first = row * width
      switch head {
      case .table:
        guard isState(samples, first) else {
          for unit in 0..<width { slopes[first + unit] = multilinear(samples, first, slopeOf: unit) }
          continue
        }
        let state = index(samples, first)
        for unit in 0..<width {
          slopes[first + unit] = table[state | 1 << unit] - table[state & ~(1 << unit)]
        }
      case .quadratic:
        for i in first..<first + width { slopes[i] = 2 * (samples[i] - target) }
      case .logistic:
        let slope = activationSlope(samples, first, target: targets[row])
        for unit in 0..<width { slopes[first + unit] = slope * step * weights[unit] }
      }
    }
  }

  /// Adds factor df/d(parameters) at the sample that starts at `first` to the sums of the head's parameters.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func addParameterGradient(
    samples: Span<Scalar>, first: Int, target: Scalar, factor: Scalar, to sums: inout MutableSpan<Scalar>
  ) {
    guard case .logistic = head else { return }
    let slope = factor * activationSlope(samples, first, target: target)
    for unit in 0..<width { sums[unit] += slope * (off + step * samples[first + unit]) }
    sums[width] += slope
  }

  private func index(_ samples: Span<Scalar>, _ first: Int) -> Int {
    var index = 0
    for unit in (0..<width).reversed() { index = 2 * index + (samples[first + unit] == 0 ? 0 : 1) }
    return index
  }

  private func isState(_ samples: Span<Scalar>, _ first: Int) -> Bool {
    for i in first..<first + width where samples[i] != 0 && samples[i] != 1 { return false }
    return true
  }

  /// The sum over states of f times the weight that each y gives to its bit; its derivative by one y, if that is named.
  private func multilinear(_ samples: Span<Scalar>, _ first: Int, slopeOf unit: Int = -1) -> Scalar {
    var sum: Scalar = 0
    for state in 0..<table.count {
      var term = table[state]
      for other in 0..<width {
        let isOn = state >> other & 1 == 1
        if other == unit {
          term = isOn ? term : -term
        } else {
          term *= isOn ? samples[first + other] : 1 - samples[first + other]
        }
      }
      sum += term
    }
    return sum
  }

  private func activation(_ samples: Span<Scalar>, _ first: Int) -> Scalar {
    var sum = bias
    for unit in 0..<width { sum += weights[unit] * (off + step * samples[first + unit]) }
    return sum
  }

  /// The derivative of f by eta, -y sigmoid(-y eta).
  private func activationSlope(_ samples: Span<Scalar>, _ first: Int, target: Scalar) -> Scalar {
    -target * .sigmoid(-target * activation(samples, first))
  }
}
