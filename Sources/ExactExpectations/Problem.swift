internal import ElementwiseKernels
public import GradientEstimators
internal import RealModule

/// A small problem with an exact answer: independent latent variables with given logits, and an objective f(z).
///
/// As JSON, schema `armature.problem/1`:
///
///     {"schema": "armature.problem/1", "name": "...",
///      "latent": {"kind": "binary", "logits": [0.3, -1.2]},
///      "objective": {"kind": "table", "values": [f(00), f(10), f(01), f(11)]}}
///
/// or, for variables in 0 ..< C with P(z_d = c) = softmax(logits[d])_c,
///
///      "latent": {"kind": "categorical", "categories": 3, "logits": [[0.1, 0, -1], [2, 0.5, 0]]}
///
/// Other objectives are {"kind": "quadratic", "target": 0.49} and {"kind": "perceptron", "weights": [[..], ..],
/// "biases": [..], "outputs": [..]}. Between the states a table is extended multilinearly, the others by their formula,
/// with z_d = sum_c c y_dc for a categorical variable in the quadratic.
///
/// The joint state z has index sum_d z_d C^d, C = 2 for binary variables: variable 0 is the fastest.
public struct Problem: Sendable, Hashable, Codable {
  /// The latent variables and their law.
  public enum Latent: Sendable, Hashable {
    /// Variables in {0, 1}; P(z_d = 1) = sigmoid(logits[d]).
    case binary(logits: [Double])
    /// Variables in 0 ..< `categories`; P(z_d = c) = softmax(logits[d])_c.
    case categorical(categories: Int, logits: [[Double]])
  }

  /// The function whose expectation is differentiated.
  public enum Objective: Sendable, Hashable {
    /// f(z) = values[index of z].
    case table(values: [Double])
    /// f(z) = sum_d (z_d - target)^2.
    case quadratic(target: Double)
    /// f(z) = sum_k outputs[k] tanh(weights[k] . y + biases[k]) with y = z for binary variables, the unit vectors of all z_d one
    /// after the other for categorical ones.
    case perceptron(weights: [[Double]], biases: [Double], outputs: [Double])
  }

  /// The value of the key `schema`.
  public static let schema = "armature.problem/1"

  /// The most variables a problem may have: more joint states than 2^20 are not enumerated.
  public static let largestVariableCount = 20
  private static let largestStateCount = 1 << 20

  public let name: String
  public let latent: Latent
  public let objective: Objective

  /// - Throws: `ProblemError` if the name is empty, a number is not finite, there are no variables or too many, fewer than
  ///   2 categories or too many, a row of logits is not as long as the categories, or a table does not have one value for
  ///   each joint state.
  public init(name: String, latent: Latent, objective: Objective) throws(ProblemError) {
    self.name = name
    self.latent = latent
    self.objective = objective
    try validate()
  }

  /// The logits of all variables, in the estimators' order.
  public var logits: [Double] {
    switch latent {
    case .binary(let logits): logits
    case .categorical(_, let logits): logits.flatMap(\.self)
    }
  }

  /// Independent latent variables.
  public var variables: Int {
    switch latent {
    case .binary(let logits): logits.count
    case .categorical(_, let logits): logits.count
    }
  }

  /// Values that each variable takes.
  public var categories: Int {
    switch latent {
    case .binary: 2
    case .categorical(let categories, _): categories
    }
  }

  /// Joint states of all variables.
  public var stateCount: Int {
    (0..<variables).reduce(1) { count, _ in count * categories }
  }

  /// The shape of a batch that repeats this problem's variables.
  public func shape(rows: Int) -> LatentShape {
    LatentShape(rows: rows, variables: variables, logitsPerVariable: latentVariables.logitsPerVariable)
  }

  /// The kind and number of the variables.
  public var latentVariables: LatentVariables {
    switch latent {
    case .binary: .binary(variables)
    case .categorical(let categories, _): .categorical(variables, categories: categories)
    }
  }

  /// The probability of each value of a variable, [categories].
  package func probabilities(ofVariable variable: Int) -> [Double] {
    switch latent {
    case .binary(let logits): [.sigmoid(-logits[variable]), .sigmoid(logits[variable])]
    case .categorical(_, let logits): softmax(logits[variable])
    }
  }

  /// The value of a variable in the joint state of an index.
  public func value(ofVariable variable: Int, inState index: Int) -> Int {
    (0..<variable).reduce(index) { index, _ in index / categories } % categories
  }
}

// MARK: Validation

extension Problem {
  private func validate() throws(ProblemError) {
    guard !name.isEmpty else {
      throw ProblemError(key: "name", expectation: "expected a name, found an empty string")
    }
    try validateLogits()
    switch objective {
    case .table(let values): try validate(table: values)
    case .quadratic(let target):
      guard target.isFinite else {
        throw ProblemError(key: "objective.target", expectation: "expected a finite number, found \(target)")
      }
    case .perceptron(let weights, let biases, let outputs):
      try validate(weights: weights, biases: biases, outputs: outputs)
    }
  }

  private func validateLogits() throws(ProblemError) {
    guard variables > 0 else {
      throw ProblemError(
        key: "latent.logits", expectation: "expected at least one logit, found an empty list")
    }
    guard variables <= Self.largestVariableCount else {
      throw ProblemError(
        key: "latent.logits",
        expectation: "expected at most \(Self.largestVariableCount) variables, found \(variables)")
    }
    if case .categorical(let categories, let rows) = latent {
      try validate(rows: rows, categories: categories)
    } else {
      try requireFinite(logits, key: "latent.logits")
    }
    let states = (0..<variables).reduce(1) { count, _ in min(count * categories, Self.largestStateCount + 1) }
    guard states <= Self.largestStateCount else {
      throw ProblemError(
        key: "latent.logits",
        expectation:
          "expected at most \(Self.largestStateCount) joint states, found \(variables) variables of \(categories) categories"
      )
    }
  }

  private func validate(rows: [[Double]], categories: Int) throws(ProblemError) {
    let allowed = 2...LatentVariables.largestCategoryCount
    guard allowed.contains(categories) else {
      throw ProblemError(
        key: "latent.categories",
        expectation: "expected a whole number from 2 to \(allowed.upperBound), found \(categories)")
    }
    for (index, row) in rows.enumerated() {
      guard row.count == categories else {
        throw ProblemError(
          key: "latent.logits[\(index)]",
          expectation: "expected \(categories) logits, one for each category, found \(row.count)")
      }
      try requireFinite(row, key: "latent.logits[\(index)]")
    }
  }

  private func validate(table values: [Double]) throws(ProblemError) {
    guard values.count == stateCount else {
      throw ProblemError(
        key: "objective.values",
        expectation:
          "expected \(stateCount) values, one for each joint state of \(variables) variables, found \(values.count)"
      )
    }
    try requireFinite(values, key: "objective.values")
  }

  private func validate(weights: [[Double]], biases: [Double], outputs: [Double]) throws(ProblemError) {
    guard !weights.isEmpty else {
      throw ProblemError(key: "objective.weights", expectation: "expected at least one row, found none")
    }
    for (index, row) in weights.enumerated() {
      guard row.count == logits.count else {
        throw ProblemError(
          key: "objective.weights[\(index)]",
          expectation: "expected \(logits.count) weights, one for each logit, found \(row.count)")
      }
      try requireFinite(row, key: "objective.weights[\(index)]")
    }
    for (key, numbers) in [("objective.biases", biases), ("objective.outputs", outputs)] {
      guard numbers.count == weights.count else {
        throw ProblemError(
          key: key,
          expectation:
            "expected \(weights.count) numbers, one for each row of weights, found \(numbers.count)")
      }
      try requireFinite(numbers, key: key)
    }
  }

  private func requireFinite(_ numbers: [Double], key: String) throws(ProblemError) {
    for (index, number) in numbers.enumerated() where !number.isFinite {
      throw ProblemError(key: "\(key)[\(index)]", expectation: "expected a finite number, found \(number)")
    }
  }
}

/// exp(logits), normalised.
private func softmax(_ logits: [Double]) -> [Double] {
  let largest = logits.reduce(logits[0], max)
  let weights = logits.map { Double.exp($0 - largest) }
  let total = weights.reduce(0, +)
  return weights.map { $0 / total }
}
