internal import Datasets

/// Images of equal size in rows, with a margin around each, magnified so that they can be seen.
struct ImageGrid {
  /// Sides of an image.
  let width: Int
  let height: Int
  let columns: Int

  private static let margin = 1
  private static let marginGrey: UInt8 = 96
  /// Images are magnified by a whole number, to about this width.
  private static let widthShown = 56

  private var magnification: Int { max(1, Self.widthShown / width) }

  /// The images of some rows, each of grey values [height x width]; a row may have fewer than `columns`.
  func picture(_ rows: [[[UInt8]]]) -> GreyImage {
    let (cellWidth, cellHeight) = (width + 2 * Self.margin, height + 2 * Self.margin)
    let lineWidth = columns * cellWidth
    var grey = [UInt8](repeating: Self.marginGrey, count: rows.count * cellHeight * lineWidth)
    for (row, images) in rows.enumerated() {
      for (column, image) in images.enumerated() {
        for line in 0..<height {
          let start =
            (row * cellHeight + Self.margin + line) * lineWidth + column * cellWidth + Self.margin
          grey.replaceSubrange(start..<start + width, with: image[line * width..<(line + 1) * width])
        }
      }
    }
    return magnified(grey, width: lineWidth)
  }

  private func magnified(_ grey: [UInt8], width: Int) -> GreyImage {
    let factor = magnification
    var pixels: [UInt8] = []
    pixels.reserveCapacity(factor * factor * grey.count)
    for start in stride(from: 0, to: grey.count, by: width) {
      let line = grey[start..<start + width].flatMap { repeatElement($0, count: factor) }
      for _ in 0..<factor { pixels += line }
    }
    return GreyImage(width: factor * width, height: factor * grey.count / width, pixels: pixels)
  }

  /// White for probability 1.
  static func grey(_ probabilities: some Sequence<Float>) -> [UInt8] {
    probabilities.map { UInt8((255 * min(max($0, 0), 1)).rounded()) }
  }
}
