internal import Dispatch
internal import NeuralNetworks

/// The most that the matrix product does on this machine now: square products of single precision, large enough that
/// their memory does not count, on each thread its own.
struct ProductPeak {
  private static let size = 768
  private var operands: [(a: [Float], b: [Float], c: [Float])]

  init(threads: Int) {
    let numbers = (0..<Self.size * Self.size).map { Float($0 % 17) - 8 }
    operands = Array(repeating: (numbers, numbers, numbers), count: threads)
  }

  /// Floating-point operations of one round of products.
  private var operations: Double { 2 * Double(Self.size * Self.size * Self.size) * Double(operands.count) }

  /// Operations per second of one round, in thousands of millions.
  mutating func gigaflops() -> Double {
    let clock = ContinuousClock()
    let (size, count) = (Self.size, operands.count)
    let time = unsafe operands.withUnsafeMutableBufferPointer { buffer in
      // Exclusive: each thread has its own operands.
      nonisolated(unsafe) let buffer = unsafe buffer
      return clock.measure {
        DispatchQueue.concurrentPerform(iterations: count) { thread in
          unsafe Self.multiply(&buffer[thread], size: size)
        }
      }
    }
    return operations / (time / .seconds(1)) / 1e9
  }

  private static func multiply(_ operands: inout (a: [Float], b: [Float], c: [Float]), size: Int) {
    let (a, b) = (operands.a, operands.b)
    var target = operands.c.mutableSpan
    PeakProduct.multiply(a.span, b.span, rows: size, inner: size, columns: size, into: &target)
  }
}
