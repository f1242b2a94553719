/// Records of CIFAR-10's binary version: a label 0...9, then 32 x 32 red, green and blue intensities, row-major.
///
/// Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009; the layout of the binary version is
/// described on the page of the data set.
struct CIFARFile {
  static let pixels = 3 * 32 * 32
  private static let recordLength = pixels + 1

  /// [images x 3072].
  let intensities: [UInt8]
  let labels: [UInt16]

  /// - Throws: `DatasetError.malformed` where the file is not made of whole records or a label is above 9.
  init(_ content: [UInt8], file: String) throws(DatasetError) {
    guard !content.isEmpty, content.count % Self.recordLength == 0 else {
      throw .malformed(
        file: file, place: "the whole file", expected: "records of \(Self.recordLength) bytes",
        found: "\(content.count) bytes")
    }
    let count = content.count / Self.recordLength
    var labels: [UInt16] = []
    var intensities: [UInt8] = []
    intensities.reserveCapacity(count * Self.pixels)
    for start in stride(from: 0, to: content.count, by: Self.recordLength) {
      guard content[start] <= 9 else {
        throw .malformed(
          file: file, place: "byte \(start)", expected: "a label 0...9", found: "\(content[start])")
      }
      labels.append(UInt16(content[start]))
      intensities += content[start + 1..<start + Self.recordLength]
    }
    self.labels = labels
    self.intensities = intensities
  }
}
