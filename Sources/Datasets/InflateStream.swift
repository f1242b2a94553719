internal import CZlib

/// zlib's decompressor of one stream.
///
/// Source: Deutsch, "GZIP file format specification version 4.3", RFC 1952; Deutsch, Gailly, "ZLIB Compressed Data Format
/// Specification version 3.3", RFC 1950; computed by zlib.
@safe struct InflateStream: ~Copyable {
  enum Outcome: Equatable {
    /// More input can be taken.
    case open
    /// The stream has ended and its own checksum holds.
    case ended
    case corrupt(String)
  }

  enum Format {
    case gzip
    case zlib
  }

  // On the heap, because zlib keeps the address of its state.
  private let state: UnsafeMutablePointer<z_stream>

  init(_ format: Format) {
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: z_stream())
    let windowBits: Int32 = format == .gzip ? 15 + 16 : 15
    let status = unsafe inflateInit2_(state, windowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib cannot start (status \(status))")
  }

  deinit {
    unsafe inflateEnd(state)
    unsafe state.deallocate()
  }

  /// Decompresses from `input` into `output`; says how many bytes of each it used.
  mutating func inflate(
    _ input: Span<UInt8>, into output: inout MutableSpan<UInt8>
  ) -> (consumed: Int, produced: Int, outcome: Outcome) {
    let outputCount = output.count
    let status = unsafe input.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        // zlib's interface is older than const; it only reads its input.
        unsafe state.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        unsafe state.pointee.avail_in = UInt32(source.count)
        unsafe state.pointee.next_out = target.baseAddress
        unsafe state.pointee.avail_out = UInt32(target.count)
        return unsafe CZlib.inflate(state, Z_NO_FLUSH)
      }
    }
    let consumed = unsafe input.count - Int(state.pointee.avail_in)
    let produced = unsafe outputCount - Int(state.pointee.avail_out)
    return (consumed, produced, outcome(of: status))
  }

  private func outcome(of status: Int32) -> Outcome {
    switch status {
    case Z_OK, Z_BUF_ERROR: .open
    case Z_STREAM_END: .ended
    default:
      if let message = unsafe state.pointee.msg {
        .corrupt(unsafe String(cString: message))
      } else {
        .corrupt("zlib status \(status)")
      }
    }
  }
}
