import ArgumentParser
import Foundation

/// A file that a command writes its result to.
enum OutputFile {
  /// Finds out before the work, not after it, that a result could not be written.
  static func requireWritable(_ paths: [String?]) throws {
    for path in paths.compactMap({ $0 }) {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      // A path that ends in a slash names a folder: a plain file in its place does not answer to it.
      guard FileManager.default.isWritableFile(atPath: folder + "/.") else {
        throw ValidationError("cannot write \(path): its folder is missing or read-only")
      }
    }
  }

  static func write(_ text: String, to path: String) throws {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw ValidationError("cannot write \(path): \((error as NSError).localizedDescription)")
    }
  }
}
