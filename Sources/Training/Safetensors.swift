package import LatentVariableModels

/// Named tensors and texts in the safetensors format: F32 and F64, little-endian.
///
/// The file is the header's length (8 bytes), the header (JSON, padded with spaces so that the data start at a multiple
/// of 8), and the data of all tensors without gaps. Double tensors come first, so that every tensor is aligned. Equal
/// content gives equal bytes.
///
/// Source: Hugging Face, "Safetensors", format description of version 0.
package struct Safetensors: Hashable, Sendable {
  package var metadata: [String: String]
  package var tensors: [NamedTensor]

  private static let metadataKey = "__metadata__"
  /// A header of more bytes is refused, as the reference implementation does.
  private static let largestHeader: UInt64 = 100_000_000

  package init(metadata: [String: String], tensors: [NamedTensor]) {
    self.metadata = metadata
    self.tensors = tensors
  }

  // MARK: - Writing

  /// - Precondition: no two tensors have the same name, and none is called `__metadata__`.
  package func encoded() -> [UInt8] {
    precondition(
      Set(tensors.map(\.name) + [Self.metadataKey]).count == tensors.count + 1, "names must differ")
    let ordered = tensors.sorted { ($1.elementSize, $0.name) < ($0.elementSize, $1.name) }
    var header = "{\"\(Self.metadataKey)\":{" + metadataText + "}"
    var offset = 0
    for tensor in ordered {
      let end = offset + tensor.values.count * tensor.elementSize
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      header +=
        ",\(Self.quoted(tensor.name)):{\"dtype\":\"\(tensor.typeName)\",\"shape\":[\(shape)],"
        + "\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    header += "}"
    let padding = (8 - header.utf8.count % 8) % 8
    var bytes = Self.littleEndian(UInt64(header.utf8.count + padding))
    bytes.reserveCapacity(8 + header.utf8.count + padding + offset)
    bytes += header.utf8
    bytes += [UInt8](repeating: 0x20, count: padding)
    for tensor in ordered { tensor.appendValues(to: &bytes) }
    return bytes
  }

  private var metadataText: String {
    metadata.sorted { $0.key < $1.key }
      .map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }.joined(separator: ",")
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"", "\\": "\\" + String(scalar)
      case "\u{0}"..<" ":
        "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2) + String(scalar.value, radix: 16)
      default: String(scalar)
      }
    }
    return "\"" + escaped.joined() + "\""
  }

  private static func littleEndian(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }

  // MARK: - Reading

  private struct Entry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
  }

  /// - Throws: `SafetensorsError` where anything deviates from the format, bytes left over included.
  package init(_ bytes: [UInt8]) throws(SafetensorsError) {
    guard bytes.count >= 8 else { throw .truncatedHeader(bytes: bytes.count) }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Self.largestHeader else { throw .headerLength(length) }
    let start = 8 + Int(length)
    guard bytes.count >= start else { throw .truncatedHeader(bytes: bytes.count) }

    let (metadata, entries) = try Self.parse(Array(bytes[8..<start]))
    self.metadata = metadata
    tensors = []
    var end = 0
    for (name, entry) in entries.sorted(by: { ($0.1.offsets?.first ?? 0) < ($1.1.offsets?.first ?? 0) }) {
      let (tensor, range) = try Self.tensor(name, entry, data: bytes[start...])
      guard range.lowerBound == end else {
        throw .badLayout(
          problem: "tensor \(name.debugDescription) starts at \(range.lowerBound), expected \(end)")
      }
      end = range.upperBound
      tensors.append(tensor)
    }
    guard start + end == bytes.count else {
      throw .badLayout(problem: "the tensors take \(end) bytes, the data have \(bytes.count - start)")
    }
  }

  private static func parse(
    _ header: [UInt8]
  ) throws(SafetensorsError) -> (metadata: [String: String], entries: [(String, Entry)]) {
    var metadata: [String: String] = [:]
    var entries: [(String, Entry)] = []
    var parser = HeaderParser(header)
    try parser.object { (name, parser) throws(SafetensorsError) in
      if name == metadataKey {
        try parser.object { (key, parser) throws(SafetensorsError) in metadata[key] = try parser.text() }
      } else {
        entries.append((name, try entry(name, &parser)))
      }
    }
    try parser.end()
    return (metadata, entries)
  }

  private static func entry(_ name: String, _ parser: inout HeaderParser) throws(SafetensorsError) -> Entry {
    var entry = Entry()
    try parser.object { (key, parser) throws(SafetensorsError) in
      switch key {
      case "dtype": entry.type = try parser.text()
      case "shape": entry.shape = try parser.integers()
      case "data_offsets": entry.offsets = try parser.integers()
      default: throw .badTensor(name: name, problem: "unknown key \(key.debugDescription)")
      }
    }
    return entry
  }

  private static func tensor(
    _ name: String, _ entry: Entry, data: ArraySlice<UInt8>
  ) throws(SafetensorsError) -> (NamedTensor, Range<Int>) {
    guard let type = entry.type, let shape = entry.shape, let offsets = entry.offsets else {
      throw .badTensor(name: name, problem: "dtype, shape or data_offsets is missing")
    }
    guard let size = ["F32": 4, "F64": 8][type] else {
      throw .badTensor(name: name, problem: "dtype is \(type.debugDescription), expected F32 or F64")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= data.count else {
      throw .badTensor(
        name: name, problem: "data_offsets \(offsets) do not lie in \(data.count) bytes of data")
    }
    let elements = shape.reduce(Int?(1)) { product, extent in
      guard let (value, overflow) = product.map({ $0.multipliedReportingOverflow(by: extent) }) else {
        return nil
      }
      return overflow ? nil : value
    }
    guard let elements, elements <= data.count / size, elements * size == offsets[1] - offsets[0] else {
      throw .badTensor(name: name, problem: "shape \(shape) does not take \(offsets[1] - offsets[0]) bytes")
    }
    let bytes = data[data.startIndex + offsets[0]..<data.startIndex + offsets[1]]
    let values: NamedTensor.Values =
      size == 4 ? .float(decoded(bytes, count: elements)) : .double(decoded(bytes, count: elements))
    return (NamedTensor(name: name, shape: shape, values: values), offsets[0]..<offsets[1])
  }

  /// The bytes as numbers; the machines that Armature runs on are little-endian like the file.
  private static func decoded<Element: BitwiseCopyable>(_ bytes: ArraySlice<UInt8>, count: Int) -> [Element] {
    unsafe [Element](unsafeUninitializedCapacity: count) { buffer, initialised in
      unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
      initialised = count
    }
  }
}

extension NamedTensor {
  fileprivate var elementSize: Int {
    switch values {
    case .float: 4
    case .double: 8
    }
  }

  fileprivate var typeName: String { elementSize == 4 ? "F32" : "F64" }

  fileprivate func appendValues(to bytes: inout [UInt8]) {
    switch values {
    case .float(let values): unsafe values.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    case .double(let values): unsafe values.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
  }
}
