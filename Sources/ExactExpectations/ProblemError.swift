internal import Foundation

/// A problem that cannot be loaded: which file, which key, what was expected there.
public struct ProblemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, where the problem came from one.
  public let file: String?
  /// The key, as a path: `latent.logits[1]`.
  public let key: String?
  /// What was expected and what was found.
  public let expectation: String

  public init(file: String? = nil, key: String? = nil, expectation: String) {
    self.file = file
    self.key = key
    self.expectation = expectation
  }

  public var description: String {
    let place = [file, key.map { "key \"\($0)\"" }].compactMap { $0 }.joined(separator: ": ")
    return place.isEmpty ? "problem: \(expectation)" : "\(place): \(expectation)"
  }

  /// The same error, at home in a file.
  func within(_ file: URL) -> ProblemError {
    ProblemError(file: file.path(percentEncoded: false), key: key, expectation: expectation)
  }
}
