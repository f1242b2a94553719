internal import Dispatch
internal import Foundation
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Remembers the first SIGINT or SIGTERM instead of ending the process, so that a run can write its checkpoint.
///
/// A second one ends the process at once. Make one for the whole program.
public final class TerminationSignals: Sendable {
  private let first = Mutex<Int32?>(nil)
  private let sources = Mutex<[any DispatchSourceSignal]>([])

  public init() {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [weak self] in self?.receive(number) }
      source.activate()
      sources.withLock { $0.append(source) }
    }
  }

  /// The first signal that came, or nil; a program that stops for it exits with 128 plus its number.
  public var received: Int32? { first.withLock { $0 } }

  private func receive(_ number: Int32) {
    let isSecond = first.withLock { first in
      defer { first = first ?? number }
      return first != nil
    }
    if isSecond { _exit(128 + number) }
  }
}
