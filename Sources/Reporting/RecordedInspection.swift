internal import Datasets
internal import Foundation
internal import Training

extension RecordedRun {
  static let inspectionFile = "inspection.json"

  /// Refuses an inspection of other parameters than those that the run ended with.
  ///
  /// - Throws: `ReportingError.malformed`.
  static func requireCurrent(
    _ inspection: RunInspection, result: RunResult?, of name: String
  ) throws(ReportingError) {
    guard inspection.schema == RunInspection.schema else {
      throw .malformed(
        file: "\(name)/\(inspectionFile)", place: "schema",
        expected: "\(RunInspection.schema); inspect the run again")
    }
    guard let result, result.checkpointSHA256 != inspection.checkpointSHA256 else { return }
    throw .malformed(
      file: "\(name)/\(inspectionFile)", place: "checkpointSHA256",
      expected:
        "the checkpoint of the finished run, not that of step \(inspection.step); inspect the run again")
  }

  /// The bytes of a picture.
  ///
  /// - Throws: `ReportingError.malformed` where they are not those that the inspection made.
  func bytes(of picture: RunInspection.Picture) throws(ReportingError) -> [UInt8] {
    let data = try? Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(picture.file)"))
    guard let data, SHA256Stream.digest(of: [UInt8](data)) == picture.sha256 else {
      throw .malformed(
        file: "\(name)/\(picture.file)", place: "the file",
        expected: "the picture that \(Self.inspectionFile) tells of; inspect the run again")
    }
    return [UInt8](data)
  }

  /// The checksum of `inspection.json`, where there is one.
  var inspectionInput: ReportLock.File? {
    guard inspection != nil,
      let data = try? Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(Self.inspectionFile)"))
    else { return nil }
    return ReportLock.File(name: "inspection: \(name)", sha256: SHA256Stream.digest(of: [UInt8](data)))
  }
}

extension TrainingRecipe {
  /// Inspects run directories as the recipe's runs were: each as the run of its name, or else of its protocol and estimator.
  ///
  /// - Throws: `TrainingError`.
  func inspect(
    _ directories: [URL], threads: Int, dataFolder: URL?, provenance: ProvenanceFacts,
    progress: (Double) -> Void, shouldStop: () -> Bool
  ) throws(TrainingError) {
    var groups: [(settings: InspectionSettings, runs: [URL])] = []
    for directory in directories {
      guard let settings = try inspection(of: directory) else { continue }
      if let place = groups.firstIndex(where: { $0.settings == settings }) {
        groups[place].runs.append(directory)
      } else {
        groups.append((settings, [directory]))
      }
    }
    for (number, group) in groups.enumerated() {
      _ = try TrainingRun.inspect(
        runs: group.runs, settings: group.settings, threads: threads, dataFolder: dataFolder,
        provenance: provenance,
        progress: { share, _ in progress((Double(number) + share) / Double(groups.count)) },
        shouldStop: shouldStop)
    }
  }

  private func inspection(of directory: URL) throws(TrainingError) -> InspectionSettings? {
    if let run = runs.first(where: { $0.name == directory.lastPathComponent }) { return run.inspection }
    let manifest = try RunDirectory(directory).manifest()
    return runs.first { $0.protocol == manifest.protocolName && $0.estimator == manifest.estimator }?
      .inspection
  }
}
