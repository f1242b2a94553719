internal import Datasets
internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Who writes a sweep's folder.
public struct SweepHolder: Hashable, Sendable, Codable, CustomStringConvertible {
  public let process: Int32
  public let host: String
  /// ISO 8601 in UTC.
  public let since: String

  public var description: String { "process \(process) on host \(host) since \(since)" }

  static func current() -> SweepHolder {
    SweepHolder(process: getpid(), host: hostName(), since: Date().formatted(.iso8601))
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    let status = unsafe gethostname(&name, name.count - 1)
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return status == 0 && !bytes.isEmpty ? String(decoding: bytes, as: UTF8.self) : "unknown"
  }
}

/// The right to write a sweep's folder.
///
/// The file `sweep.lock` says who holds it. On one machine the system's own lock decides, which ends with its process: a
/// name that a killed process left is recognised and replaced. The name of another machine is believed, because not every network
/// file system tells one machine of the other's locks.
struct SweepLock: ~Copyable {
  private let file: URL
  private let lock: FileLock
  /// Who held the folder before and ended without giving it back; nil where nobody did.
  let previous: SweepHolder?

  private init(file: URL, lock: consuming FileLock, previous: SweepHolder?) {
    self.file = file
    self.lock = lock
    self.previous = previous
  }

  deinit {
    // Emptied, not removed: a process that waits for the removed file would hold a lock that nobody else sees.
    try? Data().write(to: file)
  }

  static func take(
    _ folder: URL, for holder: SweepHolder = .current()
  ) throws(TrainingError) -> SweepLock {
    let file = folder.appending(path: "sweep.lock")
    let lock: FileLock
    do throws(FileLock.Failure) {
      lock = try FileLock.take(file.path, creates: true)
    } catch {
      switch error {
      case .held:
        throw .sweepInUse(folder: folder.path, holder: named(in: file)?.description ?? "another process")
      case .system(let reason): throw .unwritable(path: file.path, reason: reason)
      }
    }
    let previous = named(in: file)
    if let previous, previous.host != holder.host {
      throw .sweepHeldElsewhere(file: file.path, holder: previous.description)
    }
    do { try Data(RunCoding.line(holder)).write(to: file) } catch {
      throw .unwritable(path: file.path, reason: error.localizedDescription)
    }
    return SweepLock(file: file, lock: lock, previous: previous)
  }

  private static func named(in file: URL) -> SweepHolder? {
    (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(SweepHolder.self, from: $0) }
  }
}
