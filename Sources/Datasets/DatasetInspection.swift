public import Foundation

/// What is known of a data file where it lies.
public enum DataFileState: String, Hashable, Sendable, Codable {
  case missing
  /// The file as it is distributed, by its checksum.
  case original
  /// Another container of the same content, by the content's checksum.
  case sameContent = "same-content"
  /// It is there, but not with the checksum of the file as distributed; whether its content is right, only verifying tells.
  case unverified
  /// It is there, and no checksum of it is known.
  case noChecksum = "no-checksum"
  /// Its content is not that of the file.
  case wrong
  /// It cannot be read or decompressed.
  case unreadable

  /// Whether the file is there and nothing speaks against it.
  public var isGood: Bool {
    switch self {
    case .original, .sameContent, .unverified, .noChecksum: true
    case .missing, .wrong, .unreadable: false
    }
  }
}

/// The files of a data set in one folder.
public struct DatasetInspection: Hashable, Sendable {
  public struct File: Hashable, Sendable {
    public let name: String
    /// Where it lies; nil where it does not.
    public let url: URL?
    public let state: DataFileState
    /// Why it is not good, in one line; nil where it is.
    public let problem: String?
    /// Whether only those need it who ask for labels.
    public let isOfLabels: Bool
  }

  public let name: DatasetName
  /// The folder that was looked into; nil where none is known.
  public let folder: URL?
  public let files: [File]

  /// Whether the images can be loaded, as far as the inspection tells.
  public var isReady: Bool { files.allSatisfy { $0.isOfLabels || $0.state.isGood } }

  /// Looks at the files of a data set.
  ///
  /// `verifies` says whether contents are decompressed and compared with their checksums. Otherwise only the checksum of the
  /// file as it lies is taken, which is quick.
  public init(_ name: DatasetName, folder given: URL?, verifies: Bool) {
    let set = DatasetCatalogue.describe(name)
    let folder = try? DataFolder.locate(name, given: given)
    self.name = name
    self.folder = folder
    files =
      set.files.map { Self.inspect($0, in: folder, verifies: verifies, isOfLabels: false) }
      + set.labelFiles.map { Self.inspect($0, in: folder, verifies: verifies, isOfLabels: true) }
  }

  private static func inspect(_ file: DataFile, in folder: URL?, verifies: Bool, isOfLabels: Bool) -> File {
    guard let folder, let url = file.find(in: folder) else {
      return File(name: file.name, url: nil, state: .missing, problem: "not found", isOfLabels: isOfLabels)
    }
    var problem: String?
    var state: DataFileState
    do throws(DatasetError) {
      state = try verifies ? verified(file, at: url) : atFirstSight(file, at: url)
    } catch {
      if case .wrongChecksum = error { state = .wrong } else { state = .unreadable }
      problem = error.description
    }
    return File(name: file.name, url: url, state: state, problem: problem, isOfLabels: isOfLabels)
  }

  private static func verified(_ file: DataFile, at url: URL) throws(DatasetError) -> DataFileState {
    let content = try DataFileContent(url)
    try file.check(content, file: url.path)
    if content.sha256 == file.sha256 || file.md5 != nil { return .original }
    return file.contentSHA256 == nil ? .noChecksum : .sameContent
  }

  private static func atFirstSight(_ file: DataFile, at url: URL) throws(DatasetError) -> DataFileState {
    let bytes: [UInt8]
    do { bytes = [UInt8](try Data(contentsOf: url)) } catch {
      throw .unreadable(file: url.path, reason: error.localizedDescription)
    }
    if let md5 = file.md5 { return DigestStream.digest(of: bytes, .md5) == md5 ? .original : .unverified }
    let digest = SHA256Stream.digest(of: bytes)
    if digest == file.sha256 { return .original }
    if digest == file.contentSHA256 { return .sameContent }
    return file.sha256 == nil && file.contentSHA256 == nil ? .noChecksum : .unverified
  }
}
