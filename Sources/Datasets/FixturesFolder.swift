public import Foundation

/// The small files that come with Armature: digits, protocols, problems.
public enum FixturesFolder {
  /// The folder `Fixtures/<name>` of `ARMATURE_HOME`, or else of the nearest folder above the program or above the
  /// current folder that has one.
  ///
  /// - Throws: `DatasetError.noFixtures` where there is none.
  public static func locate(_ name: String) throws(DatasetError) -> URL {
    let environment = ProcessInfo.processInfo.environment
    let starts = [
      Bundle.main.executableURL?.deletingLastPathComponent(),
      URL(fileURLWithPath: FileManager.default.currentDirectoryPath),
    ]
    return try locate(name, home: environment["ARMATURE_HOME"], above: starts.compactMap { $0 })
  }

  static func locate(_ name: String, home: String?, above starts: [URL]) throws(DatasetError) -> URL {
    let candidates = home.map { [URL(fileURLWithPath: $0)] } ?? starts.flatMap(ancestors)
    let folders = candidates.map { $0.appending(path: "Fixtures/\(name)") }
    guard let folder = folders.first(where: isFolder) else { throw .noFixtures(name: name) }
    return folder
  }

  private static func ancestors(of start: URL) -> [URL] {
    var folder = start.standardizedFileURL
    var found = [folder]
    while folder.path != "/" && found.count < 64 {
      folder = folder.deletingLastPathComponent()
      found.append(folder)
    }
    return found
  }

  private static func isFolder(_ url: URL) -> Bool {
    (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
  }
}
