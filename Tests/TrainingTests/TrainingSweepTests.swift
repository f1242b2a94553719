import Foundation
import Testing

@testable import Training

@Suite("A sweep")
struct TrainingSweepTests {
  private func sweep(_ estimators: [String], jobs: Int, folder: URL) throws -> TrainingSweep {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Fixtures/Protocols/digits-linear.yaml")
    return TrainingSweep(
      cells: estimators.map { .init(protocolURL: file, estimator: $0, seed: 4) }, folder: folder, jobs: jobs,
      steps: 3, dataFolder: nil, command: [],
      provenance: ProvenanceFacts(
        revision: "test", treeState: .unknown,
        versions: .init(swift: "", gsl: "", oneDNN: "", kernelFamily: ""), cpu: ""))
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
