internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The sole right to a file among those who ask; the system gives it back when the process ends, however it ends.
package struct FileLock: ~Copyable {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  package enum Failure: Error {
    case held
    case system(String)
  }

  /// Takes the lock of the file at `path`, which is made if it does not exist and `creates` says so.
  package static func take(_ path: String, creates: Bool) throws(Failure) -> FileLock {
    let flags = (creates ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC
    let descriptor = unsafe open(path, flags, 0o644)
    guard descriptor >= 0 else { throw .system(unsafe String(cString: strerror(errno))) }
    let lock = FileLock(descriptor: descriptor)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      guard errno == EWOULDBLOCK else { throw .system(unsafe String(cString: strerror(errno))) }
      throw .held
    }
    return lock
  }
}
