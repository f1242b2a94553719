import Foundation
import SequentialTesting
import Testing

@Suite struct MeanConfidenceSequenceTests {
  @Test("Looking at every step, the mean is missed no more often than stated", arguments: BoundedLaw.nulls)
  func coverage(law: BoundedLaw) throws {
    let calibration = try FalseAlarmCalibration.measure(
      runs: 1000, steps: 500, nominalRate: 0.05, seed: TestSeed.part(20)
    ) { uniforms in
      var sequence = try MeanConfidenceSequence(bounds: law.bounds, falseAlarmRate: 0.05)
      for place in uniforms.indices { sequence.observe(law.observation(uniforms[place])) }
      // The intersection so far: a mean missed at any step is missed at the last.
      return !sequence.interval.contains(law.mean)
    }
    #expect(try calibration.holds, "\(calibration.alarms) misses, seed \(TestSeed.value)")
  }

  @Test("The same calibration finds an asymptotic interval that is intersected over time")
  func plantedFault() throws {
    let calibration = try FalseAlarmCalibration.measure(
      runs: 300, steps: 400, nominalRate: 0.05, seed: TestSeed.part(21)
    ) { uniforms in
      var sum = 0.0, squares = 0.0
      for step in uniforms.indices {
        sum += uniforms[step]
        squares += uniforms[step] * uniforms[step]
        let n = Double(step + 1)
        let mean = sum / n
        if step >= 20, (mean - 0.5).magnitude > 1.96 * ((squares / n - mean * mean) / n).squareRoot() {
          return true
        }
      }
      return false
    }
    #expect(try !calibration.holds, "\(calibration.alarms) misses, seed \(TestSeed.value)")
  }

  @Test("The interval follows the published formula, computed with logarithms")
  func formula() throws {
    var sequence = try MeanConfidenceSequence(bounds: 0...1, falseAlarmRate: 0.02)
    let values = (0..<400).map { 0.3 + 0.2 * Double($0 * 7 % 5) / 4 }
    let inverse = log(2 / 0.02)
    var bets = 0.0, weighted = 0.0, penalty = 0.0, sum = 0.0, squares = 0.25
    var lower = 0.0, upper = 1.0
    for (index, x) in values.enumerated() {
      let t = Double(index + 1)
      let bet = min(0.5, (2 * inverse / (t * log(1 + t) * squares / t)).squareRoot())
      let deviation = x - (0.5 + sum) / t
      bets += bet
      weighted += bet * x
      penalty += deviation * deviation * (-log1p(-bet) - bet)
      sum += x
      squares += pow(x - (0.5 + sum) / (t + 1), 2)
      lower = max(lower, (weighted - penalty - inverse) / bets)
      upper = min(upper, (weighted + penalty + inverse) / bets)
      sequence.observe(x)
    }
    // Outside of the formula, by the bound on psi that replaces its cancelling logarithm: at most 3 % of the
    // width.
    #expect(sequence.interval.lowerBound <= lower)
    #expect(sequence.interval.upperBound >= upper)
    #expect(sequence.interval.upperBound - sequence.interval.lowerBound <= (upper - lower) * 1.03)
    #expect(sequence.count == 400)
  }

  @Test("The interval adapts to a small variance: it is far shorter than Hoeffding's")
  func width() throws {
    var sequence = try MeanConfidenceSequence(bounds: 0...1, falseAlarmRate: 1e-6)
    for step in 0..<20_000 { sequence.observe(step % 2 == 0 ? 0.43 : 0.57) }
    let halfWidth = (sequence.interval.upperBound - sequence.interval.lowerBound) / 2
    let hoeffding = (log(2 / 1e-6) / (2 * 20_000)).squareRoot()
    #expect(halfWidth < hoeffding / 3)
    #expect(sequence.interval.contains(0.5))
  }

  @Test("The interval is in the units of the data and within their bounds")
  func units() throws {
    var sequence = try MeanConfidenceSequence(bounds: -10...30, falseAlarmRate: 0.01)
    #expect(sequence.interval == -10...30)
    for step in 0..<5000 { sequence.observe(step % 2 == 0 ? 19 : 21) }
    #expect(sequence.interval.contains(20))
    #expect(sequence.interval.lowerBound > 15 && sequence.interval.upperBound < 25)
  }

  @Test("After an observation outside the bounds nothing is claimed")
  func boundViolation() throws {
    var sequence = try MeanConfidenceSequence(bounds: 0...1, falseAlarmRate: 0.01)
    for _ in 0..<1000 { sequence.observe(0.5) }
    sequence.observe(7)
    #expect(sequence.boundViolation == 7)
    #expect(sequence.interval == -.infinity ... .infinity)
    #expect(sequence.count == 1001)
  }

  @Test("Observations whose mean moves away empty the intersection, and that is said")
  func emptiness() throws {
    var sequence = try MeanConfidenceSequence(bounds: 0...1, falseAlarmRate: 0.01)
    for _ in 0..<3000 { sequence.observe(0.1) }
    #expect(!sequence.isEmpty)
    for _ in 0..<10_000 { sequence.observe(0.9) }
    #expect(sequence.isEmpty)
    #expect(sequence.interval.lowerBound <= sequence.interval.upperBound)
  }

  @Test("Wrong arguments throw")
  func invalidArguments() {
    #expect(throws: SequentialTestingError.self) {
      try MeanConfidenceSequence(bounds: 0...1, falseAlarmRate: 1)
    }
    #expect(throws: SequentialTestingError.self) {
      try MeanConfidenceSequence(bounds: -.infinity...0, falseAlarmRate: 0.1)
    }
  }
}
