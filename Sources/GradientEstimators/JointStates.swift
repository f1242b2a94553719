internal import ElementwiseKernels
internal import RealModule

/// The law of a row's joint state, and an ordered list of different states drawn from it without replacement.
///
/// The probability of all states but some is a sum over the branches that leave those states, variable by variable: never
/// one minus something. It is summed over logarithms only where it might underflow otherwise.
struct JointStates {
  /// A sum of products above it has lost nothing to underflow that could be seen.
  private static let smallestPlainSum = 1e-200

  let variables: LatentVariables
  /// [variables x values]
  private var probabilities: [Double]
  /// [variables] of binary variables; of others [variables x values], normalised: then they are log probabilities.
  private var logits: [Double]
  /// [states x variables]
  private var values: [Int]
  private(set) var count = 0

  /// - Parameters:
  ///   - variables: those of a row.
  ///   - capacity: the most states in the list.
  init(variables: LatentVariables, capacity: Int) {
    self.variables = variables
    probabilities = [Double](repeating: 0, count: variables.count * variables.categories)
    logits = [Double](repeating: 0, count: variables.isBinary ? variables.count : probabilities.count)
    values = [Int](repeating: 0, count: capacity * variables.count)
  }

  /// The number of joint states, or `limit` if it is larger.
  static func count(of variables: LatentVariables, atMost limit: Int) -> Int {
    (0..<variables.count).reduce(1) { count, _ in min(count * variables.categories, limit) }
  }

  /// Takes the law of other logits; the states stay.
  mutating func load<Scalar: KernelScalar>(logits: Span<Scalar>) {
    let width = variables.categories
    for variable in 0..<variables.count {
      if variables.isBinary {
        let logit = Double(logits[variable])
        probabilities[variable * 2] = .sigmoid(-logit)
        probabilities[variable * 2 + 1] = .sigmoid(logit)
        self.logits[variable] = logit
        continue
      }
      var largest = -Double.infinity
      for category in 0..<width { largest = max(largest, Double(logits[variable * width + category])) }
      var total = 0.0
      for category in 0..<width {
        let weight = Double.exp(Double(logits[variable * width + category]) - largest)
        probabilities[variable * width + category] = weight
        total += weight
      }
      let logTotal = Double.log(total)
      for category in 0..<width {
        probabilities[variable * width + category] /= total
        self.logits[variable * width + category] =
          Double(logits[variable * width + category]) - largest - logTotal
      }
    }
  }

  func probability(_ variable: Int, _ value: Int) -> Double {
    probabilities[variable * variables.categories + value]
  }

  private func logProbability(_ variable: Int, _ value: Int) -> Double {
    guard variables.isBinary else { return logits[variable * variables.categories + value] }
    return -Double.softplus(value == 1 ? -logits[variable] : logits[variable])
  }

  func value(_ state: Int, _ variable: Int) -> Int { values[state * variables.count + variable] }

  /// q of a listed state.
  func probability(ofState state: Int) -> Double {
    var product = 1.0
    for variable in 0..<variables.count { product *= probability(variable, value(state, variable)) }
    return product
  }

  mutating func removeAll() { count = 0 }

  /// Appends a state whose values are to be set.
  mutating func append() { count += 1 }

  mutating func removeLast() { count -= 1 }

  mutating func set(_ state: Int, _ variable: Int, _ value: Int) {
    values[state * variables.count + variable] = value
  }

  /// The probability, given that the variables before `variable` are those of the excluded states, that the others make none
  /// of them. `excluded` is a set of listed states, as bits; they agree before `variable`.
  func left(excluded: Int, from variable: Int = 0) -> Double {
    guard excluded != 0 else { return 1 }
    guard variable < variables.count else { return 0 }
    let isSingle = excluded & (excluded - 1) == 0
    guard !isSingle else { return left(excludedState: excluded.trailingZeroBitCount, from: variable) }
    var sum = 0.0
    for value in 0..<variables.categories { sum += mass(variable, value, excluded: excluded) }
    return sum
  }

  /// The same of a single state, from the last variable on.
  private func left(excludedState state: Int, from first: Int) -> Double {
    var left = 0.0
    for variable in stride(from: variables.count - 1, through: first, by: -1) {
      let own = value(state, variable)
      var others = 0.0
      for value in 0..<variables.categories where value != own { others += probability(variable, value) }
      left = others + probability(variable, own) * left
    }
    return left
  }

  /// The probability that a variable takes a value, and the others after it leave the excluded states.
  private func mass(_ variable: Int, _ value: Int, excluded: Int) -> Double {
    probability(variable, value)
      * left(excluded: agreeing(excluded, variable, value), from: variable + 1)
  }

  /// The logarithm of `left`, also where that underflows.
  func logLeft(excluded: Int, from variable: Int = 0) -> Double {
    let left = left(excluded: excluded, from: variable)
    guard left < Self.smallestPlainSum else { return .log(left) }
    guard variable < variables.count else { return -.infinity }
    var sum = LogSum()
    for value in 0..<variables.categories { sum.add(logMass(variable, value, excluded: excluded)) }
    return sum.value
  }

  /// The logarithm of `mass`.
  private func logMass(_ variable: Int, _ value: Int, excluded: Int) -> Double {
    logProbability(variable, value)
      + logLeft(excluded: agreeing(excluded, variable, value), from: variable + 1)
  }

  /// Those of the states that have this value.
  private func agreeing(_ states: Int, _ variable: Int, _ value: Int) -> Int {
    guard states != 0 else { return 0 }
    var agreeing = 0
    for state in 0..<count where states >> state & 1 == 1 && self.value(state, variable) == value {
      agreeing |= 1 << state
    }
    return agreeing
  }

  /// Draws states one after the other, each from the law q restricted to those not drawn yet; noise [states x variables].
  mutating func draw<Scalar: KernelScalar>(_ states: Int, noise: Span<Scalar>) {
    removeAll()
    for state in 0..<states {
      var excluded = (1 << state) - 1
      append()
      for variable in 0..<variables.count {
        let uniform = Double(noise[state * variables.count + variable])
        let value = drawValue(variable, excluded: excluded, uniform: uniform)
        excluded = agreeing(excluded, variable, value)
        set(state, variable, value)
      }
    }
  }

  /// The inverse of the distribution function of a variable, given that the earlier ones agree with the excluded states.
  private func drawValue(_ variable: Int, excluded: Int, uniform: Double) -> Int {
    let total = left(excluded: excluded, from: variable)
    let isPlain = total >= Self.smallestPlainSum
    let logTotal = isPlain ? 0 : logLeft(excluded: excluded, from: variable)
    var cumulative = 0.0
    var last = -1
    for value in 0..<variables.categories {
      let share =
        isPlain
        ? mass(variable, value, excluded: excluded) / total
        : .exp(logMass(variable, value, excluded: excluded) - logTotal)
      guard share > 0 else { continue }
      cumulative += share
      last = value
      if uniform < cumulative { return value }
    }
    return last
  }

  /// The conditional probability that the next state takes `value` at `variable`, and the probability of smaller values.
  func conditional(_ variable: Int, _ value: Int, excluded: Int) -> (below: Double, probability: Double) {
    let logTotal = logLeft(excluded: excluded, from: variable)
    var below = 0.0
    for smaller in 0..<value {
      below += .exp(logMass(variable, smaller, excluded: excluded) - logTotal)
    }
    return (below, .exp(logMass(variable, value, excluded: excluded) - logTotal))
  }

  /// Those of the excluded states that go on agreeing with a listed state at a variable.
  func agreeing(_ excluded: Int, withState state: Int, at variable: Int) -> Int {
    agreeing(excluded, variable, value(state, variable))
  }
}

/// log sum exp of terms added one by one.
struct LogSum {
  private var largest = -Double.infinity
  private var scaled = 0.0

  mutating func add(_ term: Double) {
    guard term > -.infinity else { return }
    if term <= largest {
      scaled += .exp(term - largest)
    } else {
      scaled = scaled * .exp(largest - term) + 1
      largest = term
    }
  }

  var value: Double { largest == -.infinity ? largest : largest + .log(scaled) }
}
