/// A failure that GSL reported, as function, status code and arguments.
public struct GSLError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The GSL function, for example `gsl_cdf_beta_P`.
  public let function: String
  /// GSL's status, for example 1 (`GSL_EDOM`).
  public let code: Int32
  /// The arguments it was called with, as text.
  public let arguments: String
  /// GSL's own words for the status.
  public let reason: String

  public init(function: String, code: Int32, arguments: String, reason: String) {
    self.function = function
    self.code = code
    self.arguments = arguments
    self.reason = reason
  }

  public var description: String { "\(function)(\(arguments)): \(reason) (GSL status \(code))" }
}
