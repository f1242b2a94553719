import Foundation
import LatentVariableModels
import Testing

@testable import Training

@Suite("A sweep")
final class TrainingSweepTests {
  /// A protocol whose evaluations are quick.
  private let file: URL

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "protocol-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    file = folder.appending(path: "digits-linear.yaml")
    try Data(TinyProtocol.text.utf8).write(to: file)
  }

  deinit { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }

  private func sweep(_ estimators: [String], jobs: Int, folder: URL) throws -> TrainingSweep {
    return TrainingSweep(
      cells: estimators.map { .init(protocolURL: file, estimator: $0, seed: 4) }, folder: folder, jobs: jobs,
      steps: 3, dataFolder: nil, command: [],
      provenance: ProvenanceFacts(
        revision: "test", treeState: .unknown,
        versions: .init(swift: "", gsl: "", kernelFamily: "", vectors: ""), cpu: ""))
  }

  private func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sweep-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  @Test("gives each cell a directory of its own, with the same bits for any number of jobs")
  func jobs() async throws {
    try await withFolder { folder in
      var results: [[Data]] = []
      for jobs in [1, 3] {
        let runs = try await sweep(
          ["arm", "loorf:2", "reinforce-ema"], jobs: jobs, folder: folder.appendingPathComponent("\(jobs)")
        ).run(resume: false)
        #expect(runs.map(\.lastPathComponent).first == "digits-linear-arm-seed-4")
        results.append(try runs.map { try Data(contentsOf: $0.appendingPathComponent("result.json")) })
      }
      #expect(Set(results[0]).count == 3)
      #expect(results[0] == results[1])
    }
  }

  @Test("keeps finished runs when it resumes and makes them anew when it does not")
  func resume() async throws {
    try await withFolder { folder in
      let sweep = try sweep(["arm"], jobs: 1, folder: folder)
      let manifest = try await sweep.run(resume: false)[0].appendingPathComponent("run.json")
      let mark = Data("kept".utf8)
      let other = manifest.deletingLastPathComponent().appendingPathComponent("note")
      try mark.write(to: other)
      _ = try await sweep.run(resume: true)
      #expect(FileManager.default.fileExists(atPath: other.path))
      _ = try await sweep.run(resume: false)
      #expect(!FileManager.default.fileExists(atPath: other.path))
    }
  }

  // MARK: - Sweeps of the command line

  private func complete(_ sweep: TrainingSweep, stopAfter limit: Int = .max) async throws -> SweepIndex {
    let counter = StepCounter(limit: limit)
    return try await sweep.complete(
      progress: { progress in if let run = progress.running.first { counter.note(run.progress) } },
      shouldStop: { counter.isReached }
    ).index
  }

  private func bytes(_ folder: URL, _ names: [String]) throws -> [ReproducibleFiles] {
    try names.map { try ReproducibleFiles(folder.appending(path: $0)) }
  }

  @Test(
    "stopped and started again keeps what is finished, goes on with the rest, and ends with the same bits")
  func interrupted() async throws {
    try await withFolder { folder in
      let whole = try sweep(["arm", "loorf:2"], jobs: 2, folder: folder.appending(path: "whole"))
      let index = try await complete(whole)
      #expect(index.runs.map(\.state) == [.finished, .finished] && index.groups.count == 2)
      let stopped = try sweep(["arm", "loorf:2"], jobs: 1, folder: folder.appending(path: "stopped"))
      var stops = 0
      while stops < 20 {
        do {
          _ = try await complete(stopped, stopAfter: 2)
          break
        } catch TrainingError.sweepInterrupted(_, let finished, 2) {
          stops += 1
          let file = folder.appending(path: "stopped/index.json")
          let partial = try JSONDecoder().decode(SweepIndex.self, from: Data(contentsOf: file))
          #expect(partial.runs.count { $0.state == .finished } == finished)
        }
      }
      #expect(stops >= 2)
      let names = whole.cellNames
      #expect(
        try bytes(folder.appending(path: "whole"), names) == bytes(folder.appending(path: "stopped"), names))
      let before = try Data(contentsOf: folder.appending(path: "whole/index.json"))
      let again = try await complete(whole)
      #expect(again == index)
      #expect(try Data(contentsOf: folder.appending(path: "whole/index.json")) == before)
    }
  }

  @Test("names a run by its learning rate where that is not the protocol's, and trains with it")
  func learningRates() async throws {
    try await withFolder { folder in
      let url = file
      let cells = [nil, 0.05].map {
        TrainingSweep.Cell(protocolURL: url, estimator: "arm", seed: 4, learningRate: $0)
      }
      let sweep = TrainingSweep(
        cells: cells, folder: folder, jobs: 1, steps: 3, dataFolder: nil, command: [],
        provenance: TinyProtocol.provenance)
      #expect(sweep.cellNames == ["digits-linear-arm-seed-4", "digits-linear-arm-rate-0.05-seed-4"])
      let index = try await complete(sweep)
      #expect(Set(index.runs.map(\.learningRate)) == [1e-3, 0.05])
      #expect(Set(index.runs.map(\.last?.bound)).count == 2)
      #expect(index.runs.allSatisfy { $0.steps == 3 && $0.step == 3 })
    }
  }

  @Test("goes on with the others where a run's loss is no longer finite, and says why it failed")
  func divergence() async throws {
    try await withFolder { folder in
      let sweep = try sweep(["arm", "loorf:2"], jobs: 1, folder: folder)
      await #expect(throws: TrainingError.self) { _ = try await complete(sweep, stopAfter: 1) }
      // The first run has a checkpoint of its first step; what it goes on from is no number.
      let run = RunDirectory(folder.appending(path: sweep.cellNames[0]))
      var checkpoint = try Safetensors([UInt8](try Data(contentsOf: run.checkpointFile)))
      let place = try #require(checkpoint.tensors.firstIndex { $0.name == "decoder.0.bias" })
      let bias = checkpoint.tensors[place]
      checkpoint.tensors[place] = NamedTensor(
        name: bias.name, shape: bias.shape, values: .float([Float](repeating: .nan, count: 64)))
      try Data(checkpoint.encoded()).write(to: run.checkpointFile)
      let index = try await complete(sweep)
      #expect(
        Dictionary(uniqueKeysWithValues: index.runs.map { ($0.estimator, $0.state) }) == [
          "arm": .failed, "loorf:2": .finished,
        ])
      #expect(index.runs.first { $0.estimator == "arm" }?.failure?.contains("not finite") == true)
      #expect(index.groups.first { $0.estimator == "arm" }?.failed == 1)
    }
  }

  @Test("refuses an unknown estimator, a protocol that is none and a foreign folder before any run starts")
  func refusals() async throws {
    try await withFolder { folder in
      let bad = try sweep(["arm", "armm"], jobs: 1, folder: folder)
      await #expect(throws: TrainingError.self) { _ = try await complete(bad) }
      #expect(!FileManager.default.fileExists(atPath: folder.path))
      let missing = TrainingSweep(
        cells: [.init(protocolURL: folder.appending(path: "none.yaml"), estimator: "arm", seed: 1)],
        folder: folder,
        jobs: 1, dataFolder: nil, command: [], provenance: TinyProtocol.provenance)
      await #expect(throws: TrainingError.self) { _ = try await complete(missing) }
      #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
  }

  @Test("does not start in a folder that another one writes, and says who does")
  func locked() async throws {
    try await withFolder { folder in
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let sweep = try sweep(["arm"], jobs: 1, folder: folder)
      let holder = SweepHolder(process: 4711, host: SweepHolder.current().host, since: "2026-01-02T03:04:05Z")
      let lock = try SweepLock.take(folder, for: holder)
      for resume in [nil, false, true] {
        do {
          if let resume { _ = try await sweep.run(resume: resume) } else { _ = try await complete(sweep) }
          Issue.record("two sweeps in one folder")
        } catch {
          let text = "\(error)"
          #expect(text.contains("process 4711 on host") && text.contains("2026-01-02T03:04:05Z"), "\(text)")
        }
      }
      withExtendedLifetime(lock) {}
    }
  }

  @Test("takes over from a process that was killed, and believes the name of another machine")
  func staleLocks() async throws {
    try await withFolder { folder in
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let file = folder.appending(path: "sweep.lock")
      let sweep = try sweep(["arm"], jobs: 1, folder: folder)
      let here = SweepHolder(process: 4711, host: SweepHolder.current().host, since: "2026-01-02T03:04:05Z")
      try RunCoding.line(here).write(to: file)
      let outcome = try await sweep.complete()
      #expect(outcome.previousHolder == here)
      #expect(try Data(contentsOf: file).isEmpty)
      #expect(try await sweep.complete().previousHolder == nil)
      let elsewhere = SweepHolder(process: 1, host: "another-machine", since: "2026-01-02T03:04:05Z")
      try RunCoding.line(elsewhere).write(to: file)
      do {
        _ = try await sweep.complete()
        Issue.record("a lock of another machine was ignored")
      } catch {
        #expect(
          "\(error)".contains("process 1 on host another-machine") && "\(error)".contains("remove this file"))
      }
      #expect(try JSONDecoder().decode(SweepHolder.self, from: Data(contentsOf: file)) == elsewhere)
    }
  }

  @Test("ends with the error of the cell that fails")
  func failure() async throws {
    try await withFolder { folder in
      let sweep = try sweep(["arm", "armm"], jobs: 1, folder: folder)
      await #expect(throws: TrainingError.self) { _ = try await sweep.run(resume: false) }
    }
  }

  @Test("does not remove a folder that is no run")
  func foreignFolder() async throws {
    try await withFolder { folder in
      let foreign = folder.appendingPathComponent("digits-linear-arm-seed-4")
      try FileManager.default.createDirectory(at: foreign, withIntermediateDirectories: true)
      try Data("x".utf8).write(to: foreign.appendingPathComponent("precious"))
      let sweep = try sweep(["arm"], jobs: 1, folder: folder)
      await #expect(throws: TrainingError.self) { _ = try await sweep.run(resume: false) }
      #expect(FileManager.default.fileExists(atPath: foreign.appendingPathComponent("precious").path))
    }
  }
}
