import ReferenceMath
import Testing

@Suite struct ClopperPearsonIntervalTests {
  struct Case: Sendable {
    var successes: Int, trials: Int, missRate: Double, lower: Double, upper: Double
  }

  /// mpmath 1.3.0, 40 digits: `findroot(lambda p: log(sum of binomial terms) - log(missRate / 2))`.
  static let cases = [
    Case(
      successes: 3, trials: 20, missRate: 0.05, lower: 0.032070937185463705588, upper: 0.37892682654531393973),
    Case(successes: 0, trials: 1000, missRate: 1e-6, lower: 0, upper: 0.014403914337756275349),
    Case(
      successes: 5000, trials: 10000, missRate: 1e-6, lower: 0.47550712325781320783,
      upper: 0.52449287674218679217),
    Case(
      successes: 7, trials: 10_000_000, missRate: 0.01, lower: 2.0373378823638385982e-7,
      upper: 1.7133584587671591447e-6),
  ]

  @Test("The ends are outside of mpmath's and within a part in 10^6 of them", arguments: cases)
  func ends(example: Case) throws {
    let interval = try clopperPearsonInterval(
      successes: example.successes, trials: example.trials, missRate: example.missRate)
    #expect(interval.lowerBound <= example.lower)
    #expect(interval.upperBound >= example.upper)
    #expect(agree(interval.lowerBound, example.lower, within: 1e-6))
    #expect(agree(interval.upperBound, example.upper, within: 1e-6))
  }

  @Test("The interval covers every probability with the stated rate, by summing over all outcomes")
  func coverage() throws {
    let trials = 12, missRate = 0.1
    let intervals = try (0...trials).map {
      try clopperPearsonInterval(successes: $0, trials: trials, missRate: missRate)
    }
    for percent in 1..<100 {
      let p = Double(percent) / 100
      var missed = 0.0
      for (successes, interval) in intervals.enumerated() where !interval.contains(p) {
        missed +=
          try binomialUpperTail(atLeast: successes, trials: trials, probability: p)
          - binomialUpperTail(atLeast: successes + 1, trials: trials, probability: p)
      }
      #expect(missed <= missRate, "p = \(p)")
    }
  }

  @Test("No success and no failure give the ends of the unit interval")
  func extremes() throws {
    #expect(try clopperPearsonInterval(successes: 0, trials: 5, missRate: 0.1).lowerBound == 0)
    #expect(try clopperPearsonInterval(successes: 5, trials: 5, missRate: 0.1).upperBound == 1)
  }

  @Test("Impossible counts and rates throw")
  func invalid() {
    #expect(throws: GSLError.self) { try clopperPearsonInterval(successes: 6, trials: 5, missRate: 0.1) }
    #expect(throws: GSLError.self) { try clopperPearsonInterval(successes: -1, trials: 5, missRate: 0.1) }
    #expect(throws: GSLError.self) { try clopperPearsonInterval(successes: 0, trials: 0, missRate: 0.1) }
    #expect(throws: GSLError.self) { try clopperPearsonInterval(successes: 1, trials: 5, missRate: 0) }
  }
}
