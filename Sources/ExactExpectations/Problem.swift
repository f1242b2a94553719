public import GradientEstimators

/// A small problem with an exact answer: independent latent variables with given logits, and an objective f(z).
///
/// As JSON, schema `armature.problem/1`:
///
///     {"schema": "armature.problem/1", "name": "...",
///      "latent": {"kind": "binary", "logits": [0.3, -1.2]},
///      "objective": {"kind": "table", "values": [f(00), f(10), f(01), f(11)]}}
///
/// The joint state z has index sum_d z_d 2^d: variable 0 is the fastest.
public struct Problem: Sendable, Hashable, Codable {
  /// The latent variables and their law.
  public enum Latent: Sendable, Hashable {
    /// Variables in {0, 1}; P(z_d = 1) = sigmoid(logits[d]).
    case binary(logits: [Double])
  }

  /// The function whose expectation is differentiated.
  public enum Objective: Sendable, Hashable {
    /// f(z) = values[index of z].
    case table(values: [Double])
    /// f(z) = sum_d (z_d - target)^2.
    case quadratic(target: Double)
  }

  /// The value of the key `schema`.
  public static let schema = "armature.problem/1"

  /// The most variables a problem may have: more joint states than 2^20 are not enumerated.
  public static let largestVariableCount = 20

  public let name: String
  public let latent: Latent
  public let objective: Objective

  /// - Throws: `ProblemError` if the name is empty, a number is not finite, there are no variables or too many, or a
  ///   table does not have one value for each joint state.
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
    }
  }

  /// Independent latent variables.
  public var variables: Int {
    switch latent {
    case .binary(let logits): logits.count
    }
  }

  /// Values that each variable takes.
  public var categories: Int {
    switch latent {
    case .binary: 2
    }
  }

  /// Joint states of all variables.
  public var stateCount: Int {
    (0..<variables).reduce(1) { count, _ in count * categories }
  }

  /// The shape of a batch that repeats this problem's variables.
  public func shape(rows: Int) -> LatentShape {
    switch latent {
    case .binary: LatentShape(rows: rows, variables: variables)
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
    }
  }

  private func validateLogits() throws(ProblemError) {
    guard !logits.isEmpty else {
      throw ProblemError(
        key: "latent.logits", expectation: "expected at least one logit, found an empty list")
    }
    guard variables <= Self.largestVariableCount else {
      throw ProblemError(
        key: "latent.logits",
        expectation: "expected at most \(Self.largestVariableCount) logits, found \(variables)")
    }
    try requireFinite(logits, key: "latent.logits")
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

  private func requireFinite(_ numbers: [Double], key: String) throws(ProblemError) {
    for (index, number) in numbers.enumerated() where !number.isFinite {
      throw ProblemError(key: "\(key)[\(index)]", expectation: "expected a finite number, found \(number)")
    }
  }
}
