public import Foundation

/// Where data files are looked for, and where they are put.
public enum DataFolder {
  /// The folder of a data set's files: `given`, or else the one that the environment variable `ARMATURE_DATA` names, or
  /// else the user's own, where `armature data fetch` puts them: `armature` in `XDG_DATA_HOME`, or in `~/.local/share`.
  /// The digits' is always that of the files that come with Armature.
  ///
  /// - Throws: `DatasetError` where there is none.
  public static func locate(_ set: DatasetName, given: URL?) throws(DatasetError) -> URL {
    if set == .digits { return try FixturesFolder.locate("Digits") }
    guard let folder = chosen(given) ?? existing(user) else { throw .noDataFolder(set: set) }
    return folder
  }

  /// The folder that fetched files go to: as for `locate`, but the user's own need not exist yet.
  ///
  /// - Throws: `DatasetError.noDataFolder` where not even the home folder is known.
  public static func target(_ set: DatasetName, given: URL?) throws(DatasetError) -> URL {
    guard let folder = chosen(given) ?? user else { throw .noDataFolder(set: set) }
    return folder
  }

  private static func chosen(_ given: URL?) -> URL? { given ?? variable("ARMATURE_DATA") }

  private static func existing(_ folder: URL?) -> URL? {
    folder.flatMap { FileManager.default.fileExists(atPath: $0.path) ? $0 : nil }
  }

  private static var user: URL? { personal("XDG_DATA_HOME", otherwise: ".local/share") }

  /// The user's folder for what can be made again.
  static var userCache: URL? { personal("XDG_CACHE_HOME", otherwise: ".cache") }

  private static func personal(_ name: String, otherwise path: String) -> URL? {
    (variable(name) ?? variable("HOME")?.appending(path: path))?.appending(path: "armature")
  }

  private static func variable(_ name: String) -> URL? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
  }
}
