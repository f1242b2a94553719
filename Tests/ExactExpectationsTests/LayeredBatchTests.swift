import ElementwiseKernels
import GradientEstimators
import RandomStreams
import Testing

@testable import ExactExpectations

@Suite("Batches of layered estimators")
struct LayeredBatchTests {
  static let names = EstimatorCatalogue.standardLayeredInstances.map(\.name)

  @Test("Saturated networks give finite gradients, in Double", arguments: names)
  func double(name: String) throws { try saturated(name, Double.self) }

  @Test("Saturated networks give finite gradients, in Float", arguments: names)
  func float(name: String) throws { try saturated(name, Float.self) }

  private func saturated<Scalar: KernelScalar>(_ name: String, _: Scalar.Type) throws {
    let estimator = try EstimatorCatalogue.makeLayered(name)
    let biases: [Double] = [-700, -40, 0, 40, 700]
    let weights = (0..<5).map { row in (0..<5).map { [700.0, -40, 0.5, 40, -700][($0 + row) % 5] } }
    let network = try StochasticBinaryNetwork(
      layers: [
        .init(weights: biases.map { [$0] }, biases: biases), .init(weights: weights, biases: biases),
        .init(weights: [[700, -40, 40, 1, -700], [-40, 40, -700, 700, 2]], biases: [700, -40]),
      ], states: .plusMinusOne)
    for head in [
      NetworkHead.logistic(weights: [700, -700], bias: 40), .quadratic(target: 0.3),
      .table(values: [1, 2, -3, 0.5]),
    ] {
      let points = [-1.0, 0, 1, 0.01].map { NetworkPoint(input: [$0], target: $0 < 0 ? -1 : 1) }
      var batch = LayeredBatch<Scalar>(estimator: estimator, network: network, head: head, points: points)
      fill(&batch)
      batch.run()
      var gradients = [Scalar](repeating: .nan, count: points.count * batch.parameterCount)
      var output = gradients.mutableSpan
      batch.parameterGradients(into: &output)
      #expect(gradients.allSatisfy { $0.isFinite })
      let isPoint: (Scalar) -> Bool = { $0 == 0 || $0 == 1 || (estimator.relaxesSamples && $0 > 0 && $0 < 1) }
      #expect(batch.layers.allSatisfy { $0.samples.allSatisfy(isPoint) })
    }
  }

  @Test("Rows with points of their own are the batches of single points", arguments: names)
  func rows(name: String) throws {
    let estimator = try EstimatorCatalogue.makeLayered(name)
    let problem = try #require(try Fixtures.networks().first { $0.head.parameterCount > 0 })
    let points = (0..<5).map {
      NetworkPoint(input: [0.3 * Double($0), 1 - Double($0)], target: $0 < 2 ? -1 : 1)
    }
    var batch = LayeredBatch<Double>(
      estimator: estimator, network: problem.network, head: problem.head, points: points)
    fill(&batch)
    let together = gradients(of: &batch)
    for (row, point) in points.enumerated() {
      var single = LayeredBatch<Double>(
        estimator: estimator, network: problem.network, head: problem.head, points: [point])
      fill(&single, firstRow: row)
      let count = single.parameterCount
      #expect(Array(together[row * count..<(row + 1) * count]) == gradients(of: &single))
    }
  }

  @Test(
    "A shared draw of ARM whose pair is equal has gradient 0 where equal pairs are skipped, the same elsewhere"
  )
  func skipping() throws {
    let problem = try #require(try Fixtures.networks().first { $0.network.widths == [2, 2] })
    var plain = LayeredBatch<Double>(
      estimator: LayeredBranching(ARM()), problem: problem, rows: 400)
    var skipping = LayeredBatch<Double>(
      estimator: LayeredBranching(ARM(), skipsEqual: true), problem: problem, rows: 400)
    fill(&plain)
    fill(&skipping)
    plain.run()
    skipping.run()
    var skipped = 0
    for row in 0..<400 {
      let samples = plain.layers[0].samples
      let isEqual = (2 * row..<2 * row + 2).allSatisfy { samples[$0] == samples[$0 + 800] }
      skipped += isEqual ? 1 : 0
      for i in 2 * row..<2 * row + 2 {
        #expect(skipping.layers[0].gradient[i] == (isEqual ? 0 : plain.layers[0].gradient[i]))
      }
    }
    #expect(skipped > 20 && skipped < 380)
  }

  private func gradients(of batch: inout LayeredBatch<Double>) -> [Double] {
    batch.run()
    var gradients = [Double](repeating: .nan, count: batch.shape.rows * batch.parameterCount)
    var output = gradients.mutableSpan
    batch.parameterGradients(into: &output)
    return gradients
  }

  private func fill<Scalar: KernelScalar>(_ batch: inout LayeredBatch<Scalar>, firstRow: Int = 0) {
    let rows = firstRow..<firstRow + batch.shape.rows
    var step: UInt64 = 0
    batch.forEachNoise { perRow, numbers in
      RandomStream(seed: 7, purpose: .verification, step: step)
        .fillUniforms(rows: rows, perRow: perRow, into: &numbers)
      step += 1
    }
  }
}
