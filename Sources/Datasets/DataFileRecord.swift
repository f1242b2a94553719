/// A data file as it was read: enough to know it again.
public struct DataFileRecord: Hashable, Sendable, Codable {
  /// File name without folder.
  public let name: String
  /// SHA-256 of the file as it lies on disk (compressed), hexadecimal.
  public let sha256: String
  /// SHA-256 of its uncompressed content, hexadecimal.
  public let contentSHA256: String
  /// Where the data come from.
  public let source: String

  public init(name: String, sha256: String, contentSHA256: String, source: String) {
    self.name = name
    self.sha256 = sha256
    self.contentSHA256 = contentSHA256
    self.source = source
  }
}
