/// The UCI digits as text: 64 intensities 0...16 and the class 0...9 on each line, separated by commas.
struct DigitsFile {
  static let pixels = 64
  static let maximumIntensity = 16

  /// [images x 64].
  let intensities: [UInt8]
  let labels: [UInt8]

  /// - Throws: `DatasetError.malformed` with the line that has another number of fields or a field out of range.
  init(_ text: [UInt8], file: String) throws(DatasetError) {
    var intensities: [UInt8] = []
    var labels: [UInt8] = []
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let last = lines.popLast(), last.isEmpty, !lines.isEmpty else {
      throw .malformed(
        file: file, place: "line \(lines.count + 1)", expected: "65 numbers and the end of the line",
        found: text.isEmpty ? "an empty file" : "the end of the file")
    }
    for (index, line) in lines.enumerated() {
      let numbers = try Self.numbers(line, place: "line \(index + 1)", file: file)
      intensities += numbers.dropLast()
      labels += numbers.suffix(1)
    }
    self.intensities = intensities
    self.labels = labels
  }

  private static func numbers(
    _ line: ArraySlice<UInt8>, place: String, file: String
  ) throws(DatasetError) -> [UInt8] {
    let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard fields.count == pixels + 1 else {
      throw .malformed(
        file: file, place: place, expected: "65 numbers separated by commas", found: "\(fields.count)")
    }
    var numbers: [UInt8] = []
    for (index, field) in fields.enumerated() {
      let limit = index < pixels ? maximumIntensity : 9
      guard let number = number(field), number <= limit else {
        throw .malformed(
          file: file, place: place + ", field \(index + 1)", expected: "a whole number 0...\(limit)",
          found: String(decoding: field.prefix(20), as: UTF8.self).debugDescription)
      }
      numbers.append(UInt8(number))
    }
    return numbers
  }

  /// The number of one or two digits that `field` is.
  private static func number(_ field: ArraySlice<UInt8>) -> Int? {
    guard (1...2).contains(field.count) else { return nil }
    var number = 0
    for byte in field {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      number = 10 * number + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }
}
