internal import Synchronization

/// Working memory that one call hands on to the next, so that only the first calls allocate: as many as run at a time.
///
/// What is taken may hold anything; no result depends on it.
final class ReusedMemory<Memory: Sendable>: Sendable {
  private let spare = Mutex<[Memory]>([])

  /// The memory given back last, if it is fit; unfit memory is dropped.
  func take(where isFit: (borrowing Memory) -> Bool) -> Memory? {
    guard let memory = spare.withLock({ $0.popLast() }), isFit(memory) else { return nil }
    return memory
  }

  func giveBack(_ memory: Memory) { spare.withLock { $0.append(memory) } }
}
