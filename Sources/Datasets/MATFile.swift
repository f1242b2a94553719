/// Full numeric arrays of a MATLAB level 5 file.
///
/// Elements may be compressed, small, of either byte order, and stored in a narrower type than the array's class.
///
/// Source: The MathWorks, "MAT-File Format", chapter "Level 5 MAT-Files".
struct MATFile {
  struct Variable {
    let name: String
    let dimensions: [Int]
    /// The real part in the order of the file: the first dimension runs fastest (Fortran order).
    let values: [Float]
  }

  private let variables: [String: Variable]
  private let names: [String]
  private let file: String

  /// Decodes the variables called `wanted`; of the others only the names.
  ///
  /// - Throws: `DatasetError.malformed` where the file is no level 5 file, ends early or breaks the format.
  init(_ content: [UInt8], wanted: Set<String>, file: String) throws(DatasetError) {
    self.file = file
    let isLittleEndian = try Self.byteOrder(of: content, file: file)
    let reader = MATReader(bytes: content, isLittleEndian: isLittleEndian, file: file, place: "byte")
    var variables: [String: Variable] = [:]
    var names: [String] = []
    var offset = Self.headerLength
    while offset < content.count {
      let element = try reader.element(at: offset, before: content.count)
      if let variable = try Self.variable(element, in: reader, wanted: wanted) {
        names.append(variable.name)
        guard variables.updateValue(variable, forKey: variable.name) == nil else {
          throw .malformed(
            file: file, place: "byte \(offset)", expected: "each variable once",
            found: "\(variable.name) again")
        }
      }
      offset = element.next
    }
    self.variables = variables
    self.names = names
  }

  /// - Throws: `DatasetError.malformed` where the file has no such variable.
  func variable(_ name: String) throws(DatasetError) -> Variable {
    guard let variable = variables[name] else {
      throw .malformed(
        file: file, place: "the whole file", expected: "a variable \(name)",
        found: names.isEmpty ? "none" : "only " + names.joined(separator: ", "))
    }
    return variable
  }

  private static let headerLength = 128

  private static func byteOrder(of content: [UInt8], file: String) throws(DatasetError) -> Bool {
    func fault(_ found: String) -> DatasetError {
      .malformed(file: file, place: "byte 0", expected: "the header of a MATLAB level 5 file", found: found)
    }
    guard content.count >= headerLength else { throw fault("\(content.count) bytes") }
    let isLittleEndian: Bool
    switch (content[126], content[127]) {
    case (UInt8(ascii: "I"), UInt8(ascii: "M")): isLittleEndian = true
    case (UInt8(ascii: "M"), UInt8(ascii: "I")): isLittleEndian = false
    default: throw fault("no byte order mark at byte 126")
    }
    let version =
      Int(content[124]) << (isLittleEndian ? 0 : 8) | Int(content[125]) << (isLittleEndian ? 8 : 0)
    guard version != 0x0200 else { throw fault("a MATLAB 7.3 (HDF5) file") }
    guard version == 0x0100 else { throw fault("version \(version)") }
    return isLittleEndian
  }

  /// The variable in a top-level element; nil where the element is something else.
  private static func variable(
    _ element: MATReader.Element, in reader: MATReader, wanted: Set<String>
  ) throws(DatasetError) -> Variable? {
    switch element.type {
    case .matrix: return try reader.variable(in: element.range, wanted: wanted)
    case .compressed:
      let inner = try reader.inflated(element)
      let matrix = try inner.element(at: 0, before: inner.bytes.count)
      return try variable(matrix, in: inner, wanted: wanted)
    default: return nil
    }
  }
}

/// Reads data elements of a MATLAB level 5 file.
struct MATReader {
  /// Types of data elements, by their numbers in the format.
  enum DataType: UInt32 {
    case int8 = 1
    case uint8 = 2
    case int16 = 3
    case uint16 = 4
    case int32 = 5
    case uint32 = 6
    case single = 7
    case double = 9
    case int64 = 12
    case uint64 = 13
    case matrix = 14
    case compressed = 15
    case utf8 = 16
    case utf16 = 17
    case utf32 = 18

    /// Bytes of a number; nil for what holds none.
    var width: Int? {
      switch self {
      case .int8, .uint8: 1
      case .int16, .uint16: 2
      case .int32, .uint32, .single: 4
      case .double, .int64, .uint64: 8
      case .matrix, .compressed, .utf8, .utf16, .utf32: nil
      }
    }
  }

  struct Element {
    let type: DataType
    let range: Range<Int>
    /// Where the next element starts.
    let next: Int
  }

  let bytes: [UInt8]
  let isLittleEndian: Bool
  let file: String
  /// What the offsets of errors are called.
  let place: String

  func fault(_ offset: Int, expected: String, found: String) -> DatasetError {
    .malformed(file: file, place: "\(place) \(offset)", expected: expected, found: found)
  }

  func element(at offset: Int, before end: Int) throws(DatasetError) -> Element {
    guard offset + 8 <= end else {
      throw fault(offset, expected: "the 8 bytes of a tag", found: "the end of the data")
    }
    let word = Int(number(offset, width: 4))
    let isSmall = word >> 16 != 0
    let typeNumber = isSmall ? word & 0xFFFF : word
    let count = isSmall ? word >> 16 : Int(number(offset + 4, width: 4))
    guard let type = DataType(rawValue: UInt32(typeNumber)) else {
      throw fault(offset, expected: "a data type 1...18", found: "\(typeNumber)")
    }
    guard !isSmall || count <= 4 else {
      throw fault(offset, expected: "at most 4 bytes in a small element", found: "\(count)")
    }
    let start = offset + (isSmall ? 4 : 8)
    guard count <= end - start else {
      throw fault(offset, expected: "an element of \(count) bytes", found: "\(end - start) bytes to the end")
    }
    // Elements start at multiples of 8, but compressed ones are not padded; nor, in some writers' files, is the last one.
    let padded = type == .compressed || isSmall ? count : (count + 7) / 8 * 8
    let next = isSmall ? offset + 8 : min(start + padded, end)
    return Element(type: type, range: start..<start + count, next: next)
  }

  /// A reader of what a compressed element holds.
  func inflated(_ element: Element) throws(DatasetError) -> MATReader {
    let offset = element.range.lowerBound
    var inflater = InflateStream(.zlib)
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 18)
    var position = element.range.lowerBound
    while true {
      var target = piece.mutableSpan
      let step = inflater.inflate(bytes.span.extracting(position..<element.range.upperBound), into: &target)
      if case .corrupt(let reason) = step.outcome {
        throw fault(offset, expected: "a zlib stream", found: "a corrupt one (\(reason))")
      }
      position += step.consumed
      output.append(contentsOf: piece[..<step.produced])
      if step.outcome == .ended { break }
      guard step.consumed > 0 || step.produced > 0 else {
        throw fault(offset, expected: "a whole zlib stream", found: "one that ends early")
      }
    }
    guard position == element.range.upperBound else {
      throw fault(offset, expected: "one zlib stream", found: "other bytes after it")
    }
    return MATReader(
      bytes: output, isLittleEndian: isLittleEndian, file: file,
      place: "variable compressed at byte \(offset), its byte")
  }

  /// Class numbers of full numeric arrays: double, single, and whole numbers of 8 to 64 bits.
  private static let numericClasses = 6...15

  /// The array whose elements are in `range`; its values are empty where its name is not wanted.
  func variable(in range: Range<Int>, wanted: Set<String>) throws(DatasetError) -> MATFile.Variable {
    let flags = try element(at: range.lowerBound, before: range.upperBound)
    guard flags.type == .uint32, flags.range.count == 8 else {
      throw fault(range.lowerBound, expected: "array flags (8 bytes)", found: "\(flags.range.count) bytes")
    }
    let word = number(flags.range.lowerBound, width: 4)
    let dimensions = try dimensions(at: flags.next, before: range.upperBound)
    let name = try element(at: dimensions.next, before: range.upperBound)
    guard name.type == .int8 || name.type == .utf8 else {
      throw fault(dimensions.next, expected: "an array name", found: "data type \(name.type.rawValue)")
    }
    let title = String(decoding: bytes[name.range], as: UTF8.self)
    guard wanted.contains(title) else { return MATFile.Variable(name: title, dimensions: [], values: []) }
    guard Self.numericClasses.contains(Int(word & 0xFF)), word >> 8 & 0x08 == 0 else {
      throw fault(
        range.lowerBound, expected: "a full array of real numbers as \(title)",
        found: "array class \(word & 0xFF)" + (word >> 8 & 0x08 == 0 ? "" : ", complex"))
    }
    let part = try element(at: name.next, before: range.upperBound)
    return MATFile.Variable(
      name: title, dimensions: dimensions.sizes, values: try values(of: part, sizes: dimensions.sizes))
  }

  private func dimensions(at offset: Int, before end: Int) throws(DatasetError) -> (sizes: [Int], next: Int) {
    let element = try element(at: offset, before: end)
    guard element.type == .int32, element.range.count >= 8, element.range.count % 4 == 0 else {
      throw fault(offset, expected: "at least two dimensions", found: "\(element.range.count) bytes")
    }
    var sizes: [Int] = []
    for place in stride(from: element.range.lowerBound, to: element.range.upperBound, by: 4) {
      let size = Int32(truncatingIfNeeded: number(place, width: 4))
      guard size >= 0 else { throw fault(place, expected: "a size of 0 or more", found: "\(size)") }
      sizes.append(Int(size))
    }
    return (sizes, element.next)
  }

  private func values(of element: Element, sizes: [Int]) throws(DatasetError) -> [Float] {
    guard let width = element.type.width else {
      throw fault(
        element.range.lowerBound, expected: "numbers", found: "data type \(element.type.rawValue)")
    }
    let count = sizes.reduce(Int?(1)) { product, size in
      product.flatMap {
        let (product, overflow) = $0.multipliedReportingOverflow(by: size)
        return overflow ? nil : product
      }
    }
    let shape = sizes.map(String.init).joined(separator: " x ")
    guard let count, element.range.count % width == 0, element.range.count / width == count else {
      throw fault(
        element.range.lowerBound, expected: "\(shape) numbers of \(width) bytes",
        found: "\(element.range.count) bytes")
    }
    var values = [Float](repeating: 0, count: count)
    var target = values.mutableSpan
    for index in 0..<count {
      target[index] = value(element.range.lowerBound + index * width, type: element.type)
    }
    return values
  }

  private func value(_ offset: Int, type: DataType) -> Float {
    switch type {
    case .int8: Float(Int8(truncatingIfNeeded: number(offset, width: 1)))
    case .uint8: Float(number(offset, width: 1))
    case .int16: Float(Int16(truncatingIfNeeded: number(offset, width: 2)))
    case .uint16: Float(number(offset, width: 2))
    case .int32: Float(Int32(truncatingIfNeeded: number(offset, width: 4)))
    case .uint32: Float(number(offset, width: 4))
    case .single: Float(bitPattern: UInt32(number(offset, width: 4)))
    case .double: Float(Double(bitPattern: number(offset, width: 8)))
    case .int64: Float(Int64(bitPattern: number(offset, width: 8)))
    case .uint64: Float(number(offset, width: 8))
    case .matrix, .compressed, .utf8, .utf16, .utf32: .nan
    }
  }

  /// The unsigned number of `width` bytes at `offset`, in the file's byte order.
  private func number(_ offset: Int, width: Int) -> UInt64 {
    let source = bytes.span
    var number: UInt64 = 0
    if isLittleEndian {
      for index in 0..<width { number |= UInt64(source[offset + index]) << UInt64(8 * index) }
    } else {
      for index in 0..<width { number = number << 8 | UInt64(source[offset + index]) }
    }
    return number
  }
}
