internal import Datasets
package import ExactExpectations
package import Foundation

/// The problems that a verification runs on.
package enum StandardProblems {
  /// All problems of `folder` (default: `Fixtures/Problems`), in the order of their file names.
  ///
  /// - Throws: `DatasetError` where the folder is missing, `ProblemError` for the first malformed problem.
  package static func load(folder: URL? = nil) throws -> [Problem] {
    let folder = try folder ?? FixturesFolder.locate("Problems")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.filter { $0.pathExtension == "json" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
      .map { try Problem(contentsOf: $0) }
  }
}
