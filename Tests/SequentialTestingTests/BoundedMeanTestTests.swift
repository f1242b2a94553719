import Foundation
import SequentialTesting
import Testing

@Suite struct BoundedMeanTestTests {
  /// All sequences of the outcomes `values`, with their probabilities: expectation of `quantity` after them.
  private func expectation(
    of quantity: (BoundedMeanTest) -> Double, test: BoundedMeanTest,
    values: [(value: Double, chance: Double)],
    steps: Int
  ) -> Double {
    guard steps > 0 else { return quantity(test) }
    return values.reduce(0) { sum, outcome in
      var next = test
      next.observe(outcome.value)
      return sum + outcome.chance * expectation(of: quantity, test: next, values: values, steps: steps - 1)
    }
  }

  static let skewed = [(value: -1.0, chance: 0.7), (value: 0.5, chance: 0.2), (value: 3.0, chance: 0.1)]

  @Test("The expected e-value is exactly 1 when the mean is right, by enumeration of all sequences")
  func martingale() throws {
    let test = try BoundedMeanTest(mean: -0.3, bounds: -1...3, falseAlarmRate: 0.05)
    for steps in 1...7 {
      let mean = expectation(of: { exp($0.logEValue) }, test: test, values: Self.skewed, steps: steps)
      #expect((mean - 1).magnitude < 1e-12, "after \(steps) observations")
    }
  }

  @Test("The expected e-value is not 1 when the mean is wrong, by enumeration of all sequences")
  func notMartingale() throws {
    let test = try BoundedMeanTest(mean: -0.2, bounds: -1...3, falseAlarmRate: 0.05)
    let mean = expectation(of: { exp($0.logEValue) }, test: test, values: Self.skewed, steps: 7)
    #expect((mean - 1).magnitude > 1e-4)
  }

  @Test(
    "The probability of ever rejecting a right mean is below the rate, by enumeration", arguments: [0.5, 0.2])
  func ville(rate: Double) throws {
    let test = try BoundedMeanTest(mean: 0.5, bounds: 0...1, falseAlarmRate: rate)
    let coin = [(value: 0.0, chance: 0.5), (value: 1.0, chance: 0.5)]
    let rejected = expectation(of: { $0.isRejected ? 1 : 0 }, test: test, values: coin, steps: 12)
    #expect(rejected > 0)
    #expect(rejected <= rate)
  }

  @Test("Looking at every step, false alarms keep to the nominal rate", arguments: BoundedLaw.nulls)
  func calibration(law: BoundedLaw) throws {
    let calibration = try FalseAlarmCalibration.measure(
      runs: 1000, steps: 500, nominalRate: 0.05, seed: TestSeed.part(10)
    ) { uniforms in
      var test = try BoundedMeanTest(mean: law.mean, bounds: law.bounds, falseAlarmRate: 0.05)
      for place in uniforms.indices { test.observe(law.observation(uniforms[place])) }
      return test.isRejected
    }
    #expect(try calibration.holds, "\(calibration.alarms) alarms, seed \(TestSeed.value)")
  }

  @Test("The same calibration finds a mean that is wrong by a tenth")
  func plantedShift() throws {
    let calibration = try FalseAlarmCalibration.measure(
      runs: 100, steps: 1000, nominalRate: 0.05, seed: TestSeed.part(11)
    ) { uniforms in
      var test = try BoundedMeanTest(mean: 0.4, bounds: 0...1, falseAlarmRate: 0.05)
      test.observe(uniforms)
      return test.isRejected
    }
    #expect(try !calibration.holds, "\(calibration.alarms) alarms, seed \(TestSeed.value)")
  }

  @Test(
    "A planned difference is found within the planned observations, on either side", arguments: [0.45, 0.55])
  func power(chance: Double) throws {
    // Each run misses with a chance of at most 10^-8, so the test fails with a chance of at most 2 x 10^-7.
    let plan = try PlannedDetection(
      mean: 0.5, bounds: 0...1, standardDeviation: 0.5, falseAlarmRate: 1e-6, falsePassRate: 1e-8)
    let observations = try #require(try plan.observationsNeeded(toDetect: 0.05))
    let law = BoundedLaw.twoPoint(0, 1, chanceOfHigh: chance)
    let found = try FalseAlarmCalibration.measure(
      runs: 20, steps: observations, nominalRate: 0.5, seed: TestSeed.part(12)
    ) { uniforms in
      var test = try BoundedMeanTest(mean: 0.5, bounds: 0...1, falseAlarmRate: 1e-6)
      for place in uniforms.indices where !test.isRejected { test.observe(law.observation(uniforms[place])) }
      return test.isRejected
    }
    #expect(found.alarms == 20, "seed \(TestSeed.value)")
  }

  @Test("A span of observations gives what the observations give one by one")
  func spans() throws {
    var one = try BoundedMeanTest(mean: 0.2, bounds: 0...1, falseAlarmRate: 1e-3)
    var other = one
    let values = (0..<500).map { Double($0 * 37 % 101) / 100 }
    one.observe(values.span)
    for value in values { other.observe(value) }
    #expect(one.logEValue == other.logEValue)
    #expect(one.rejectedAt == other.rejectedAt)
    #expect(one.count == 500)
    #expect(one.isRejected)
  }

  @Test("The e-value has no limit: twenty thousand gross errors give a finite logarithm that keeps growing")
  func noOverflow() throws {
    var test = try BoundedMeanTest(mean: 0.25, bounds: 0...1, falseAlarmRate: 1e-6)
    let ones = [Double](repeating: 1, count: 10_000)
    test.observe(ones.span)
    let early = test.logEValue
    test.observe(ones.span)
    // The best bet, 1 / (2 x 0.25), gains log(1 + 2 x 0.75) each time.
    #expect((test.logEValue - early - 10_000 * log(2.5)).magnitude < 1e-6)
    #expect(test.largestLogEValue == test.logEValue)
    let rejectedAt = try #require(test.rejectedAt)
    // Two bets (grid and adaptive) hold it: log(10^6 x 32) / log(2.5) = 18.9 for the grid's alone.
    #expect(rejectedAt <= 19)
  }

  @Test("The e-value agrees with the product of the bets computed by logarithms")
  func agreesWithLogarithms() throws {
    var test = try BoundedMeanTest(mean: 0.5, bounds: 0...1, falseAlarmRate: 1e-6)
    let values = (0..<3000).map { Double($0 * 61 % 97) / 96 * 0.9 }
    // The bets of a mean of 1/2: from 1 down to 2^-10 on either side, and the adaptive one.
    let sizes = (0..<12).map { pow(0x1p-10, Double($0) / 11) }
    var logs = (sizes + sizes.map { -$0 }).map { (bet: $0, sum: log(0.75 / 24)) }
    var adaptive = log(0.25), sum = 0.0, squares = 0.25
    for value in values {
      let deviation = value - 0.5
      for place in logs.indices { logs[place].sum += log1p(logs[place].bet * deviation) }
      adaptive += log1p(min(max(sum / squares, -1), 1) * deviation)
      sum += deviation
      squares += deviation * deviation
      test.observe(value)
    }
    let parts = logs.map(\.sum) + [adaptive]
    let largest = try #require(parts.max())
    let expected = largest + log(parts.reduce(0) { $0 + exp($1 - largest) })
    #expect((test.logEValue - expected).magnitude < 1e-9 * expected.magnitude)
  }

  @Test("An observation outside the bounds refutes at once, rounding at the bound does not")
  func boundViolation() throws {
    var test = try BoundedMeanTest(mean: 0, bounds: -1...1, falseAlarmRate: 1e-6)
    test.observe(1 + 1e-8)
    test.observe(-1 - 1e-8)
    #expect(test.boundViolation == nil)
    #expect(!test.isRejected)
    test.observe(1.001)
    #expect(test.boundViolation == 1.001)
    #expect(test.logEValue == .infinity)
    #expect(test.largestLogEValue == .infinity)
    #expect(test.rejectedAt == 3)
    test.observe(0)
    #expect(test.count == 4)
    #expect(test.rejectedAt == 3)
    var other = try BoundedMeanTest(mean: 0, bounds: -1...1, falseAlarmRate: 1e-6)
    other.observe(.nan)
    #expect(other.isRejected)
    #expect(other.boundViolation?.isNaN == true)
  }

  @Test("Data that can only be one number are accepted while they are, and refuted when they are not")
  func noWidth() throws {
    var test = try BoundedMeanTest(mean: 2, bounds: 2...2, falseAlarmRate: 1e-6)
    for _ in 0..<100 { test.observe(2) }
    #expect(test.logEValue.magnitude < 1e-12)
    test.observe(2.1)
    #expect(test.isRejected)
  }

  @Test("A mean at the end of the range is tested too")
  func meanAtTheEnd() throws {
    var test = try BoundedMeanTest(mean: 0, bounds: 0...1, falseAlarmRate: 1e-6)
    for _ in 0..<50 { test.observe(0) }
    #expect(!test.isRejected)
    test.observe(0.5)
    test.observe(0.5)
    test.observe(0.5)
    #expect(test.isRejected)
  }

  @Test("Wrong arguments throw one line that says what was expected")
  func invalidArguments() {
    #expect(throws: SequentialTestingError.invalidRate(name: "falseAlarmRate", value: 0)) {
      try BoundedMeanTest(mean: 0, bounds: -1...1, falseAlarmRate: 0)
    }
    let error = #expect(throws: SequentialTestingError.self) {
      try BoundedMeanTest(mean: 2, bounds: -1...1, falseAlarmRate: 0.1)
    }
    #expect(
      error?.description
        == "the mean to test is 2.0: expected a number within the bounds of the data, -1.0 to 1.0")
    #expect(throws: SequentialTestingError.self) {
      try BoundedMeanTest(mean: .nan, bounds: -1...1, falseAlarmRate: 0.1)
    }
    #expect(throws: SequentialTestingError.self) {
      try BoundedMeanTest(mean: 0, bounds: 0 ... .infinity, falseAlarmRate: 0.1)
    }
  }
}
