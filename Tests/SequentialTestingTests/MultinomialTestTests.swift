import Foundation
import SequentialTesting
import Testing

@Suite struct MultinomialTestTests {
  /// Some laws of a sampler, with rare and with impossible cells.
  static let laws: [[Double]] = [
    [0.5, 0.5], [0.2, 0.3, 0.5], [0.9, 0.09, 0.009, 0.001, 0], [1],
    Array(repeating: 1.0 / 32, count: 32),
    (0..<12).map { $0 == 0 ? 0x1p-11 : pow(2, -Double(12 - $0)) },
  ]

  private static func cell(_ uniform: Double, _ probabilities: [Double]) -> Int {
    var sum = 0.0
    for (cell, probability) in probabilities.enumerated() {
      sum += probability
      if uniform < sum { return cell }
    }
    // Rounding of the sum; the last cell that can occur.
    return probabilities.lastIndex { $0 > 0 } ?? 0
  }

  private func expectation(
    of quantity: (MultinomialTest) -> Double, test: MultinomialTest, chances: [Double], steps: Int
  ) -> Double {
    guard steps > 0 else { return quantity(test) }
    var sum = 0.0
    for (cell, chance) in chances.enumerated() where chance > 0 {
      var next = test
      next.observe(cell: cell)
      sum += chance * expectation(of: quantity, test: next, chances: chances, steps: steps - 1)
    }
    return sum
  }

  @Test("The expected e-value is exactly 1 under the stated law, by enumeration of all sequences")
  func martingale() throws {
    let law = [0.6, 0.3, 0.09, 0.01]
    let test = try MultinomialTest(probabilities: law, falseAlarmRate: 0.05)
    for steps in 1...6 {
      let mean = expectation(of: { exp($0.logEValue) }, test: test, chances: law, steps: steps)
      #expect((mean - 1).magnitude < 1e-12, "after \(steps) draws")
    }
    let other = expectation(of: { exp($0.logEValue) }, test: test, chances: [0.3, 0.6, 0.09, 0.01], steps: 6)
    #expect(other > 1.1)
  }

  @Test("Looking at every draw, false alarms keep to the nominal rate", arguments: laws)
  func calibration(law: [Double]) throws {
    let calibration = try FalseAlarmCalibration.measure(
      runs: 1000, steps: 300, nominalRate: 0.05, seed: TestSeed.part(30)
    ) { uniforms in
      var test = try MultinomialTest(probabilities: law, falseAlarmRate: 0.05)
      for place in uniforms.indices { test.observe(cell: Self.cell(uniforms[place], law)) }
      return test.isRejected
    }
    #expect(try calibration.holds, "\(calibration.alarms) alarms, seed \(TestSeed.value)")
  }

  @Test("The same calibration finds two swapped cells")
  func plantedSwap() throws {
    let calibration = try FalseAlarmCalibration.measure(
      runs: 100, steps: 500, nominalRate: 0.05, seed: TestSeed.part(31)
    ) { uniforms in
      var test = try MultinomialTest(probabilities: [0.3, 0.2, 0.5], falseAlarmRate: 0.05)
      for place in uniforms.indices { test.observe(cell: Self.cell(uniforms[place], [0.2, 0.3, 0.5])) }
      return test.isRejected
    }
    #expect(try !calibration.holds, "\(calibration.alarms) alarms, seed \(TestSeed.value)")
  }

  @Test("A cell of probability 0 refutes at its first draw and is named")
  func impossible() throws {
    var test = try MultinomialTest(probabilities: [0.5, 0, 0.5], falseAlarmRate: 1e-9)
    for draw in 0..<10 { test.observe(cell: draw % 2 * 2) }
    #expect(test.impossibleCell == nil)
    test.observe(cell: 1)
    #expect(test.impossibleCell == 1)
    #expect(test.rejectedAt == 11)
    #expect(test.logEValue == .infinity)
    test.observe(cell: 0)
    #expect(test.count == 12)
    var other = try MultinomialTest(probabilities: [0.5, 0.5], falseAlarmRate: 1e-9)
    other.observe(cell: 2)
    #expect(other.impossibleCell == 2)
    #expect(other.isRejected)
  }

  @Test("A cell of almost no probability refutes when it is drawn again and again")
  func almostImpossible() throws {
    var test = try MultinomialTest(probabilities: [1 - 1e-15, 1e-15], falseAlarmRate: 1e-9)
    test.observe(cell: 1)
    #expect(!test.isRejected)
    test.observe(cell: 1)
    #expect(test.isRejected)
    var subnormal = try MultinomialTest(probabilities: [1, 0x1p-1030], falseAlarmRate: 1e-9)
    for _ in 0..<50 { subnormal.observe(cell: 1) }
    #expect(subnormal.isRejected || subnormal.impossibleCell != nil)
    #expect(!subnormal.logEValue.isNaN)
  }

  @Test(
    "The logarithm of the e-value stays finite and agrees with the Dirichlet-multinomial likelihood ratio")
  func closedForm() throws {
    let law = [0.25, 0.75]
    var test = try MultinomialTest(probabilities: law, falseAlarmRate: 0.01)
    var counts = [0.0, 0.0]
    for draw in 0..<4000 {
      let cell = draw % 3 == 0 ? 1 : 0
      counts[cell] += 1
      test.observe(cell: cell)
    }
    var parts: [Double] = []
    for power in 0..<8 {
      let a = pow(8.0, Double(power))
      var part = lgamma(a) - lgamma(a + 4000) - log(8.0)
      for cell in 0..<2 {
        part += lgamma(a * law[cell] + counts[cell]) - lgamma(a * law[cell]) - counts[cell] * log(law[cell])
      }
      parts.append(part)
    }
    let largest = try #require(parts.max())
    let expected = largest + log(parts.reduce(0) { $0 + exp($1 - largest) })
    #expect((test.logEValue - expected).magnitude < 1e-6)
    #expect(test.logEValue > 1000)
  }

  @Test("Sixty-five thousand cells: the right law passes, a bit that is stuck half the time is found")
  func manyCells() throws {
    // The right law fails with a chance of at most 10^-6. With the fault the log e-value after all draws was 6550
    // with a standard deviation of 91 in 30 runs; 13.8 are needed, so a miss is 70 deviations away.
    let cells = 65_536
    let law = [Double](repeating: 1 / Double(cells), count: cells)
    var right = try MultinomialTest(probabilities: law, falseAlarmRate: 1e-6)
    var stuck = try MultinomialTest(probabilities: law, falseAlarmRate: 1e-6)
    _ = try FalseAlarmCalibration.measure(
      runs: 1, steps: 200_000, nominalRate: 0.5, seed: TestSeed.part(32)
    ) { uniforms in
      for place in uniforms.indices {
        let cell = Int(uniforms[place] * Double(cells))
        right.observe(cell: cell)
        stuck.observe(cell: place % 2 == 0 ? cell : cell | 1)
      }
      return false
    }
    #expect(!right.isRejected, "seed \(TestSeed.value)")
    #expect(stuck.isRejected, "seed \(TestSeed.value)")
  }

  @Test("Probabilities that are negative, not numbers or do not sum to 1 throw")
  func invalidProbabilities() {
    #expect(throws: SequentialTestingError.invalidProbability(cell: 1, value: -0.1)) {
      try MultinomialTest(probabilities: [1.1, -0.1], falseAlarmRate: 0.1)
    }
    #expect(throws: SequentialTestingError.self) {
      try MultinomialTest(probabilities: [0.5, .nan], falseAlarmRate: 0.1)
    }
    #expect(throws: SequentialTestingError.probabilitiesDoNotSumToOne(sum: 0)) {
      try MultinomialTest(probabilities: [], falseAlarmRate: 0.1)
    }
    #expect(throws: SequentialTestingError.self) {
      try MultinomialTest(probabilities: [0.5, 0.4], falseAlarmRate: 0.1)
    }
    #expect(throws: SequentialTestingError.self) {
      try MultinomialTest(probabilities: [0.5, 0.5], falseAlarmRate: -1)
    }
  }
}
