internal import Datasets
internal import Foundation

extension RunDirectory {
  /// Makes the directory with its manifest: built beside it, then renamed, so that it never exists without one.
  ///
  /// - Throws: `TrainingError.unwritable`; nothing is left behind then.
  func create(_ manifest: RunManifest) throws(TrainingError) {
    let parent = url.deletingLastPathComponent()
    // A kill can leave this behind; the next creation clears it away.
    let temporary = parent.appending(path: ".\(url.lastPathComponent).partial")
    let building = RunDirectory(temporary)
    do {
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
      if FileManager.default.fileExists(atPath: temporary.path) {
        try FileManager.default.removeItem(at: temporary)
      }
      try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: false)
    } catch {
      throw .unwritable(path: url.path, reason: error.localizedDescription)
    }
    do throws(TrainingError) {
      try DurableFile.replace(
        building.manifestFile, with: try RunCoding.document(manifest, file: manifestFile))
      try DurableFile.rename(temporary, to: url)
      try DurableFile.synchroniseFolder(parent)
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw error
    }
  }

  /// Whether a run is there; an empty folder, or none, is not one.
  ///
  /// - Throws: `TrainingError.notARun` where something else is there.
  func holdsRun() throws(TrainingError) -> Bool {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      return false
    }
    guard isFolder.boolValue else { throw .notARun(folder: url.path, reason: "it is a file") }
    if FileManager.default.fileExists(atPath: manifestFile.path) { return true }
    let content = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? ["unreadable"]
    guard content.isEmpty else {
      throw .notARun(folder: url.path, reason: "it has other files but no run.json")
    }
    return false
  }

  /// - Throws: `TrainingError.otherRun` where the directory's run is not `wanted`. Threads, command and machine may differ.
  func requireSameRun(as wanted: RunManifest) throws(TrainingError) {
    let found = try manifest()
    let fields: [(String, String, String)] = [
      ("protocol", found.protocolName, wanted.protocolName),
      ("protocol file (SHA-256)", found.protocolSHA256, wanted.protocolSHA256),
      ("estimator", found.estimator, wanted.estimator),
      ("seed", "\(found.seed)", "\(wanted.seed)"),
      (
        "learning rate", "\(found.resolvedProtocol.optimisation.learningRate)",
        "\(wanted.resolvedProtocol.optimisation.learningRate)"
      ),
      ("number of steps", "\(found.steps)", "\(wanted.steps)"),
      (
        "data (SHA-256)", found.dataFiles.map(\.contentSHA256).joined(separator: " "),
        wanted.dataFiles.map(\.contentSHA256).joined(separator: " ")
      ),
    ]
    for (field, found, expected) in fields where found != expected {
      throw .otherRun(folder: url.path, field: field, found: found, expected: expected)
    }
  }
}
