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
    /// The estimator is for networks only, and one for a single layer was asked for.
    case networksOnly
    /// The estimator has no form for networks, and one was asked for.
    case noNetworks
    /// The estimator has no form for networks of variables of so many categories, and one was asked for.
    case noCategoricalNetworks(Int)
    /// What stands after a plus sign is no option of an estimator for networks.
    case unknownOption(String)
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
    case .networksOnly:
      return "estimator \"\(name)\": is for networks only; use a problem of kind network"
    case .noNetworks:
      return "estimator \"\(name)\": has no form for networks; try \"\(suggestion)\""
    case .noCategoricalNetworks(let categories):
      return
        "estimator \"\(name)\": has no form for networks whose variables have \(categories) categories; try \"\(suggestion)\""
    case .unknownOption(let text):
      return "estimator \"\(name)\": unknown option \"+\(text)\" for networks; \(suggestion)"
    }
  }

  private func expectation(of parameters: [EstimatorCatalogue.Parameter]) -> String {
    parameters.map(\.expectation).joined(separator: ", a comma, and ")
  }
}
