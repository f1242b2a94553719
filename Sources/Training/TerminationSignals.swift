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
  public static func watch() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        let isFirst = firstSignal.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
        if !isFirst { _exit(128 + number) }
      }
    }
  }

  /// The first signal that came, or nil; a program that stops for it exits with 128 plus its number.
  public static var received: Int32? {
    let number = firstSignal.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }
}
