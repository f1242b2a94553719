import Testing

/// The check of calibration is itself checked: procedures that are known to be wrong must fail it.
@Suite struct FalseAlarmCalibrationTests {
  @Test("The binomial test accepts a rate at the nominal one and refuses a doubled one")
  func verdicts() throws {
    #expect(try FalseAlarmCalibration(runs: 1000, alarms: 50, nominalRate: 0.05).holds)
    #expect(try FalseAlarmCalibration(runs: 1000, alarms: 0, nominalRate: 0.05).holds)
    #expect(try !FalseAlarmCalibration(runs: 1000, alarms: 100, nominalRate: 0.05).holds)
  }

  @Test("A z-test repeated at every step is found to raise too many false alarms")
  func repeatedZTest() throws {
    // It raises one in some 40 % of the runs; that fewer than 10 % do has a chance below 10^-30.
    let calibration = try FalseAlarmCalibration.measure(
      runs: 500, steps: 400, nominalRate: 0.05, seed: TestSeed.part(1)
    ) { uniforms in
      var sum = 0.0, squares = 0.0
      for step in uniforms.indices {
        let deviation = uniforms[step] - 0.5
        sum += deviation
        squares += deviation * deviation
        if step >= 30, sum.magnitude > 1.96 * squares.squareRoot() { return true }
      }
      return false
    }
    #expect(try !calibration.holds, "\(calibration.alarms) alarms, seed \(TestSeed.value)")
  }

  @Test("A bet that looks at the observation it is placed on is found to raise too many false alarms")
  func peekingBet() throws {
    // It raises one in some 79 % of the runs; that fewer than 25 of 100 do has a chance below 10^-25.
    let calibration = try FalseAlarmCalibration.measure(
      runs: 100, steps: 1000, nominalRate: 0.05, seed: TestSeed.part(2)
    ) { uniforms in
      var wealth = 1.0, sum = 0.0, squares = 0.25
      for step in uniforms.indices {
        let deviation = uniforms[step] - 0.5
        // The fault: the sums include the observation before the bet on it is settled.
        sum += deviation
        squares += deviation * deviation
        wealth *= 1 + min(max(sum / squares, -1), 1) * deviation
        if wealth >= 20 { return true }
      }
      return false
    }
    #expect(try !calibration.holds, "\(calibration.alarms) alarms, seed \(TestSeed.value)")
  }
}
