/// Bits as text: one image for each line, digits 0 and 1 separated by single spaces, no space at the end of a line.
///
/// This is the layout of MNIST-static as distributed by Larochelle (`binarized_mnist_train.amat`).
struct AMATFile {
  let rows: Int
  let columns: Int
  /// [rows x columns], each 0 or 1.
  let bits: [UInt8]

  private static let zero = UInt8(ascii: "0")
  private static let space = UInt8(ascii: " ")
  private static let newline = UInt8(ascii: "\n")

  /// - Complexity: one pass over the text.
  /// - Throws: `DatasetError.malformed` with the line and column where the layout is broken.
  init(_ text: [UInt8], file: String) throws(DatasetError) {
    guard let end = text.firstIndex(of: Self.newline), end > 0 else {
      throw .malformed(
        file: file, place: "line 1", expected: "a line of 0 and 1 separated by spaces",
        found: text.isEmpty ? "an empty file" : text[0] == Self.newline ? "an empty line" : "no end of line")
    }
    let lineLength = end + 1
    columns = lineLength / 2
    rows = text.count / lineLength
    var bits = [UInt8](repeating: 0, count: rows * columns)
    var target = bits.mutableSpan
    let isWhole = lineLength % 2 == 0 && text.count % lineLength == 0
    guard isWhole, Self.decode(text.span, rows: rows, columns: columns, into: &target) else {
      throw Self.firstFault(in: text, columns: columns, file: file)
    }
    self.bits = bits
  }

  /// Takes every second byte as a digit and says whether all bytes are as they must be; branch-free inside a line.
  private static func decode(
    _ text: Span<UInt8>, rows: Int, columns: Int, into bits: inout MutableSpan<UInt8>
  ) -> Bool {
    var faults: UInt8 = 0
    for row in 0..<rows {
      let start = row * columns
      for column in 0..<columns {
        let digit = text[2 * (start + column)] ^ zero
        bits[start + column] = digit
        faults |= digit & 0xFE
      }
      for column in 0..<columns - 1 { faults |= text[2 * (start + column) + 1] ^ space }
      faults |= text[2 * (start + columns) - 1] ^ newline
    }
    return faults == 0
  }

  private static func firstFault(in text: [UInt8], columns: Int, file: String) -> DatasetError {
    let lines = text.split(separator: newline, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      if index == lines.count - 1 && line.isEmpty { break }
      let place = "line \(index + 1)"
      for (offset, byte) in line.enumerated() where !isValid(byte, offset: offset) {
        let expected = offset % 2 == 0 ? "0 or 1" : "a single space"
        return .malformed(
          file: file, place: place + ", column \(offset + 1)", expected: expected, found: byte.asFound)
      }
      if line.count != 2 * columns - 1 || index == lines.count - 1 {
        return .malformed(
          file: file, place: place, expected: "\(2 * columns - 1) characters and the end of the line",
          found: index == lines.count - 1 ? "the end of the file" : "\(line.count) characters")
      }
    }
    preconditionFailure("the text has no fault")
  }

  private static func isValid(_ byte: UInt8, offset: Int) -> Bool {
    offset % 2 == 0 ? byte & 0xFE == zero : byte == space
  }
}

extension UInt8 {
  /// The byte as an error message shows it.
  var asFound: String {
    0x20 < self && self < 0x7F ? "'\(Character(UnicodeScalar(self)))'" : "byte \(self)"
  }
}
