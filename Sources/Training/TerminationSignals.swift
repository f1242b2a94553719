internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The number of the first signal; an atomic, because a signal handler may touch nothing else.
private let firstSignal = Atomic<Int32>(0)

/// Remembers the first SIGINT or SIGTERM instead of ending the process, so that a run can write its checkpoint.
public enum TerminationSignals {
  /// Starts to watch, for the whole process. A second signal ends it at once.
  ///
  /// Call it on the main thread before others start: it also lets both signals through again, which a parent that
  /// starts programs from a worker thread usually passes on blocked.
  public static func watch() {
    var watched = sigset_t()
    unsafe sigemptyset(&watched)
    for number in [SIGINT, SIGTERM] {
      unsafe sigaddset(&watched, number)
      signal(number) { number in
        let isFirst = firstSignal.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
        if !isFirst { _exit(128 + number) }
      }
    }
    unsafe pthread_sigmask(SIG_UNBLOCK, &watched, nil)
  }

  /// The first signal that came, or nil; a program that stops for it exits with 128 plus its number.
  public static var received: Int32? {
    let number = firstSignal.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }
}
