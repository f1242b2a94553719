internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Writing that a kill at any moment leaves either undone or done.
enum DurableFile {
  /// Replaces `url` by `bytes`: written beside it, brought to the disk, then renamed over it.
  static func replace(
    _ url: URL, with bytes: [UInt8], beforeRenaming: () -> Void = {}
  ) throws(TrainingError) {
    let temporary = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).partial")
    do {
      try Data(bytes).write(to: temporary)
      let handle = try FileHandle(forWritingTo: temporary)
      try handle.synchronize()
      try handle.close()
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw .unwritable(path: url.path, reason: error.localizedDescription)
    }
    beforeRenaming()
    try rename(temporary, to: url)
    try synchroniseFolder(url.deletingLastPathComponent())
  }

  /// `rename(2)`: atomic, and over an empty folder allowed.
  static func rename(_ source: URL, to target: URL) throws(TrainingError) {
    #if canImport(Glibc)
      let status = unsafe Glibc.rename(source.path, target.path)
    #else
      let status = unsafe Darwin.rename(source.path, target.path)
    #endif
    guard status == 0 else { throw .unwritable(path: target.path, reason: lastSystemError()) }
  }

  /// Brings the names in a folder to the disk.
  static func synchroniseFolder(_ url: URL) throws(TrainingError) {
    let descriptor = unsafe open(url.path, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw .unwritable(path: url.path, reason: lastSystemError()) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .unwritable(path: url.path, reason: lastSystemError()) }
  }

  static func lastSystemError() -> String { unsafe String(cString: strerror(errno)) }
}

/// A file that grows by lines.
struct LineFile: ~Copyable {
  private let url: URL
  private let handle: FileHandle
  private(set) var length: Int

  private init(_ url: URL, handle: FileHandle, length: Int) {
    self.url = url
    self.handle = handle
    self.length = length
  }

  /// Opens `url`, made empty if it does not exist, and drops what lies beyond `length` bytes.
  ///
  /// - Throws: `TrainingError.damaged` where the file is shorter.
  static func open(_ url: URL, keeping length: Int) throws(TrainingError) -> LineFile {
    do {
      if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
      let handle = try FileHandle(forUpdating: url)
      let found = try handle.seekToEnd()
      guard found >= UInt64(length) else {
        throw TrainingError.damaged(file: url.path, reason: "\(found) bytes, the checkpoint counts \(length)")
      }
      try handle.truncate(atOffset: UInt64(length))
      return LineFile(url, handle: handle, length: length)
    } catch let error as TrainingError {
      throw error
    } catch {
      throw .unwritable(path: url.path, reason: error.localizedDescription)
    }
  }

  /// Appends `value` as one line of JSON.
  mutating func append(_ value: some Encodable) throws(TrainingError) {
    do {
      let line = try RunCoding.line(value)
      try handle.write(contentsOf: line)
      length += line.count
    } catch {
      throw .unwritable(path: url.path, reason: error.localizedDescription)
    }
  }

  /// Returns when everything appended is on the disk.
  borrowing func synchronise() throws(TrainingError) {
    do { try handle.synchronize() } catch {
      throw .unwritable(path: url.path, reason: error.localizedDescription)
    }
  }
}
