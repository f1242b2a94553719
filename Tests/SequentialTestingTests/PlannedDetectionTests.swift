import SequentialTesting
import Testing

@Suite struct PlannedDetectionTests {
  private func plan(deviation: Double = 0.1, passRate: Double = 1e-6) throws -> PlannedDetection {
    try PlannedDetection(
      mean: 0.5, bounds: 0...1, standardDeviation: deviation, falseAlarmRate: 1e-6, falsePassRate: passRate)
  }

  @Test("The two questions answer each other", arguments: [1000, 30_000, 1_000_000])
  func inverse(observations: Int) throws {
    let plan = try plan()
    let difference = try #require(try plan.smallestDetectableDifference(observations: observations))
    let needed = try #require(try plan.observationsNeeded(toDetect: difference))
    #expect(needed <= observations)
    let fewer = try #require(try plan.observationsNeeded(toDetect: difference * 0.998))
    #expect(fewer > observations)
  }

  @Test("For small differences it plans about one and a half times the observations of a z-test")
  func efficiency() throws {
    // A z-test needs (2 x 4.8)^2 = 93.0 times (deviation / difference)^2, but holds only asymptotically.
    for difference in [0.005, 0.001] {
      let needed = try #require(try plan().observationsNeeded(toDetect: difference))
      let zTest = 93.0 * (0.1 / difference) * (0.1 / difference)
      #expect(Double(needed) < 1.6 * zTest)
      #expect(Double(needed) > zTest)
    }
  }

  @Test("Bounds scale with the data, and smaller risks or larger deviations need more observations")
  func monotone() throws {
    let scaled = try PlannedDetection(
      mean: 30, bounds: -20...80, standardDeviation: 10, falseAlarmRate: 1e-6, falsePassRate: 1e-6)
    #expect(try scaled.observationsNeeded(toDetect: 1) == plan().observationsNeeded(toDetect: 0.01))
    let base = try #require(try plan().observationsNeeded(toDetect: 0.01))
    #expect(try #require(try plan(passRate: 1e-9).observationsNeeded(toDetect: 0.01)) > base)
    #expect(try #require(try plan(deviation: 0.2).observationsNeeded(toDetect: 0.01)) > base)
  }

  @Test("A difference that the bounds leave no room for has no answer")
  func impossible() throws {
    #expect(try plan().observationsNeeded(toDetect: 0.6) == nil)
    #expect(try plan().smallestDetectableDifference(observations: 1) == nil)
  }

  @Test("Wrong arguments throw")
  func invalid() throws {
    #expect(throws: SequentialTestingError.self) { try plan(passRate: 0) }
    #expect(throws: SequentialTestingError.self) { try plan(deviation: -1) }
    #expect(throws: SequentialTestingError.self) { try plan().observationsNeeded(toDetect: 0) }
    #expect(throws: SequentialTestingError.self) { try plan().smallestDetectableDifference(observations: 0) }
    #expect(throws: SequentialTestingError.self) {
      try PlannedDetection(
        mean: 3, bounds: 0...1, standardDeviation: 0.1, falseAlarmRate: 0.1, falsePassRate: 0.1)
    }
  }
}
