public import ElementwiseKernels
internal import RealModule

/// UNORD, the unordered-set estimator: k different joint states drawn without replacement, with a baseline from the set.
///
/// g = sum over s in S of q(s) R(S, s) [f(s) - B_s] score(s), B_s = sum over s' in S of q(s') R2(S, s, s') f(s'). P^A(T) is
/// the probability that the first |T| states drawn without replacement from those outside A are the set T; R(S, s) =
/// P^{s}(S - s) / P(S); R2(S, s, s') = P^{s, s'}(S - s - s') / P^{s}(S - s) for s' other than s, and 1 for s' = s. Unbiased.
///
/// q(s) R(S, s) is the probability that s was drawn first, given S, and B_s is a weighted mean of the values. Sums over
/// the orders are run over subsets, in logarithms where they might overflow, and probabilities of what is left are sums of
/// what is left: nothing cancels or underflows.
///
/// - Complexity: k evaluations; 2^k k^3 multiply-adds and 2^k k D C for the probabilities of what is left, for each row.
///
/// Source: Kool, van Hoof, Welling, "Estimating Gradients for Discrete Random Variables by Sampling without Replacement",
/// ICLR 2020, the unordered set policy gradient estimator with baseline.
public struct UnorderedSet: GradientEstimator {
  /// The most states of a set: the work grows as 2^k.
  static let largestSize = 8

  /// States k of each row's set.
  public let states: Int

  private let memory = ReusedMemory<WorkingMemory>()

  /// - Precondition: `states` is 2 to 8.
  public init(states: Int) {
    precondition((2...Self.largestSize).contains(states), "a set has 2 to \(Self.largestSize) states")
    self.states = states
  }

  public var name: String { "unord:\(states)" }

  /// Binary and categorical variables with at least k joint states.
  public func supports(_ variables: LatentVariables) -> Bool {
    JointStates.count(of: variables, atMost: states) >= states
  }

  public func evaluations(variables: LatentVariables) -> Int { states }

  /// Only the first state drawn has the law q.
  public func representativeEvaluations(variables: LatentVariables) -> Int { 1 }

  public func noisePerRow(variables: LatentVariables) -> Int { states * variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    let indices = Array(0..<noisePerRow(variables: variables))
    guard let cells = OrderedDraws.cells(states: states, logits: logits, variables: variables) else {
      return [
        NoiseBlock(
          indices: indices,
          law: .notEnumerable(
            reason:
              "\(states) states in order are enumerated up to \(OrderedDraws.largestCellCount) sequences"))
      ]
    }
    return [NoiseBlock(indices: indices, law: .cells(cells))]
  }

  /// The weights sum to 1 and B_s is a mean of the values: at most the objective's range, times a score below 1.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let range = objective.upperBound - objective.lowerBound
    return -range...range
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    precondition(logits.count == shape.logitCount && samples.count == states * shape.sampleCount)
    precondition(noise.count == states * shape.sampleCount)
    var own = takeMemory(for: shape.latentVariables)
    for row in 0..<shape.rows {
      own.joint.load(logits: logits.extracting(row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow))
      let places = row * states * shape.variables..<(row + 1) * states * shape.variables
      own.joint.draw(states, noise: noise.extracting(places))
      for state in 0..<states {
        for variable in 0..<shape.variables {
          samples[(state * shape.rows + row) * shape.variables + variable] = Scalar(
            own.joint.value(state, variable))
        }
      }
    }
    memory.giveBack(own)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    precondition(values.count == states * shape.rows && gradient.count == shape.logitCount)
    var own = takeMemory(for: shape.latentVariables)
    for row in 0..<shape.rows {
      own.joint.load(logits: logits.extracting(row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow))
      own.joint.removeAll()
      for state in 0..<states {
        own.joint.append()
        for variable in 0..<shape.variables {
          let sample = samples[(state * shape.rows + row) * shape.variables + variable]
          own.joint.set(state, variable, categoryIndex(sample))
        }
        own.objective[state] = Double(values[state * shape.rows + row])
      }
      own.weights.load(own.joint)
      for place in row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow { gradient[place] = 0 }
      for state in 0..<states {
        let signal = own.weights.signal(of: state, own.objective)
        addScore(of: state, in: own.joint, by: signal, row: row, shape: shape, to: &gradient)
      }
    }
    memory.giveBack(own)
  }

  private func takeMemory(for variables: LatentVariables) -> WorkingMemory {
    memory.take { $0.joint.variables == variables } ?? WorkingMemory(states, variables)
  }

  /// Adds a multiple of d/d(logits) log q of a state.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func addScore<Scalar: KernelScalar>(
    of state: Int, in joint: JointStates, by factor: Double, row: Int, shape: LatentShape,
    to gradient: inout MutableSpan<Scalar>
  ) {
    let width = shape.logitsPerVariable
    for variable in 0..<shape.variables {
      let start = row * shape.logitsPerRow + variable * width
      let value = joint.value(state, variable)
      guard width > 1 else {
        let other = joint.probability(variable, 1 - value)
        gradient[start] += Scalar(value == 1 ? factor * other : -factor * other)
        continue
      }
      for category in 0..<width where category != value {
        let probability = factor * joint.probability(variable, category)
        gradient[start + category] -= Scalar(probability)
        gradient[start + value] += Scalar(probability)
      }
    }
  }

  /// What a draw or a combination works in.
  private struct WorkingMemory: Sendable {
    var joint: JointStates
    var weights: SetWeights
    /// f of each state.
    var objective: [Double]

    init(_ states: Int, _ variables: LatentVariables) {
      joint = JointStates(variables: variables, capacity: states)
      weights = SetWeights(states: states)
      objective = [Double](repeating: 0, count: states)
    }
  }
}
