internal import Datasets
internal import Foundation

/// The right to write a run directory; the system gives it back when the process ends, however it ends.
struct RunLock: ~Copyable {
  private let lock: FileLock

  private init(_ lock: consuming FileLock) { self.lock = lock }

  static func take(_ directory: RunDirectory) throws(TrainingError) -> RunLock {
    do throws(FileLock.Failure) {
      return RunLock(try FileLock.take(directory.manifestFile.path, creates: false))
    } catch {
      switch error {
      case .held: throw .runInUse(folder: directory.url.path)
      case .system(let reason): throw .unwritable(path: directory.manifestFile.path, reason: reason)
      }
    }
  }
}
