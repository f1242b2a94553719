public import Datasets
public import Foundation
internal import GradientEstimators

/// The protocols that come with Armature, in `Fixtures/Protocols`.
public enum ProtocolLibrary {
  /// The files of all protocols, by name.
  ///
  /// - Throws: `DatasetError` where the folder is not found.
  public static func files() throws(DatasetError) -> [URL] {
    let folder = try FixturesFolder.locate("Protocols")
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    return names.filter { $0.hasSuffix(".yaml") }.map { folder.appending(path: $0) }
  }

  /// The file at the path `argument`, or else the protocol of that name.
  ///
  /// - Throws: `ProtocolError` where there is neither, with the names that are most like it.
  public static func find(_ argument: String) throws(ProtocolError) -> URL {
    if argument.contains("/") || argument.hasSuffix(".yaml")
      || FileManager.default.fileExists(atPath: argument)
    {
      return URL(fileURLWithPath: argument)
    }
    let files = (try? files()) ?? []
    if let file = files.first(where: { name(of: $0) == argument }) { return file }
    let nearest = files.map(name).min { editDistance(argument, $0) < editDistance(argument, $1) }
    throw ProtocolError(
      file: argument, line: nil, key: "",
      expected: "a protocol file or one of the names that armature protocols lists"
        + (nearest.map { ", perhaps \($0)" } ?? ""),
      found: "neither")
  }

  private static func name(of file: URL) -> String { file.deletingPathExtension().lastPathComponent }
}
