public import Foundation

/// A file of a data set, as it is distributed.
public struct DataFile: Hashable, Sendable {
  /// File name without folder. A file `NAME.gz` may also lie uncompressed as `NAME`.
  public let name: String
  /// Bytes of the file as distributed; nil where not known.
  public let bytes: Int?
  /// SHA-256 of the file as distributed; nil where not known.
  public let sha256: String?
  /// SHA-256 of its uncompressed content. Only this one is binding: compressing anew changes the container, not the data.
  public let contentSHA256: String?
  /// MD5 of the content, where no SHA-256 of it is published.
  public let md5: String?
  /// Public addresses of the file, best first; a compressed file may be offered uncompressed.
  public let mirrors: [String]

  init(
    _ name: String, bytes: Int? = nil, sha256: String? = nil, contentSHA256: String? = nil,
    md5: String? = nil,
    mirrors: [String] = []
  ) {
    self.name = name
    self.bytes = bytes
    self.sha256 = sha256
    self.contentSHA256 = contentSHA256
    self.md5 = md5
    self.mirrors = mirrors
  }

  /// The file's name, and the one without `.gz` where it has that.
  var names: [String] { name.hasSuffix(".gz") ? [name, String(name.dropLast(3))] : [name] }

  /// Where the file lies in `folder`, compressed or not; nil where it does not.
  public func find(in folder: URL) -> URL? {
    names.map { folder.appending(path: $0) }.first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// The name under which what `address` offers is kept.
  func localName(of address: String) -> String { address.hasSuffix(".gz") ? name : names[names.count - 1] }

  /// - Throws: `DatasetError.wrongChecksum` where the content is not the file's; files of unknown content pass.
  func check(_ content: DataFileContent, file: String) throws(DatasetError) {
    if let contentSHA256, content.contentSHA256 != contentSHA256 {
      throw .wrongChecksum(file: file, expected: contentSHA256, found: content.contentSHA256)
    }
    guard let md5 else { return }
    let found = DigestStream.digest(of: content.bytes, .md5)
    guard found == md5 else {
      throw .wrongChecksum(file: file, algorithm: "MD5", expected: md5, found: found)
    }
  }
}

/// The uncompressed content of a data file, with the checksums of both.
struct DataFileContent {
  let bytes: [UInt8]
  /// SHA-256 of the file as it lies on disk.
  let sha256: String
  let contentSHA256: String

  /// Reads `url`, and decompresses it where its name ends with `.gz`.
  init(_ url: URL) throws(DatasetError) {
    if url.pathExtension == "gz" {
      let file = try GzipFile(url)
      bytes = file.content
      sha256 = file.sha256
      contentSHA256 = file.contentSHA256
    } else {
      do { bytes = [UInt8](try Data(contentsOf: url)) } catch {
        throw .unreadable(file: url.path, reason: error.localizedDescription)
      }
      sha256 = SHA256Stream.digest(of: bytes)
      contentSHA256 = sha256
    }
  }
}
