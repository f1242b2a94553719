internal import Datasets
internal import Foundation

/// What a study of gradient accuracy was made of.
package struct AccuracyRecipe: Codable, Hashable, Sendable {
  /// The data files by name; empty where the network was trained by the study.
  package var data: [ReportLock.File]
  package var estimators: [String]
  package var samples: Int
  package var seed: UInt64

  init(_ result: AccuracyResult) {
    data = result.data.map { ReportLock.File(name: $0.name, sha256: $0.sha256) }
    estimators = result.estimators
    samples = result.gradientSamples
    seed = result.seed
  }

  /// The network that was studied: its file in the data folder, or trained again where there was none.
  ///
  /// - Throws: `ReplayError.missingFile`, or what reading and training throw.
  func problem(
    dataFolder: URL?, progress: @escaping @Sendable (Double) -> Void
  ) throws -> AccuracyProblem {
    guard let network = data.first else {
      let training = AccuracyTraining(seed: seed)
      return try training.train(on: training.points(), progress: progress)
    }
    return try AccuracyProblem(
      networkFile: try Self.path(of: network, in: dataFolder),
      pointsFile: try data.dropFirst().first.map { try Self.path(of: $0, in: dataFolder) })
  }

  /// The published values beside the study, where the network is theirs.
  func comparison(_ outcome: AccuracyStudy.Outcome) async throws -> AccuracyComparison? {
    let published = try PublishedAccuracy.load(
      file: try FixturesFolder.locate("Published").appendingPathComponent(PublishedAccuracy.fileName).path)
    guard
      published.isAbout(
        expectedLoss: outcome.exact.expectedLoss, gradientNorms: outcome.exact.gradientNorms)
    else { return nil }
    return try await AccuracyComparison(outcome, with: published)
  }

  /// A file of the name directly in the folder, or in a folder of it.
  private static func path(of file: ReportLock.File, in folder: URL?) throws(ReplayError) -> String {
    guard let folder else {
      throw .missingFile(name: file.name, reason: "expected --data FOLDER with the file that was studied")
    }
    let inner = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    let candidates = ([""] + inner.map { $0 + "/" }).map { "\(folder.path)/\($0)\(file.name)" }
    guard let path = candidates.first(where: FileManager.default.fileExists) else {
      throw .missingFile(name: file.name, reason: "expected in \(folder.path)")
    }
    guard let content = try? Data(contentsOf: URL(fileURLWithPath: path)),
      SHA256Stream.digest(of: [UInt8](content)) == file.sha256
    else {
      throw .missingFile(
        name: file.name, reason: "\(path) has another SHA-256 than the file that was studied")
    }
    return path
  }
}
