internal import Dispatch

/// Runs `body` on every element, each with exclusive access to its own, and returns when all are done.
///
/// - Parameters:
///   - elements: the parts of the work; which parts there are decides the result, never who runs them.
///   - concurrently: whether parts may run on several threads at once.
///   - body: the work on the element with this index.
func withEachElement<Element: Sendable>(
  _ elements: inout [Element], concurrently: Bool, _ body: @Sendable (Int, inout Element) -> Void
) {
  guard concurrently, elements.count > 1 else {
    for index in elements.indices { body(index, &elements[index]) }
    return
  }
  unsafe elements.withUnsafeMutableBufferPointer { buffer in
    // Safe: each index is run once, and no two iterations touch the same element.
    nonisolated(unsafe) let buffer = unsafe buffer
    unsafe DispatchQueue.concurrentPerform(iterations: buffer.count) { index in
      unsafe body(index, &buffer[index])
    }
  }
}
