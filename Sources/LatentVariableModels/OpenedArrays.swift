/// Arrays whose memory several threads write to at the same time, each in places of its own.
///
/// They are taken out of where they are kept, opened together, and given back; nothing is copied or allocated after the first
/// time.
@safe struct OpenedArrays<Number>: @unchecked Sendable {
  private var arrays: [[Number]] = []
  /// Filled while the arrays are open, and kept for its memory.
  private var opened: [UnsafeMutableBufferPointer<Number>] = unsafe []

  /// Takes an array out of its place, as the next one.
  mutating func take(_ array: inout [Number]) { arrays.append(exchange(&array, with: [])) }

  /// Puts the array that was taken last back into its place.
  mutating func giveBack(_ array: inout [Number]) { array = arrays.removeLast() }

  /// Opens all that were taken, and closes them again after `body`.
  mutating func run(_ body: (OpenMemory<Number>) -> Void) {
    unsafe opened.removeAll(keepingCapacity: true)
    open(from: 0, body)
  }

  /// One inside the other, since an array shows its memory inside a closure only.
  private mutating func open(from number: Int, _ body: (OpenMemory<Number>) -> Void) {
    guard number < arrays.count else { return body(unsafe OpenMemory(arrays: opened)) }
    var array = exchange(&arrays[number], with: [])
    unsafe array.withUnsafeMutableBufferPointer { memory in
      unsafe opened.append(memory)
      open(from: number + 1, body)
    }
    arrays[number] = exchange(&array, with: [])
  }
}

/// The memory of opened arrays, in the order in which they were taken.
///
/// Whoever writes to one at the same time as others must write to other places of it.
@safe struct OpenMemory<Number>: @unchecked Sendable {
  fileprivate let arrays: [UnsafeMutableBufferPointer<Number>]

  /// Lets `body` write to the first numbers of an array.
  func withNumbers<Result>(_ number: Int, first count: Int, _ body: (inout MutableSpan<Number>) -> Result)
    -> Result
  {
    var span = unsafe MutableSpan(_unsafeElements: arrays[number].extracting(0..<count))
    return body(&span)
  }

  /// Lets `body` read the first numbers of an array.
  func readNumbers<Result>(_ number: Int, first count: Int, _ body: (Span<Number>) -> Result) -> Result {
    unsafe body(Span(_unsafeElements: UnsafeBufferPointer(arrays[number].extracting(0..<count))))
  }
}
