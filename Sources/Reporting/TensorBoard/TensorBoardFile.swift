/// Scalars over steps as a TensorBoard event file: records of TensorFlow that hold `Event` messages of protocol buffers.
///
/// A record is its length (UInt64), the masked CRC-32C of the length, the message, the masked CRC-32C of the message, all
/// little-endian. The first event states the version, each further one has one scalar. The bytes depend on nothing but the
/// events.
///
/// Source: TensorFlow, tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto,
/// tensorflow/core/framework/summary.proto.
struct TensorBoardFile: Sendable {
  struct Scalar: Hashable, Sendable {
    let tag: String
    let step: Int
    /// Seconds since 1970.
    let wallTime: Double
    let value: Double
  }

  private(set) var bytes: [UInt8] = []

  init(started: Double, scalars: [Scalar]) {
    var version = ProtocolBuffer()
    version.add(double: started, field: 1)
    version.add(string: "brain.Event:2", field: 3)
    append(version)
    for scalar in scalars { append(Self.event(scalar)) }
  }

  private static func event(_ scalar: Scalar) -> ProtocolBuffer {
    var value = ProtocolBuffer()
    value.add(string: scalar.tag, field: 1)
    value.add(float: Float(scalar.value), field: 2)
    var summary = ProtocolBuffer()
    summary.add(message: value, field: 1)
    var event = ProtocolBuffer()
    event.add(double: scalar.wallTime, field: 1)
    event.add(varint: UInt64(scalar.step), field: 2)
    event.add(message: summary, field: 5)
    return event
  }

  private mutating func append(_ message: ProtocolBuffer) {
    let length = Self.littleEndian(UInt64(message.bytes.count))
    bytes += length + Self.littleEndian(CRC32C.masked(length))
    bytes += message.bytes + Self.littleEndian(CRC32C.masked(message.bytes))
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}

/// A message of protocol buffers, as far as events need it.
///
/// Source: Google, "Protocol Buffers: Encoding".
struct ProtocolBuffer: Sendable {
  private(set) var bytes: [UInt8] = []

  mutating func add(varint value: UInt64, field: UInt64) {
    append(varint: field << 3)
    append(varint: value)
  }

  mutating func add(double value: Double, field: UInt64) {
    append(varint: field << 3 | 1)
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
  }

  mutating func add(float value: Float, field: UInt64) {
    append(varint: field << 3 | 5)
    bytes += (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
  }

  mutating func add(string: String, field: UInt64) { add(Array(string.utf8), field: field) }

  mutating func add(message: ProtocolBuffer, field: UInt64) { add(message.bytes, field: field) }

  private mutating func add(_ content: [UInt8], field: UInt64) {
    append(varint: field << 3 | 2)
    append(varint: UInt64(content.count))
    bytes += content
  }

  /// Seven bits a byte, the lowest first; the eighth bit says that more follow.
  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
