import Datasets
import Foundation
import Testing

@testable import Training

@Suite("The groups of a sweep's index")
struct SweepIndexTests {
  private func record(_ bound: Double, split: DataSplit = .valid) -> EvaluationRecord {
    EvaluationRecord(step: 5, split: split, samples: 1, images: 10, bound: bound, standardError: 1)
  }

  private func run(
    _ rate: Double, seed: UInt64, valid: Double, test: Double?, state: SweepIndex.State = .finished,
    estimator: String = "arm"
  ) -> SweepIndex.Run {
    SweepIndex.Run(
      name: "\(estimator)-\(rate)-\(seed)", protocolName: "p", estimator: estimator, learningRate: rate,
      seed: seed,
      step: 9, steps: 9, state: state, failure: nil, trainNegativeELBO: 100 + valid, last: record(valid + 1),
      lowest: record(valid), selected: test.map { record($0, split: .test) })
  }

  private func chosen(_ runs: [SweepIndex.Run]) -> [Double] {
    SweepIndex.groups(runs).filter(\.isChosen).map(\.learningRate)
  }

  @Test("have the mean over their finished runs, with its standard error")
  func means() throws {
    let groups = SweepIndex.groups([
      run(1e-3, seed: 2, valid: 91, test: 94), run(1e-3, seed: 1, valid: 90, test: 92),
      run(1e-3, seed: 3, valid: 10, test: nil, state: .unfinished),
    ])
    #expect(groups.count == 1 && groups[0].seeds == [1, 2] && groups[0].unfinished == 1)
    #expect(groups[0].lowest?.value == 90.5 && groups[0].lowest?.standardError == 0.5)
    #expect(groups[0].selected?.value == 93 && groups[0].selected?.standardError == 1)
    #expect(groups[0].last?.value == 91.5 && groups[0].trainNegativeELBO?.value == 190.5)
    let one = SweepIndex.groups([run(1e-3, seed: 1, valid: 90, test: 92)])
    #expect(one[0].lowest?.standardError == nil)
  }

  @Test("have the mean of the final bounds of those runs whose protocol asks for one")
  func finalBounds() {
    let without = run(1e-3, seed: 1, valid: 90, test: nil)
    #expect(SweepIndex.groups([without])[0].final == nil)
    let runs = [80.0, 83].enumerated().map { number, bound in
      var run = run(1e-3, seed: UInt64(number), valid: 90, test: nil)
      run.final = record(bound, split: .test)
      return run
    }
    let group = SweepIndex.groups(runs)[0]
    #expect(group.final?.value == 81.5 && group.final?.standardError == 1.5 && !group.isChosen)
  }

  @Test("choose the learning rate by validation, whatever the test bounds are, for each estimator apart")
  func selection() {
    let runs = [
      run(5e-4, seed: 1, valid: 90, test: 80), run(1e-4, seed: 1, valid: 88, test: 99),
      run(5e-5, seed: 1, valid: 89, test: 85), run(1e-4, seed: 1, valid: 70, test: 71, estimator: "disarm"),
      run(5e-5, seed: 1, valid: 69, test: 72, estimator: "disarm"),
    ]
    #expect(chosen(runs) == [1e-4, 5e-5])
  }

  @Test(
    "choose nothing before all runs have ended, without selection, of one rate, and never a rate that failed")
  func noSelection() {
    let good = run(1e-4, seed: 1, valid: 88, test: 90)
    #expect(chosen([good]) == [])
    #expect(chosen([good, run(5e-4, seed: 1, valid: 80, test: nil, state: .unfinished)]) == [])
    #expect(
      chosen([run(1e-4, seed: 1, valid: 88, test: nil), run(5e-4, seed: 1, valid: 80, test: nil)]) == [])
    let lucky = [
      good, run(5e-4, seed: 1, valid: 80, test: 81), run(5e-4, seed: 2, valid: 0, test: nil, state: .failed),
    ]
    #expect(chosen(lucky) == [1e-4])
  }
}
