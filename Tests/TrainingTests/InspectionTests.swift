import Datasets
import Foundation
import GradientEstimators
import LatentVariableModels
import Testing

@testable import Training

@Suite("Inspections of runs")
struct InspectionTests {
  private func inspect(
    _ runs: [URL], estimators: [String]? = nil, draws: Int = 4, seed: UInt64 = 3, threads: Int = 1
  ) throws -> [TrainingRun.Inspected] {
    try TrainingRun.inspect(
      runs: runs, settings: InspectionSettings(estimators: estimators, draws: draws, seed: seed),
      threads: threads, library: Self.library, provenance: TinyProtocol.provenance)
  }

  /// The digits, loaded once for all tests.
  private static let library = InspectedData(folder: nil)

  /// A request for a run, with the data loaded.
  private func request(in folder: URL, text: String = TinyProtocol.text) throws -> RunRequest {
    var request = try TinyProtocol.request(in: folder, text: text)
    request.data = try Self.library.data(for: try TrainingProtocol(yaml: text, file: "tiny.yaml"))
    return request
  }

  /// Every file of a run directory, by name.
  private func files(_ run: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: run.path) {
      files[name] = try Data(contentsOf: run.appending(path: name))
    }
    return files
  }

  private static let names = ["inspection.json", "samples.png", "reconstructions.png"]

  @Test(
    "An inspection adds its files and leaves those of the run; threads do not change a byte; again, it is kept"
  )
  func inspectsAndKeeps() throws {
    try withTemporaryFolder { folder in
      let request = try request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      let before = try files(request.output)
      let first = try #require(try inspect([request.output], estimators: ["u2g", "reinforce-ema"]).first)
      #expect(!first.isKept)
      let after = try files(request.output)
      #expect(Set(after.keys) == Set(before.keys).union(Self.names))
      for (name, content) in before { #expect(after[name] == content, "\(name)") }
      let inspection = first.inspection
      #expect(inspection.step == 24 && inspection.steps == 24 && inspection.batch == 20)
      #expect(inspection.split == .test && inspection.draws == 4 && inspection.seed == 3)
      #expect(inspection.gradientVariance.map(\.estimator) == ["disarm", "reinforce-ema"])
      #expect(inspection.gradientVariance.map(\.state) == [nil, .start])
      for variance in inspection.gradientVariance {
        #expect(variance.total.variance > 0 && variance.layers == nil)
        #expect(try #require(variance.total.standardError) > 0)
      }
      #expect(inspection.pictures.map(\.file) == ["samples.png", "reconstructions.png"])
      #expect(inspection.pictures.map(\.images) == [64, 32])
      #expect(try RunDirectory(request.output).inspection() == inspection)

      let kept = try #require(try inspect([request.output], estimators: ["disarm", "reinforce-ema"]).first)
      #expect(kept.isKept && kept.inspection == inspection)
      for name in Self.names { try FileManager.default.removeItem(at: request.output.appending(path: name)) }
      _ = try inspect([request.output], estimators: ["disarm", "reinforce-ema"], threads: 2)
      #expect(try files(request.output) == after)
      // A picture that was changed is not kept, nor an inspection with other settings.
      try Data([1]).write(to: request.output.appending(path: "samples.png"))
      #expect(try inspect([request.output], estimators: ["disarm", "reinforce-ema"]).first?.isKept == false)
      #expect(try files(request.output) == after)
      let other = try inspect([request.output], estimators: ["disarm", "reinforce-ema"], seed: 4)
      #expect(other.first?.inspection.gradientVariance != inspection.gradientVariance)
      #expect(try files(request.output)["samples.png"] != after["samples.png"])
    }
  }

  @Test("The run's own estimator is measured with what it has learnt, another one as at the start")
  func estimatorState() throws {
    try withTemporaryFolder { folder in
      var request = try request(in: folder)
      request.estimator = "reinforce-ema"
      _ = try TrainingRun.start(request, observer: RunObserver())
      let own = try inspect([request.output])[0].inspection.gradientVariance
      #expect(own.map(\.estimator) == ["reinforce-ema"] && own.map(\.state) == [.checkpoint])
      // With the objective near its running mean the variance is far below that without a baseline.
      let plain = try inspect([request.output], estimators: ["reinforce"])[0].inspection.gradientVariance
      #expect(own[0].total.variance < plain[0].total.variance / 5)
    }
  }

  @Test("A chain of layers has a variance for each layer, which add up; a classifier has no pictures")
  func layers() throws {
    for (place, names) in [(0, Self.names.dropFirst()), (2, Self.names.dropFirst(2)), (3, [])] {
      try withTemporaryFolder { folder in
        var request = try request(in: folder, text: LayeredRunTests.texts[place])
        request.steps = 4
        _ = try TrainingRun.start(request, observer: RunObserver())
        let inspection = try inspect([request.output])[0].inspection
        let variance = try #require(inspection.gradientVariance.first)
        let layers = try #require(variance.layers)
        #expect(layers.count == 2 && layers.allSatisfy { $0.variance > 0 })
        let sum = layers[0].variance + layers[1].variance
        #expect((variance.total.variance / sum - 1).magnitude < 1e-12)
        #expect(inspection.pictures.map(\.file) == Array(names) && inspection.split == .valid)
      }
    }
  }

  @Test("A run that was stopped is inspected at its checkpoint's step")
  func unfinished() throws {
    try withTemporaryFolder { folder in
      let request = try request(in: folder)
      let counter = StepCounter(limit: 13)
      let observer = RunObserver(progress: { counter.note($0) }, shouldStop: { counter.isReached })
      #expect(throws: TrainingError.self) { try TrainingRun.start(request, observer: observer) }
      let inspection = try inspect([request.output])[0].inspection
      #expect(inspection.step < 24 && inspection.step > 0 && inspection.steps == 24)
      _ = try TrainingRun.start(
        { () -> RunRequest in
          var again = request; again.resume = true; return again
        }(),
        observer: RunObserver())
      #expect(try inspect([request.output])[0].inspection.step == 24)
    }
  }

  @Test(
    "Nothing is written where one of the runs or estimators is not good, and the fault is told in one line")
  func faults() throws {
    try withTemporaryFolder { folder in
      let request = try request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      var second = request
      second.output = folder.appending(path: "second")
      second.seed = 2
      _ = try TrainingRun.start(second, observer: RunObserver())
      try FileManager.default.removeItem(at: RunDirectory(second.output).checkpointFile)
      func fault(_ runs: [URL], _ estimators: [String]? = nil, draws: Int = 4) -> String {
        do { _ = try inspect(runs, estimators: estimators, draws: draws) } catch { return "\(error)" }
        return ""
      }
      let cases = [
        (fault([request.output, second.output]), "has no checkpoint yet"), (fault([folder]), "no run.json"),
        (fault([request.output], ["disram"]), "disarm"), (fault([request.output], ["carms-i:2"]), "binary"),
        (fault([request.output], draws: 1), "draws: expected from 2"),
      ]
      for (line, part) in cases { #expect(line.contains(part) && !line.contains("\n"), "\(line)") }
      do {
        _ = try TrainingRun.inspect(
          runs: [request.output], settings: InspectionSettings(draws: 9), threads: 1, library: Self.library,
          provenance: TinyProtocol.provenance, shouldStop: { true })
        Issue.record("an inspection that was stopped has finished")
      } catch { #expect("\(error)".contains("stopped with 0 runs inspected")) }
      for run in [request.output, second.output] {
        #expect(try files(run).keys.allSatisfy { !Self.names.contains($0) })
      }
      #expect(
        try TrainingRun.directories([folder.path]).map(\.lastPathComponent) == ["run", "second"])
      #expect(throws: TrainingError.self) { try TrainingRun.directories([folder.path + "/none"]) }
    }
  }

  @Test("Mean and standard error over images are those of the definition")
  func mean() throws {
    let mean = RunInspector.mean([1, 2, 6])
    // Squared deviations 4 + 1 + 9 = 14; variance 14 / 2; standard error sqrt(7 / 3).
    #expect(mean.variance == 3)
    #expect(abs(try #require(mean.standardError) - (7.0 / 3).squareRoot()) < 1e-15)
    #expect(RunInspector.mean([2]).standardError == nil)
  }

  @Test("A grid has each image in its place, magnified, with a margin around it")
  func grid() {
    let images: [[UInt8]] = (0..<3).map { (number: Int) -> [UInt8] in
      let first = 100 + 50 * number
      return (0..<56).map { UInt8(first + $0 % 28) }
    }
    let picture = ImageGrid(width: 28, height: 2, columns: 2)
      .picture([[images[0], images[1]], [images[2]]])
    #expect(picture.width == 120 && picture.height == 16, "images are twice as wide as they were")
    // What the grid is before it is magnified: cells of 30 x 4 with their margins.
    var expected = [UInt8](repeating: 96, count: 60 * 8)
    for (number, corner) in [61, 91, 301].enumerated() {
      for line in 0..<2 {
        for place in 0..<28 { expected[corner + 60 * line + place] = images[number][28 * line + place] }
      }
    }
    let isRight = picture.pixels.indices.allSatisfy { index in
      let (y, x) = (index / 120 / 2, index % 120 / 2)
      return picture.pixels[index] == expected[60 * y + x]
    }
    #expect(isRight)
    #expect(ImageGrid.grey([0, 0.25, 1, 1.5, -1]) == [0, 64, 255, 255, 0])
  }
}
