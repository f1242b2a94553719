internal import Dispatch
internal import ElementwiseKernels
internal import Foundation
internal import Synchronization

/// Work that is cut into parts, which any threads may run, in any order and at the same time.
///
/// Which parts there are must not depend on the number of threads; then results do not either. Part p is thread p mod threads'
/// own, so that from one piece of work to the next a thread meets memory that it has in its cache; who has done with his own
/// takes those that others have not begun.
protocol PartedWork {
  /// - Parameters:
  ///   - part: one of the work's parts; each is run once.
  ///   - thread: who runs it, from 0 up; a thread runs one part at a time.
  func run(part: Int, thread: Int)
}

/// Threads that stay ready for the next piece of work: for a moment they look out for it, then they sleep.
///
/// A training step hands out work several times in a millisecond, and waking a sleeping thread takes a good part of that.
/// Handing out work allocates nothing.
final class ThreadTeam: Sendable {
  /// The calling thread included.
  let threads: Int
  private let desk: Desk

  init(threads: Int) {
    precondition(threads >= 1)
    self.threads = threads
    desk = Desk(threads: threads)
    for worker in 0..<threads - 1 {
      let desk = desk
      Thread.detachNewThread { desk.serve(worker) }
    }
  }

  deinit { desk.close() }

  /// Runs every part once and returns when all are done. One call at a time.
  func run<Work: PartedWork>(_ work: Work, parts: Int) {
    guard threads > 1, parts > 1 else {
      for part in 0..<parts { work.run(part: part, thread: 0) }
      return
    }
    unsafe withUnsafePointer(to: work) { work in
      unsafe desk.offer(Work.self, work, parts: parts)
      desk.takeParts(of: 0)
      desk.waitForWorkers()
    }
  }
}

extension PartedWork {
  fileprivate static func run(part: Int, thread: Int, at address: UnsafeRawPointer) {
    unsafe address.assumingMemoryBound(to: Self.self).pointee.run(part: part, thread: thread)
  }
}

/// Where work is laid out, and what the threads agree by.
///
/// `kind`, `work` and `parts` are written only while the gate is closed, and read only inside it.
@safe private final class Desk: @unchecked Sendable {
  private var kind: (any PartedWork.Type)?
  private var work: UnsafeRawPointer?
  private var parts = 0
  /// The parts of each thread.
  private let lanes: [Lane]
  /// Workers at the desk, or -1 while there is no work to take.
  private let gate = Atomic<Int>(-1)
  /// Counts the offers; odd numbers close the desk for ever.
  private let offers = Atomic<Int>(0)
  private let beds: [Bed]

  private static let closed = -1
  /// Looks for a change before a thread lets others run in between, and before it falls asleep: some hundredths and some
  /// tenths of a millisecond.
  private static let attention = 500
  private static let patience = 900

  /// The parts that are one thread's own: how many of them are taken.
  private final class Lane: Sendable {
    let taken = Atomic<Int>(0)
  }

  /// Where one worker sleeps.
  private final class Bed: Sendable {
    let isAsleep = Atomic<Bool>(false)
    let bell = DispatchSemaphore(value: 0)

    func wake() {
      if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.signal() }
    }
  }

  init(threads: Int) {
    lanes = (0..<threads).map { _ in Lane() }
    beds = (1..<threads).map { _ in Bed() }
  }

  // MARK: The caller

  func offer(_ kind: any PartedWork.Type, _ work: UnsafeRawPointer, parts: Int) {
    self.kind = kind
    unsafe self.work = work
    self.parts = parts
    for lane in lanes { lane.taken.store(0, ordering: .relaxed) }
    gate.store(0, ordering: .sequentiallyConsistent)
    offers.add(2, ordering: .sequentiallyConsistent)
    for bed in beds { bed.wake() }
  }

  /// Runs this thread's parts, then those of the others that are left.
  func takeParts(of thread: Int) {
    guard let kind, let work = unsafe work else { return }
    for turn in lanes.indices {
      let lane = (thread + turn) % lanes.count
      while true {
        let part = lane + lanes[lane].taken.add(1, ordering: .relaxed).oldValue * lanes.count
        guard part < parts else { break }
        unsafe kind.run(part: part, thread: thread, at: work)
      }
    }
  }

  /// Between two looks for a change, of which so many were in vain.
  private static func wait(_ looks: Int) {
    if looks < attention { relaxProcessor() } else { sched_yield() }
  }

  /// All parts are taken: when no worker is at the desk any more, they are done as well.
  func waitForWorkers() {
    var looks = 0
    while !gate.compareExchange(
      expected: 0, desired: Self.closed, ordering: .sequentiallyConsistent
    ).exchanged {
      looks += 1
      if looks < Self.patience { Self.wait(looks) } else { usleep(50) }
    }
    kind = nil
    unsafe work = nil
  }

  func close() {
    offers.add(1, ordering: .sequentiallyConsistent)
    for bed in beds { bed.wake() }
  }

  // MARK: A worker

  func serve(_ worker: Int) {
    var seen = 0
    while true {
      seen = waitForOffer(after: seen, beds[worker])
      guard seen.isMultiple(of: 2) else { return }
      guard enter() else { continue }
      takeParts(of: worker + 1)
      gate.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  private func enter() -> Bool {
    var workers = gate.load(ordering: .sequentiallyConsistent)
    while workers != Self.closed {
      let result = gate.compareExchange(
        expected: workers, desired: workers + 1, ordering: .sequentiallyConsistent)
      if result.exchanged { return true }
      workers = result.original
    }
    return false
  }

  private func waitForOffer(after seen: Int, _ bed: Bed) -> Int {
    for look in 0..<Self.patience {
      let offer = offers.load(ordering: .sequentiallyConsistent)
      if offer != seen { return offer }
      Self.wait(look)
    }
    while true {
      bed.isAsleep.store(true, ordering: .sequentiallyConsistent)
      let offer = offers.load(ordering: .sequentiallyConsistent)
      if offer != seen {
        // Whoever rang in between has already taken the note down; the bell must not ring for the next sleep.
        if !bed.isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bed.bell.wait() }
        return offer
      }
      bed.bell.wait()
    }
  }
}

/// A part of a state that is worked on with exclusive access to it.
protocol ConcurrentElement: Sendable {
  associatedtype Context: Sendable

  /// - Parameters:
  ///   - context: what all elements read.
  ///   - index: the element's place among the others.
  mutating func run(_ context: Context, index: Int)
}

extension ThreadTeam {
  /// Runs every element, and returns when all are done.
  func run<Element: ConcurrentElement>(_ elements: inout [Element], _ context: Element.Context) {
    unsafe elements.withUnsafeMutableBufferPointer { elements in
      unsafe run(ElementWork(elements: elements, context: context), parts: elements.count)
    }
  }
}

@safe private struct ElementWork<Element: ConcurrentElement>: PartedWork {
  let elements: UnsafeMutableBufferPointer<Element>
  let context: Element.Context

  // Exclusive: every part is run once, and each touches its own element.
  func run(part: Int, thread: Int) { unsafe elements[part].run(context, index: part) }
}
