import Datasets
import Foundation
import Testing

@testable import Training

@Suite struct TrainingRunTests {
  func fault(_ request: RunRequest) -> String? {
    do throws(TrainingError) {
      _ = try TrainingRun.start(request, observer: RunObserver())
      return nil
    } catch {
      #expect(!error.description.contains("\n"))
      return error.description
    }
  }

  @Test("A run leaves manifest, metrics, times, checkpoint and result, each as it was promised")
  func files() throws {
    try withTemporaryFolder { folder in
      let request = try TinyProtocol.request(in: folder)
      let result = try TrainingRun.start(request, observer: RunObserver())
      let directory = RunDirectory(request.output)

      let manifest = try directory.manifest()
      #expect(manifest.protocolSHA256 == SHA256Stream.digest(of: Array(TinyProtocol.text.utf8)))
      #expect(manifest.resolvedProtocol == (try TrainingProtocol(yaml: TinyProtocol.text, file: "")))
      #expect(manifest.dataFiles.map(\.name) == ["digits.csv.gz"])

      let metrics = try directory.metrics()
      #expect(metrics.map(\.step) == [7, 10, 14, 20, 21, 24, 24])
      let windows = metrics.compactMap { if case .training(let record) = $0 { record } else { nil } }
      #expect(windows.map(\.steps) == [7, 7, 7, 3])
      // The run is shorter than 200 steps, so that its mean is that of its windows.
      let sum = windows.reduce(0) { $0 + $1.negativeELBO * Double($1.steps) }
      #expect(abs(sum / 24 - result.trainNegativeELBO) < 1e-9 * result.trainNegativeELBO)
      let evaluations = metrics.compactMap { if case .evaluation(let record) = $0 { record } else { nil } }
      #expect(evaluations.map(\.step) == [10, 20, 24] && evaluations.allSatisfy { $0.images == 256 })
      #expect(result.evaluations == evaluations && result.completed)

      #expect(try directory.timing().map(\.step) == [5, 7, 10, 14, 15, 20, 21, 24])
      #expect(try directory.result() == result)
      let checkpoint = try Data(contentsOf: directory.checkpointFile)
      #expect(result.checkpointSHA256 == SHA256Stream.digest(of: [UInt8](checkpoint)))
      let names = try FileManager.default.contentsOfDirectory(atPath: request.output.path)
      #expect(
        Set(names) == ["run.json", "metrics.jsonl", "timing.jsonl", "checkpoint.safetensors", "result.json"])
    }
  }

  @Test("One and two threads, and a repetition, give the same bits; another seed does not")
  func reproducibility() throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      let expected = try ReproducibleFiles(request.output)
      request.output = folder.appending(path: "deeper/two threads")
      request.threads = 2
      _ = try TrainingRun.start(request, observer: RunObserver())
      #expect(try ReproducibleFiles(request.output) == expected)
      request.output = folder.appending(path: "other seed")
      request.seed = 2
      _ = try TrainingRun.start(request, observer: RunObserver())
      let other = try ReproducibleFiles(request.output)
      #expect(other.metrics != expected.metrics && other.checkpoint != expected.checkpoint)
    }
  }

  /// Lets the run make `steps` steps; the step of its checkpoint then, or nil where it came to its end.
  func checkpointOfStop(_ request: RunRequest, after steps: Int) throws -> Int? {
    let counter = StepCounter(limit: steps)
    let observer = RunObserver(progress: { counter.note($0) }, shouldStop: { counter.isReached })
    do {
      _ = try TrainingRun.start(request, observer: observer)
      return nil
    } catch TrainingError.interrupted(_, let checkpoint) {
      return checkpoint
    }
  }

  @Test("Stopped and resumed again and again, a run gives the same bits", arguments: [1, 3, 8])
  func stopped(stride: Int) throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      let expected = try ReproducibleFiles(request.output)
      request.output = folder.appending(path: "stopped")
      request.resume = true
      var checkpoints: [Int] = []
      while let checkpoint = try checkpointOfStop(request, after: stride) {
        checkpoints.append(checkpoint)
        try #require(checkpoints.count < 40)
      }
      #expect(checkpoints == (1...23).filter { $0 % stride == 0 })
      #expect(try ReproducibleFiles(request.output) == expected)
      #expect(try RunDirectory(request.output).timing().map(\.step).isStrictlyAscending)
    }
  }

  @Test("A stop within an evaluation goes back to the checkpoint before it and gives the same bits")
  func stoppedInEvaluation() throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      let expected = try ReproducibleFiles(request.output)
      request.output = folder.appending(path: "stopped")
      request.resume = true
      let counter = StepCounter(limit: .max, stopsInEvaluation: true)
      let observer = RunObserver(progress: { counter.note($0) }, shouldStop: { counter.isReached })
      #expect(throws: TrainingError.self) { try TrainingRun.start(request, observer: observer) }
      #expect(try RunDirectory(request.output).metrics().map(\.step) == [7])
      _ = try TrainingRun.start(request, observer: RunObserver())
      #expect(try ReproducibleFiles(request.output) == expected)
    }
  }

  @Test("A finished run that is resumed gives its result and touches nothing")
  func finished() throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      let result = try TrainingRun.start(request, observer: RunObserver())
      let expected = try ReproducibleFiles(request.output)
      request.resume = true
      let moments = MomentRecorder()
      let again = try TrainingRun.start(request, observer: RunObserver(wrote: { moments.note($0) }))
      #expect(again == result && moments.all.isEmpty)
      #expect(try ReproducibleFiles(request.output) == expected)
    }
  }

  @Test("A directory of another protocol, estimator, seed or number of steps is refused and left as it is")
  func otherRun() throws {
    try withTemporaryFolder { folder in
      let request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      let expected = try ReproducibleFiles(request.output)
      let run = request.output.path
      #expect(
        fault(request)
          == "\(run): already holds a run; add --resume to continue it or choose another output folder")

      var other = request
      other.resume = true
      other.seed = 2
      #expect(
        fault(other) == "\(run): holds a run whose seed is 1, expected 2; choose another output folder")
      other.seed = 1
      other.steps = 30
      #expect(fault(other)?.contains("number of steps is 24, expected 30") == true)
      other.steps = nil
      other.estimator = "loorf:2"
      #expect(fault(other)?.contains("estimator is arm, expected loorf:2") == true)
      other.estimator = nil
      other.learningRate = 0.25
      #expect(fault(other)?.contains("learning rate is 0.001, expected 0.25") == true)
      other.learningRate = nil
      try Data((TinyProtocol.text + "\n# changed").utf8).write(to: request.protocolURL)
      #expect(fault(other)?.contains("protocol file (SHA-256)") == true)
      #expect(try ReproducibleFiles(request.output) == expected)
    }
  }

  @Test("Bad input leaves nothing behind")
  func nothingLeft() throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      request.output = folder.appending(path: "new/run")
      var bad = request
      bad.estimator = "disram"
      #expect(fault(bad)?.contains("disarm") == true)
      bad = request
      bad.steps = 0
      #expect(fault(bad) == "steps: expected a whole number above 0, found 0")
      for rate in [0, -1, 11, Double.nan] {
        bad = request
        bad.learningRate = rate
        #expect(fault(bad) == "learning rate: expected a number above 0 and at most 10, found \(rate)")
      }
      bad = request
      bad.threads = 0
      #expect(fault(bad) == "threads: expected a whole number above 0, found 0")
      bad = request
      bad.protocolURL = folder.appending(path: "none.yaml")
      #expect(fault(bad)?.contains("none.yaml: expected a readable protocol file") == true)
      let large = TinyProtocol.text.replacingOccurrences(of: "batchSize: 20", with: "batchSize: 2000")
      try Data(large.utf8).write(to: request.protocolURL)
      #expect(
        fault(request)
          == "optimisation.batchSize: expected at most the 1284 training images of digits, found 2000")
      let elsewhere = TinyProtocol.text.replacingOccurrences(of: "set: digits", with: "set: mnist")
      try Data(elsewhere.utf8).write(to: request.protocolURL)
      request.dataFolder = folder
      #expect(fault(request)?.contains("train-images-idx3-ubyte.gz: not found") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["tiny.yaml"])
    }
  }

  @Test("An output that cannot be a run directory is refused in one line")
  func badOutput() throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      request.output = request.protocolURL
      #expect(fault(request)?.hasSuffix("not a run directory (it is a file); choose another folder") == true)
      request.output = request.protocolURL.appending(path: "run")
      #expect(fault(request)?.contains("cannot be written") == true)
      request.output = folder
      #expect(
        fault(request)?.hasSuffix(
          "not a run directory (it has other files but no run.json); choose another folder") == true)
      request.output = folder.appending(path: "empty")
      try FileManager.default.createDirectory(at: request.output, withIntermediateDirectories: false)
      #expect(fault(request) == nil, "an empty folder is a good output")
      #expect(
        try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["tiny.yaml", "empty"])
    }
  }

  func faultWhileLocked(_ request: RunRequest) throws -> String? {
    let lock = try RunLock.take(RunDirectory(request.output))
    return withExtendedLifetime(lock) { fault(request) }
  }

  @Test("Two processes cannot write one run")
  func locked() throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      try FileManager.default.removeItem(at: RunDirectory(request.output).resultFile)
      request.resume = true
      #expect(try faultWhileLocked(request)?.contains("another process is writing this run") == true)
      #expect(fault(request) == nil)
    }
  }

  @Test("Damaged files of a run are named")
  func damaged() throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      request.resume = true
      let directory = RunDirectory(request.output)
      try FileManager.default.removeItem(at: directory.resultFile)

      let metrics = try Data(contentsOf: directory.metricsFile)
      try metrics.dropLast(10).write(to: directory.metricsFile)
      #expect(fault(request)?.contains("metrics.jsonl: damaged") == true)
      var garbled = metrics
      garbled[0] = UInt8(ascii: "[")
      try garbled.write(to: directory.metricsFile)
      #expect(fault(request)?.contains("metrics.jsonl: damaged") == true)
      try metrics.write(to: directory.metricsFile)

      let checkpoint = try Data(contentsOf: directory.checkpointFile)
      try checkpoint.dropLast(1).write(to: directory.checkpointFile)
      #expect(fault(request)?.contains("checkpoint.safetensors: not a checkpoint of this program") == true)
      try Data("hello".utf8).write(to: directory.checkpointFile)
      #expect(fault(request)?.contains("the header is cut off after 5 bytes") == true)
      try checkpoint.write(to: directory.checkpointFile)

      let manifest = try Data(contentsOf: directory.manifestFile)
      let older = String(decoding: manifest, as: UTF8.self).replacing(
        RunManifest.schema, with: "armature.run/1")
      try Data(older.utf8).write(to: directory.manifestFile)
      #expect(fault(request)?.contains("schema armature.run/1 of another version of this program") == true)
      try Data("{}".utf8).write(to: directory.manifestFile)
      #expect(fault(request)?.contains("run.json: damaged (no key") == true)
      try manifest.write(to: directory.manifestFile)
      #expect(fault(request) == nil)
    }
  }

  @Test("A checkpoint of another run is refused")
  func foreignCheckpoint() throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      _ = try TrainingRun.start(request, observer: RunObserver())
      let first = RunDirectory(request.output)
      request.output = folder.appending(path: "second")
      request.seed = 2
      _ = try TrainingRun.start(request, observer: RunObserver())
      let second = RunDirectory(request.output)
      try FileManager.default.removeItem(at: second.resultFile)
      try Data(contentsOf: first.checkpointFile).write(to: second.checkpointFile)
      request.resume = true
      #expect(fault(request)?.contains(#"metadata seed is "1", expected 2"#) == true)
    }
  }
}

extension [Int] {
  var isStrictlyAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}
