/// A name that names no estimator.
public struct EstimatorNameError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case unknown
    /// The estimator takes a number of samples, and none was given.
    case missingSampleCount
    /// What stands after the colon is not a number of samples in range.
    case badSampleCount(String)
    /// The estimator has no parameter, and one was given.
    case unexpectedParameter(String)
  }

  /// The name as given.
  public let name: String
  public let reason: Reason
  /// What was probably meant.
  public let suggestion: String

  public var description: String {
    let range = EstimatorCatalogue.sampleCounts
    let allowed = "a whole number of samples from \(range.lowerBound) to \(range.upperBound)"
    switch reason {
    case .unknown:
      let known = EstimatorCatalogue.entries.map(\.pattern).joined(separator: ", ")
      return "unknown estimator \"\(name)\": did you mean \"\(suggestion)\"? (known: \(known))"
    case .missingSampleCount:
      return "estimator \"\(name)\": expected \(allowed) after a colon, for example \"\(suggestion)\""
    case .badSampleCount(let text):
      return
        "estimator \"\(name)\": expected \(allowed) after the colon, found \"\(text)\"; try \"\(suggestion)\""
    case .unexpectedParameter(let text):
      return "estimator \"\(name)\": takes no parameter, found \"\(text)\"; use \"\(suggestion)\""
    }
  }
}
