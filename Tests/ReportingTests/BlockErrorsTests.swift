import Foundation
import RandomStreams
import Testing

@testable import Reporting

@Suite("Errors of M-sample means")
struct BlockErrorsTests {
  private func errors(size: Int, exact: [Double], samples: [[Double]]) -> BlockErrors {
    var errors = BlockErrors(size: size, exact: exact)
    for sample in samples { errors.add(sample.span) }
    return errors
  }

  @Test("Means of consecutive blocks have the errors worked out by hand; an open block counts for nothing")
  func byHand() {
    let samples: [[Double]] = [[6, 0], [0, 8], [-3, -4], [-3, -4], [100, 100]]
    let pairs = errors(size: 2, exact: [3, 4], samples: samples)
    #expect(pairs.blocks == 2)
    #expect(pairs.cosines == [1, -1])
    #expect(pairs.squaredErrors == [0, 4])
    #expect(pairs.cosine == 0)
    #expect(pairs.relativeRMSE == 2.squareRoot())
    let single = errors(size: 1, exact: [3, 4], samples: [[6, 0], [0, 0]])
    #expect(single.cosines == [0.6, 0])
    #expect(single.squaredErrors == [25.0 / 25, 1])
  }

  @Test("Without a full block there is no value")
  func empty() {
    let open = errors(size: 3, exact: [1], samples: [[1], [1]])
    #expect(open.blocks == 0 && open.cosine == nil && open.relativeRMSE == nil)
  }

  @Test("Quantiles are interpolated between the sorted blocks")
  func quantiles() {
    // In one dimension the cosine similarity is the sign; in two, an angle.
    let samples = [90.0, 0, 60].map { [cos($0 * .pi / 180), sin($0 * .pi / 180)] }
    let found = errors(size: 1, exact: [1, 0], samples: samples)
    #expect(abs(found.cosineQuantile(0)) < 1e-15 && found.cosineQuantile(1) == 1)
    #expect(abs(found.cosineQuantile(0.5) - 0.5) < 1e-15)
    #expect(abs(found.cosineQuantile(0.75) - 0.75) < 1e-15)
  }

  @Test("Sizes go up in steps of their leading digit")
  func sizes() {
    #expect(AccuracySizes.upTo(20_000).count == 36)
    #expect(AccuracySizes.upTo(20_000).last == 9000)
    #expect(AccuracySizes.upTo(35) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30])
  }

  @Test("Unit means are means of consecutive samples, of the largest power of ten that leaves 200")
  func units() {
    var units = UnitMeans(size: 2, parameters: 1)
    for sample in [[1.0], [3], [5], [9], [11]] { units.add(sample.span) }
    #expect(units.values == [2, 7] && units.count == 2)
    #expect([20_000, 2000, 1999, 199, 1_000_000].map(UnitMeans.size) == [100, 10, 1, 1, 1000])
  }

  @Test("The quantile over all pairs is that of counting every pair")
  func pairs() {
    let first = [0.0, 0.1, 0.5, 2.0]
    let second = [-1.0, 0.3, 0.3, 0.9]
    let distances = first.flatMap { a in second.map { abs(a - $0) } }.sorted()
    for kept in 0..<16 {
      let found = RunDifferenceLaw.exceeded(with: (Double(kept) + 0.5) / 16, first, second)
      #expect(abs(found - distances[15 - kept]) < 1e-12, "\(kept) of 16 pairs may differ by more")
    }
  }

  /// Normal numbers by Box and Muller, from rows of a stream.
  private func normals(_ count: Int, row: Int) -> [Double] {
    var uniforms = [Double](repeating: 0, count: count + count % 2)
    let perRow = uniforms.count
    var output = uniforms.mutableSpan
    RandomStream(seed: AccuracyProblems.seed, purpose: .verification, step: 77)
      .fillUniforms(rows: row..<row + 1, perRow: perRow, into: &output)
    let numbers = uniforms
    return (0..<count).map { index in
      let radius = (-2 * log(numbers[index & ~1])).squareRoot()
      let angle = 2 * Double.pi * numbers[index | 1]
      return radius * (index.isMultiple(of: 2) ? cos(angle) : sin(angle))
    }
  }

  /// The relative RMSE of one run with two blocks of 1000 samples; block means are normal with variance 1/1000.
  private func simulatedRun(_ row: Int, exact: [Double], bias: [Double], scale: Double = 1) -> Double {
    let noise = normals(2 * exact.count, row: row)
    let blocks = (0..<2).map { block in
      exact.indices.map {
        scale * (exact[$0] + bias[$0] + noise[block * exact.count + $0] / 1000.0.squareRoot())
      }
    }
    return errors(size: 1, exact: exact, samples: blocks).relativeRMSE ?? 0
  }

  // The law is resampled from 200 units, which estimate a standard deviation to a quarter at five of their standard errors:
  // with probability 1 - 1e-6 between 4 % and 22 % of true runs exceed what 10 % should.
  @Test("Where two blocks are left, about 10 % of true runs exceed what 10 % should, and a fault exceeds it")
  func resampledLaw() throws {
    let exact = [3.0, -2, 1, 0.5]
    let bias = [0.4, 0.3, -0.2, 0.1]
    var pilot = BlockErrors(size: 1000, exact: exact)
    var units = UnitMeans(size: 10, parameters: 4)
    for sample in 0..<2000 {
      let noise = normals(4, row: sample)
      let gradient = exact.indices.map { exact[$0] + bias[$0] + noise[$0] }
      pilot.add(gradient.span)
      units.add(gradient.span)
    }
    let law = RunDifferenceLaw(
      quantity: .relativeRMSE, errors: pilot, units: units, exact: exact, otherBlocks: 2, draws: 200)
    let stream = RandomStream(seed: AccuracyProblems.seed, purpose: .verification, step: 78)
    let allowed = try #require(try law.allowed(rate: 0.1, stream: stream))
    func exceeding(scale: Double) -> Int {
      (0..<1000).count { pair in
        let first = simulatedRun(10_000 + 2 * pair, exact: exact, bias: bias)
        let second = simulatedRun(10_001 + 2 * pair, exact: exact, bias: bias, scale: scale)
        return abs(first - second) > allowed
      }
    }
    // Five binomial standard deviations beyond 4 % and 22 % of 1000.
    #expect((9...285).contains(exceeding(scale: 1)))
    #expect(exceeding(scale: 1.1) > 900)
  }
}
