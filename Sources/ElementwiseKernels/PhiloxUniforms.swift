internal import CKernels

extension KernelScalar {
  public static func fillPhiloxUniforms(
    key: SIMD2<UInt32>, counter: SIMD4<UInt32>, rows: Int, perRow: Int, into uniforms: inout MutableSpan<Self>
  ) {
    precondition(
      uniforms.count == rows * perRow, "fillPhiloxUniforms: \(uniforms.count) numbers for \(rows) x \(perRow)"
    )
    let width = wordsPerUniform
    let chunk = 64 / width
    var storage = InlineArray<64, UInt32>(repeating: 0)
    for row in 0..<rows {
      for start in stride(from: 0, to: perRow, by: chunk) {
        let place = counter &+ SIMD4(UInt32(start * width / 4), UInt32(row), 0, 0)
        var words = storage.mutableSpan
        fillPhiloxWords(key: key, counter: place, rows: 1, perRow: 64, into: &words)
        for i in 0..<min(chunk, perRow - start) {
          uniforms[row * perRow + start + i] = openUniform(words[i * width], words[i * width + width - 1])
        }
      }
    }
  }
}

extension Float {
  @inlinable
  public static func openUniform(_ high: UInt32, _ low: UInt32) -> Float {
    (Float(high >> 9) + 0.5) * 0x1p-23
  }

  public static var wordsPerUniform: Int { 1 }

  public static func fillPhiloxUniforms(
    key: SIMD2<UInt32>, counter: SIMD4<UInt32>, rows: Int, perRow: Int,
    into uniforms: inout MutableSpan<Float>
  ) {
    precondition(
      uniforms.count == rows * perRow, "fillPhiloxUniforms: \(uniforms.count) numbers for \(rows) x \(perRow)"
    )
    let origin = armature_philox_origin(key: key, counter: counter)
    unsafe uniforms.withUnsafeMutableBufferPointer {
      guard let base = $0.baseAddress else { return }
      unsafe armature_philox_uniforms(origin, rows, perRow, base)
    }
  }
}

extension Double {
  @inlinable
  public static func openUniform(_ high: UInt32, _ low: UInt32) -> Double {
    (Double((UInt64(high) << 32 | UInt64(low)) >> 12) + 0.5) * 0x1p-52
  }

  public static var wordsPerUniform: Int { 2 }
}

/// Philox 4x32-10 words, [rows x perRow]: block b of row r has the counter `counter` + (b, r, 0, 0), each word modulo
/// 2^32; four words a block, and each row starts a new block.
///
/// - Precondition: `words.count == rows * perRow`.
package func fillPhiloxWords(
  key: SIMD2<UInt32>, counter: SIMD4<UInt32>, rows: Int, perRow: Int, into words: inout MutableSpan<UInt32>
) {
  precondition(words.count == rows * perRow, "fillPhiloxWords: \(words.count) words for \(rows) x \(perRow)")
  let origin = armature_philox_origin(key: key, counter: counter)
  unsafe words.withUnsafeMutableBufferPointer {
    guard let base = $0.baseAddress else { return }
    unsafe armature_philox_words(origin, rows, perRow, base)
  }
}

extension armature_philox_origin {
  init(key: SIMD2<UInt32>, counter: SIMD4<UInt32>) {
    self.init(key: (key[0], key[1]), counter: (counter[0], counter[1], counter[2], counter[3]))
  }
}
