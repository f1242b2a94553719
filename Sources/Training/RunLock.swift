internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The right to write a run directory; the system gives it back when the process ends, however it ends.
struct RunLock: ~Copyable {
  private let descriptor: Int32

  init(_ directory: RunDirectory) throws(TrainingError) {
    descriptor = unsafe open(directory.manifestFile.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .unwritable(path: directory.manifestFile.path, reason: DurableFile.lastSystemError())
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .runInUse(folder: directory.url.path)
    }
  }

  deinit { close(descriptor) }
}
