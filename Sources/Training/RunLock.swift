internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The right to write a run directory; the system gives it back when the process ends, however it ends.
struct RunLock: ~Copyable {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  static func take(_ directory: RunDirectory) throws(TrainingError) -> RunLock {
    let descriptor = unsafe open(directory.manifestFile.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .unwritable(path: directory.manifestFile.path, reason: DurableFile.lastSystemError())
    }
    let lock = RunLock(descriptor: descriptor)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .runInUse(folder: directory.url.path) }
    return lock
  }
}
