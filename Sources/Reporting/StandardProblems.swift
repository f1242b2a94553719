internal import Datasets
package import ExactExpectations
package import Foundation

/// The problems that a verification runs on.
package enum StandardProblems {
  /// All problems of independent variables of `folder` (default: `Fixtures/Problems`), in the order of their file names.
  ///
  /// - Throws: `DatasetError` where the fixtures are missing, `ProblemError` for the first malformed problem.
  package static func load(folder: URL? = nil) throws -> [Problem] {
    try Problem.loadAll(in: try folder ?? FixturesFolder.locate("Problems"))
  }

  /// All network problems of `folder` (default: `Fixtures/Problems`), in the order of their file names.
  ///
  /// - Throws: as `load`.
  package static func loadNetworks(folder: URL? = nil) throws -> [NetworkProblem] {
    try NetworkProblem.loadAll(in: try folder ?? FixturesFolder.locate("Problems"))
  }
}
