internal import ElementwiseKernels
internal import RandomStreams

/// Where the uniform numbers of a layered estimator come from: a stream, or given arrays, one for each part of the noise,
/// [batch x numbers of a row].
///
/// Part 2 t is the own noise of layer t, part 2 t + 1 that of continuing paths.
enum LayeredNoise<Scalar: KernelScalar>: Sendable {
  case stream(RandomStream)
  case given([[Scalar]])

  /// Rows of a stream that belong to one part: more than a batch has.
  private static var rowsPerPart: Int { 1 << 24 }

  func fill(part: Int, rows: Range<Int>, perRow: Int, into numbers: inout MutableSpan<Scalar>) {
    guard perRow > 0 else { return }
    switch self {
    case .stream(let stream):
      let first = part * Self.rowsPerPart
      stream.fillUniforms(
        rows: first + rows.lowerBound..<first + rows.upperBound, perRow: perRow, into: &numbers)
    case .given(let parts):
      for index in numbers.indices { numbers[index] = parts[part][rows.lowerBound * perRow + index] }
    }
  }
}
