/// Why a file could not be fetched: one line that says what, from where, and what to do.
public enum FetchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No public address of the set's files is known, or none that can be checked.
  case noMirror(set: DatasetName, reason: String)
  case badAddress(String)
  /// The server answers, but not with the file.
  case refused(address: String, status: Int)
  /// No connection, or one that broke; `kept` bytes are kept, and fetching again goes on there.
  case noConnection(address: String, reason: String, kept: Int)
  /// Fewer bytes came than were announced.
  case truncated(address: String, bytes: Int, expected: Int)
  /// What came is not the file.
  case wrongContent(address: String, problem: String)
  /// A file of that name is there with another content.
  case otherFile(path: String, problem: String)
  case unwritable(path: String, reason: String)
  /// Another process is fetching the file.
  case inUse(path: String)
  /// Every address failed.
  case allFailed(file: String, problems: [String])

  public var description: String {
    switch self {
    case .noMirror(let set, let reason): "data set \(set.rawValue): cannot be fetched; \(reason)"
    case .badAddress(let address): "\(address): expected an address that begins with http:// or https://"
    case .refused(let address, let status):
      "\(address): the server answers with status \(status)" + (status == 404 ? " (not found)" : "")
    case .noConnection(let address, let reason, let kept):
      "\(address): no connection (\(reason))"
        + (kept > 0 ? "; \(kept) bytes are kept, fetch again to go on" : "")
    case .truncated(let address, let bytes, let expected):
      "\(address): ended after \(bytes) of \(expected) bytes; these are kept, fetch again to go on"
    case .wrongContent(let address, let problem):
      "\(address): not the expected file (\(problem)); nothing is kept"
    case .otherFile(let path, let problem):
      "\(path): is there, but is not the expected file (\(problem)); remove it and fetch again"
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); name another folder with --data"
    case .inUse(let path): "\(path): another process is fetching this file; wait for it or stop it"
    case .allFailed(let file, let problems):
      "\(file): could not be fetched: \(problems.joined(separator: "; "))"
    }
  }
}
