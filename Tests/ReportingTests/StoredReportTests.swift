import ExactExpectations
import Foundation
import GradientEstimators
import Testing

@testable import Reporting
@testable import Verification

@Suite("Reports from stored results alone")
struct StoredReportTests {
  private func settings(_ output: String, html: Bool = false, tensorBoard: Bool = false)
    -> StoredReportSettings
  {
    StoredReportSettings(
      command: "./armature report results --output Reports", output: output, gnuplot: .find("gnuplot"),
      html: html,
      tensorBoard: tensorBoard, licence: "A licence")
  }

  private func files(_ folder: String) throws -> [String: Data] {
    let found = try #require(FileManager.default.enumerator(atPath: folder))
    var files: [String: Data] = [:]
    for case let name as String in found where !FileManager.default.fileExists(atPath: "\(folder)/\(name)/.")
    {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    return files
  }

  /// Writes the report twice, into two folders, and returns the files, which must be the same.
  private func writeTwice(_ inputs: [String], in folder: TemporaryFolder) throws -> [String: Data] {
    let written = try ["first", "second"].map { name in
      let report = try StoredReport(inputs)
      _ = try report.write(
        settings(folder.file(name), html: true, tensorBoard: report.kind == .benchmark))
      return try files(folder.file(name))
    }
    #expect(written[0] == written[1], "the same input gives the same bytes")
    return written[0]
  }

  private func text(_ files: [String: Data], _ name: String) throws -> String {
    String(decoding: try #require(files[name]), as: UTF8.self)
  }

  private func writeRuns(in folder: TemporaryFolder) throws {
    for (estimator, shift) in [("arm", 0.0), ("disarm", -0.5)] {
      for seed in 1...3 {
        let bounds = [(step: 1000, bound: 140.0), (step: 2000, bound: 130 + shift + Double(seed) / 10)]
        _ = try SyntheticRun(estimator: estimator, seed: UInt64(seed), bounds: bounds).write(in: folder)
      }
    }
  }

  @Test("Run directories, one by one or by their folder, give a benchmark report, the same bytes twice")
  func benchmark() throws {
    let folder = try TemporaryFolder()
    let runs = try TemporaryFolder()
    try writeRuns(in: runs)
    let written = try writeTwice([runs.path], in: folder)
    let names = [
      "benchmark.md", "benchmark.html", "benchmark.lock.json", "figures/benchmark-training.dat",
      "tensorboard/mnist-static-linear-arm-1/events.out.tfevents.1767323045.armature",
    ]
    for name in names { #expect(written[name] != nil, "\(name)") }
    let report = try text(written, "benchmark.md")
    for part in [
      "`0123456789abcdef` (clean)", "2026-01-02T03:04:05Z", "./armature report results --output Reports",
      "Test CPU",
      "x86-64", "no difference shown", "not stated by the input",
    ] { #expect(report.contains(part), "\(part)") }
    #expect(!report.contains(runs.path) && !report.contains("/tmp"))
    let single = try StoredReport(
      try FileManager.default.contentsOfDirectory(atPath: runs.path).map { runs.file($0) })
    _ = try single.write(settings(folder.file("single")))
    #expect(try files(folder.file("single"))["benchmark.md"] == written["benchmark.md"])
    let lock = try ReportLock.load(report: folder.file("first/benchmark.md"))
    #expect(lock.reportIsIntact && lock.lock.files.count { $0.name.hasPrefix("metrics: ") } == 6)
    #expect(lock.lock.machine.architecture == "x86-64")
  }

  @Test(
    "A verification's JSON gives the verification report, with where it was computed (false alarms: at most 1e-6)"
  )
  func verification() async throws {
    let folder = try TemporaryFolder()
    let problem = try Problem(
      name: "two bits", latent: .binary(logits: [0.3, -1.2]),
      objective: .table(values: [1.9, -0.6, 0.4, 3.1]))
    let result = try await Battery(problems: [problem], settings: VerificationSettings(seed: 1, draws: 256))
      .run(estimators: [try EstimatorCatalogue.make("arm")])
    let mutant = MutationResult.Report(
      name: "arm-sign", base: "arm", fault: "sign", isCaught: true, caughtBy: [.floatPath], relativeBias: 2,
      draws: 73, drawsCheck: .floatPath, drawsProblem: nil)
    let encoder = JSONEncoder()
    let stored = StoredVerification(result, context: fixedContext(output: ""))
    let json = String(decoding: try encoder.encode(stored), as: UTF8.self)
    let mutants = String(
      decoding: try encoder.encode(MutationResult(settings: result.settings, mutants: [mutant])),
      as: UTF8.self)
    let inputs = [try folder.write(json, to: "v.json"), try folder.write(mutants, to: "m.json")]
    let written = try writeTwice(inputs, in: folder)
    let report = try text(written, "verification.md")
    for part in [
      "PASS: 1 estimators on 1 problems", "`0123456789abcdef` (clean)", "Test CPU, 2 cores", "arm-sign",
    ] {
      #expect(report.contains(part), "\(part)")
    }
    #expect(!report.contains("## Exact variances"))
    // What older versions wrote states no provenance, and the report says so.
    let bare = try folder.write(String(decoding: try encoder.encode(result), as: UTF8.self), to: "bare.json")
    _ = try StoredReport([bare], kind: .verification).write(settings(folder.file("bare")))
    #expect(try folder.text("bare/verification.md").contains("unknown: not stated by the input"))
  }

  @Test("The committed accuracy.json gives the report on gradient accuracy, the same bytes twice")
  func accuracy() throws {
    let folder = try TemporaryFolder()
    let committed = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Reports/accuracy.json").standardizedFileURL.path
    let written = try writeTwice([committed], in: folder)
    let report = try text(written, "accuracy.md")
    #expect(report.contains("280 of 280 cells agree with the published values ("))
    let lock = try ReportLock.load(report: folder.file("first/accuracy.md")).lock
    guard case .accuracy(let recipe) = lock.recipe else { return #expect(Bool(false), "another recipe") }
    #expect(recipe.samples == 20_000 && recipe.estimators.contains("psa"))
    #expect(lock.cells.contains { $0.name == "cosine similarity/psa/layer 0/M = 1" })
  }

  @Test("A recording of the estimators gives their biases, variances and costs")
  func estimators() throws {
    let folder = try TemporaryFolder()
    let problem = Baseline.ProblemEntry(name: "two | bits", sha256: String(repeating: "a", count: 64))
    let record = Baseline.Record(
      problem: problem.name, state: "initial", evaluations: 2, gradient: [3, 4], size: 1,
      exact: .init(mean: [3, 4.5], variance: [0.25, 0.5]), sampled: nil, note: nil,
      golden: .init(float: "a", double: "b"))
    let baseline = Baseline(
      program: .init(
        revision: "0123456789abcdef, modified", recorded: "2026-01-02T03:04:05Z", processor: "Test CPU",
        architecture: "x86-64", kernelFamily: "armature-1", vectors: "avx2", compiler: "Swift 6.3",
        toolchain: "Swift version 6.3.1",
        optimised: true),
      problems: [problem], falseAlarmRate: 1e-6,
      estimators: [.init(name: "arm", instructions: .init(draw: 1000, combine: 234), records: [record])],
      timing: [.init(estimator: "arm", nanosecondsPerDraw: 40)])
    let path = try folder.write(try baseline.text(), to: "baseline.json")
    let report = try text(try writeTwice([path], in: folder), "recording.md")
    // The bias is 0.5 of a gradient of norm 5, the variance 0.75.
    for part in [
      "|                  0.10 |", "1,234", "|    0.750 |", "|          1.50 |", "|            30.0 |",
      "with changes that are not committed",
    ] { #expect(report.contains(part), "\(part) is missing in:\n\(report)") }
  }

  @Test("Input of no kind, of two kinds, of another kind, or missing is one line, and nothing is written")
  func badInput() throws {
    let folder = try TemporaryFolder()
    let runs = try TemporaryFolder()
    try writeRuns(in: runs)
    let mutants = try folder.write(
      #"{"settings": {"alpha": 1e-6, "seed": 1, "draws": 5, "generators": ["philox"], "falsePassRate": 1e-6}, "mutants": []}"#,
      to: "m.json")
    let other = try folder.write(#"{"schema": "armature.result/1"}"#, to: "other.json")
    let broken = try folder.write(#"{"schema": "armature.accuracy/1"}"#, to: "broken.json")
    let empty = try TemporaryFolder()
    try empty.write("", to: "notes.txt")
    func expectRefusal(_ inputs: [String], kind: StoredReportKind? = nil, naming part: String) {
      #expect {
        _ = try StoredReport(inputs, kind: kind).write(settings(folder.file("out")))
      } throws: {
        let line = "\($0)"
        return line.contains(part) && !line.contains("\n")
      }
    }
    expectRefusal([folder.file("none")], naming: "none: the input: expected a file or a folder that exists")
    expectRefusal([other], naming: "not armature.result/1")
    expectRefusal([broken], naming: "broken.json: top level: expected the key")
    expectRefusal([empty.path], naming: "expected a run directory")
    expectRefusal([mutants, runs.path], naming: "results of kind benchmark")
    expectRefusal([runs.path], kind: .accuracy, naming: "expected accuracy.json")
    expectRefusal([mutants], naming: "0 verifications and 1 runs of mutants")
    expectRefusal([runs.path, runs.path], naming: "is also of mnist-static-linear")
    #expect(!folder.exists("out"))
  }
}
