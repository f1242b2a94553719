/// Why data could not be read: one line that names the file, what was expected and what to do.
public enum DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file cannot be opened or read; `reason` is the system's.
  case unreadable(file: String, reason: String)
  case missing(file: String, set: DatasetName)
  /// The compressed stream is not gzip, ends early, fails its own checksum or is followed by other bytes.
  case badGzip(file: String, problem: GzipProblem)
  /// The content is not the file's; `algorithm` is that of the two checksums.
  case wrongChecksum(file: String, algorithm: String = "SHA-256", expected: String, found: String)
  /// The content breaks its format; `place` is a line or a byte position.
  case malformed(file: String, place: String, expected: String, found: String)
  case noDataFolder(set: DatasetName)
  /// No folder `Fixtures/<name>` near the program or the current folder.
  case noFixtures(name: String)
  case unsuitableBinarisation(set: DatasetName, binarisation: Binarisation)

  public enum GzipProblem: Hashable, Sendable {
    case notGzip
    case truncated
    case corrupt(String)
    case trailingBytes
  }

  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): cannot be read (\(reason)); check the path and its permissions"
    case .missing(let file, let set):
      "\(file): not found, but data set \(set.rawValue) needs it; put it there, name another folder with --data, or get it "
        + "with armature data fetch \(set.rawValue)"
    case .badGzip(let file, let problem):
      "\(file): expected one whole gzip stream, but \(problem.words); fetch the file again"
    case .wrongChecksum(let file, let algorithm, let expected, let found):
      "\(file): \(algorithm) of the content is \(found), expected \(expected); remove the file and fetch it again"
    case .malformed(let file, let place, let expected, let found):
      "\(file), \(place): expected \(expected), found \(found)"
    case .noDataFolder(let set):
      "data set \(set.rawValue): no data folder; name the folder of its files with --data or ARMATURE_DATA, or get them with "
        + "armature data fetch \(set.rawValue)"
    case .noFixtures(let name):
      "Fixtures/\(name): not found above the program or the current folder; set ARMATURE_HOME to Armature's folder"
    case .unsuitableBinarisation(let set, let binarisation):
      "data set \(set.rawValue): binarisation \(binarisation.rawValue) does not suit it, expected "
        + Binarisation.allCases.filter { $0.suits(set) }.map(\.rawValue).joined(separator: " or ")
    }
  }
}

extension DatasetError.GzipProblem {
  var words: String {
    switch self {
    case .notGzip: "it does not start as one"
    case .truncated: "it ends early"
    case .corrupt(let reason): "it is corrupt (\(reason))"
    case .trailingBytes: "other bytes follow it"
    }
  }
}
