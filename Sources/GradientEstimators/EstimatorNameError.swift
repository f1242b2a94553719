/// A name that names no estimator.
public struct EstimatorNameError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case unknown
    /// The estimator takes numbers, and none was given.
    case missingNumber([EstimatorCatalogue.Parameter])
    /// What stands after the colon is not what the estimator takes.
    case badNumber(String, [EstimatorCatalogue.Parameter])
    /// The estimator has no parameter, and one was given.
    case unexpectedParameter(String)
  }

  /// The name as given.
  public let name: String
  public let reason: Reason
  /// What was probably meant.
  public let suggestion: String

  public var description: String {
    switch reason {
    case .unknown:
      let known = EstimatorCatalogue.entries.map(\.pattern).joined(separator: ", ")
      return "unknown estimator \"\(name)\": did you mean \"\(suggestion)\"? (known: \(known))"
    case .missingNumber(let parameters):
      return
        "estimator \"\(name)\": expected \(expectation(of: parameters)) after a colon, for example \"\(suggestion)\""
    case .badNumber(let text, let parameters):
      return
        "estimator \"\(name)\": expected \(expectation(of: parameters)) after the colon, found \"\(text)\"; try \"\(suggestion)\""
    case .unexpectedParameter(let text):
      return "estimator \"\(name)\": takes no parameter, found \"\(text)\"; use \"\(suggestion)\""
    }
  }

  private func expectation(of parameters: [EstimatorCatalogue.Parameter]) -> String {
    parameters.map(\.expectation).joined(separator: ", a comma, and ")
  }
}
