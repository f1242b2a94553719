import Datasets
import Foundation
import Testing

@testable import Training

@Suite struct EvaluationTests {
  @Test("Evaluating a run gives the number that it recorded, with any number of threads")
  func sameNumber() throws {
    try withTemporaryFolder { folder in
      let request = try TinyProtocol.request(in: folder)
      let result = try TrainingRun.start(request, observer: RunObserver())
      for threads in 1...2 {
        let record = try TrainingRun.evaluate(run: request.output, threads: threads, dataFolder: nil)
        #expect(record == result.evaluations.last)
      }
    }
  }

  @Test("Other samples and another split are evaluated as asked, and the run is not touched")
  func otherChoices() throws {
    try withTemporaryFolder { folder in
      let request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      let before = try ReproducibleFiles(request.output)
      let record = try TrainingRun.evaluate(
        run: request.output, samples: 3, split: .valid, threads: 1, dataFolder: nil)
      #expect(record.samples == 3 && record.split == .valid && record.images == 257 && record.step == 24)
      #expect(record.bound > 0 && record.standardError > 0)
      #expect(try ReproducibleFiles(request.output) == before)
    }
  }

  @Test("A folder without run or without checkpoint is refused in one line")
  func refused() throws {
    try withTemporaryFolder { folder in
      #expect(throws: TrainingError.self) {
        try TrainingRun.evaluate(run: folder, threads: 1, dataFolder: nil)
      }
      let request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      try FileManager.default.removeItem(at: RunDirectory(request.output).checkpointFile)
      do throws(TrainingError) {
        _ = try TrainingRun.evaluate(run: request.output, threads: 1, dataFolder: nil)
        Issue.record("a run without checkpoint was evaluated")
      } catch {
        #expect(
          error.description
            == "\(request.output.path): has no checkpoint yet; continue the run with --resume first")
      }
    }
  }

  @Test("A run that selects keeps the parameters of its lowest bound and measures them on the other split")
  func selection() throws {
    try withTemporaryFolder { folder in
      // A learning rate at which the bound goes up and down, so that the lowest is not always the last.
      let text = TinyProtocol.selecting.replacing("learningRate: 1e-3", with: "learningRate: 0.5")
        .replacing("interval: 10", with: "interval: 2")
      var request = try TinyProtocol.request(in: folder, text: text)
      request.steps = 20
      let result = try TrainingRun.start(request, observer: RunObserver())
      let lowest = try #require(result.evaluations.map(\.bound).min())
      let selected = try #require(result.selected)
      #expect(selected.step == result.evaluations.first { $0.bound == lowest }?.step && selected.step < 20)
      #expect(selected.split == .test && selected.samples == 3 && selected.images == 256)
      let best = try TrainingRun.evaluate(run: request.output, checkpoint: .best, threads: 2, dataFolder: nil)
      #expect(best == selected)
      let again = try TrainingRun.evaluate(
        run: request.output, checkpoint: .best, samples: 2, split: .valid, threads: 1, dataFolder: nil)
      #expect(again == result.evaluations.first { $0.bound == lowest })
      let last = try TrainingRun.evaluate(run: request.output, threads: 1, dataFolder: nil)
      #expect(last == result.evaluations.last)
    }
  }

  @Test("A final bound is that of the last parameters, also where others are selected")
  func final() throws {
    try withTemporaryFolder { folder in
      let request = try TinyProtocol.request(in: folder, text: TinyProtocol.ending)
      let result = try TrainingRun.start(request, observer: RunObserver())
      let final = try #require(result.final)
      #expect(final.step == 24 && final.split == .test && final.samples == 3 && final.images == 256)
      #expect(result.selected == nil && result.evaluations.last?.split == .valid)
      let again = try TrainingRun.evaluate(
        run: request.output, samples: 3, split: .test, threads: 2, dataFolder: nil)
      #expect(again == final)

      let text =
        TinyProtocol.selecting.replacing("learningRate: 1e-3", with: "learningRate: 0.5")
        .replacing("interval: 10", with: "interval: 2") + "\n  final:\n    split: test\n    samples: 4"
      var both = try TinyProtocol.request(in: folder, text: text)
      both.output = folder.appending(path: "both")
      let outcome = try TrainingRun.start(both, observer: RunObserver())
      let last = try TrainingRun.evaluate(
        run: both.output, samples: 4, split: .test, threads: 1, dataFolder: nil)
      #expect(outcome.final == last && outcome.selected?.samples == 3)
    }
  }

  @Test("A run without selection, or without evaluation so far, has no best checkpoint")
  func noBest() throws {
    try withTemporaryFolder { folder in
      let request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      do throws(TrainingError) {
        _ = try TrainingRun.evaluate(run: request.output, checkpoint: .best, threads: 1, dataFolder: nil)
        Issue.record("a best checkpoint was found")
      } catch {
        #expect(
          error.description
            == "\(request.output.path): has no best checkpoint (its protocol selects no parameters); use the last one"
        )
      }
    }
  }

  @Test("Bound and standard error are minus the mean and the spread over the root of the number of images")
  func statistics() throws {
    let record = try Evaluation.record([-1, -2, -6], step: 7, split: .test, samples: 5)
    #expect(record.bound == 3 && record.images == 3 && record.samples == 5 && record.step == 7)
    // Squared deviations 4 + 1 + 9 = 14; variance 14 / 2; standard error sqrt(7 / 3).
    #expect(abs(record.standardError - (7.0 / 3).squareRoot()) < 1e-15)
    #expect(throws: TrainingError.self) {
      try Evaluation.record([-1, -.infinity], step: 7, split: .test, samples: 5)
    }
  }
}
