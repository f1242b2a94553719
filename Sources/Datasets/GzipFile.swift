internal import Foundation

/// The content of a gzip file, with the checksums of both.
struct GzipFile {
  let content: [UInt8]
  /// SHA-256 of the compressed bytes.
  let sha256: String
  /// SHA-256 of the content.
  let contentSHA256: String

  private static let pieceSize = 1 << 18

  /// Reads and decompresses `url` piece by piece.
  ///
  /// - Throws: `DatasetError` where the file cannot be read, or is not exactly one gzip stream.
  init(_ url: URL) throws(DatasetError) {
    let file = url.path
    var inflater = InflateStream(.gzip)
    var compressedHash = SHA256Stream()
    var contentHash = SHA256Stream()
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: Self.pieceSize)
    var outcome = InflateStream.Outcome.open
    var first = true

    let handle = try Self.open(url)
    while let input = try Self.read(handle, file: file) {
      compressedHash.update(input.span)
      if first && !input.starts(with: [0x1f, 0x8b]) { throw .badGzip(file: file, problem: .notGzip) }
      first = false
      var offset = 0
      var outputFull = false
      while offset < input.count || outputFull {
        if outcome == .ended { throw .badGzip(file: file, problem: .trailingBytes) }
        var output = piece.mutableSpan
        let step = inflater.inflate(input.span.extracting(offset...), into: &output)
        if case .corrupt(let reason) = step.outcome {
          throw .badGzip(file: file, problem: .corrupt(reason))
        }
        outcome = step.outcome
        offset += step.consumed
        outputFull = step.produced == piece.count && outcome == .open
        contentHash.update(piece.span.extracting(..<step.produced))
        bytes.append(contentsOf: piece[..<step.produced])
      }
    }
    if first { throw .badGzip(file: file, problem: .notGzip) }
    guard outcome == .ended else { throw .badGzip(file: file, problem: .truncated) }
    content = bytes
    sha256 = compressedHash.digest()
    contentSHA256 = contentHash.digest()
  }

  private static func open(_ url: URL) throws(DatasetError) -> FileHandle {
    do { return try FileHandle(forReadingFrom: url) } catch {
      throw .unreadable(file: url.path, reason: error.localizedDescription)
    }
  }

  private static func read(_ handle: FileHandle, file: String) throws(DatasetError) -> [UInt8]? {
    do {
      guard let data = try handle.read(upToCount: pieceSize), !data.isEmpty else { return nil }
      return [UInt8](data)
    } catch {
      throw .unreadable(file: file, reason: error.localizedDescription)
    }
  }
}
