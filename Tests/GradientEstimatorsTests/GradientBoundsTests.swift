import Testing

@testable import GradientEstimators

@Suite("Gradient bounds")
struct GradientBoundsTests {
  static let logits = [-3.0, 0.2, 1.4]

  @Test(
    "No gradient leaves its bounds, whatever the noise",
    arguments: EstimatorCatalogue.valueInstances(supporting: .binary(1)))
  func contained(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    let perRow = estimator.noisePerRow(variables: .binary(3))
    let values = (0..<8).map { state in irregularObjective((0..<3).map { Double(state >> $0 & 1) }) }
    let range = try #require(values.min())...(try #require(values.max()))
    for turn in 1...200 {
      let noise = (0..<perRow).map {
        (Double($0 + perRow * turn) * 0.569_840_290_998).truncatingRemainder(dividingBy: 1)
      }
      let run = EstimatorRun(estimator, logits: Self.logits, noise: noise) { irregularObjective($0) }
      for coordinate in 0..<3 {
        let bounds = estimator.bounds(
          objective: range, logits: Self.logits, variables: .binary(3), coordinate: coordinate)
        let slack = 1e-12 * (bounds.upperBound - bounds.lowerBound)
        #expect(run.gradient[coordinate] >= bounds.lowerBound - slack)
        #expect(run.gradient[coordinate] <= bounds.upperBound + slack)
      }
    }
  }

  @Test("The bounds of a pair estimator are reached: DisARM with opposed samples at the ends of f")
  func reached() {
    let run = EstimatorRun(DisARM(), logits: [0.5], noise: [0.999]) { 3 * $0[0] }
    #expect(
      run.gradient == [
        DisARM().gradientBounds(objective: 0...3, logits: [0.5], variables: .binary(1), coordinate: 0)
          .upperBound
      ])
  }

  @Test("The running mean's bounds hold for any baseline it can reach")
  func baseline() {
    var estimator = RunningMeanREINFORCE()
    estimator.state = [-50, 1]
    let bounds = estimator.gradientBounds(objective: 0...1, logits: [0], variables: .binary(1), coordinate: 0)
    #expect(bounds == -25.5...25.5)
  }
}
