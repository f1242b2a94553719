import ElementwiseKernels
import Testing

@Suite("Parts of a layer's inputs") struct InputPartTests {
  @Test(
    "The two parts are disjoint, cover all inputs and are cut at a multiple of eight",
    arguments: [Array(1...40), [200, 784]])
  func ranges(widths: [Int]) {
    for width in widths {
      let (lower, upper) = (InputPart.lower.range(of: width), InputPart.upper.range(of: width))
      #expect(InputPart.all.range(of: width) == 0..<width)
      #expect(lower.lowerBound == 0 && lower.upperBound == upper.lowerBound && upper.upperBound == width)
      #expect(upper.isEmpty ? width <= 8 : lower.count.isMultiple(of: 8), "\(width) inputs")
      // Neither part is much larger than the other.
      #expect(abs(lower.count - width / 2) < 8, "\(width) inputs")
    }
  }

  @Test("The parts are numbered")
  func numbers() {
    #expect(InputPart.number(0) == .lower && InputPart.number(1) == .upper)
  }
}
