/// A report that cannot be written, or an input of a report that cannot be read.
package enum ReportingError: Error, Sendable, CustomStringConvertible {
  /// The folder or file could not be written.
  case unwritable(path: String, reason: String)
  /// A file of published numbers, or of a run, is missing or malformed.
  case malformed(file: String, place: String, expected: String)
  /// Runs that do not belong into one report.
  case mixedRuns(file: String, reason: String)
  /// The toy study cannot be run.
  case study(reason: String)

  package var description: String {
    switch self {
    case .unwritable(let path, let reason):
      "cannot write \(path): \(reason); choose an output folder that can be written"
    case .malformed(let file, let place, let expected):
      "\(file): \(place): expected \(expected); correct the file or leave it out"
    case .mixedRuns(let file, let reason):
      "\(file): \(reason); report on runs of one kind at a time"
    case .study(let reason):
      "the toy study cannot be run: \(reason)"
    }
  }
}
