import Foundation
import Testing

@Suite("The gate and the replay at the command line")
struct GateTests {
  private static let estimators = ["--estimator", "disarm", "--estimator", "loorf:2"]

  /// A folder with one problem, and a baseline of two estimators on it.
  private func withBaseline(_ body: (_ folder: URL, _ problems: String, _ baseline: URL) throws -> Void)
    throws
  {
    try CommandRunner.withTemporaryFolder { folder in
      let problems = folder.appendingPathComponent("problems")
      try FileManager.default.createDirectory(at: problems, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: CommandRunner.root.appendingPathComponent(BadInputTests.problem),
        to: problems.appendingPathComponent("problem.json"))
      let baseline = folder.appendingPathComponent("baseline.json")
      let outcome = try CommandRunner.run(
        ["baseline", "record", "--output", baseline.path, "--problems", problems.path] + Self.estimators)
      #expect(outcome.status == 0, "\(outcome.errors)")
      try body(folder, problems.path, baseline)
    }
  }

  @Test(
    "An untouched program exits with 0, a variance that was smaller with 1, with table, summary, JUnit and JSON"
  )
  func compare() throws {
    try withBaseline { folder, problems, baseline in
      let summary = folder.appendingPathComponent("summary.md")
      try Data("before\n".utf8).write(to: summary)
      let files = ["json", "junit", "markdown"].map { folder.appendingPathComponent($0).path }
      func compare() throws -> CommandOutcome {
        try CommandRunner.run(
          ["compare", baseline.path, "--problems", problems] + Self.estimators
            + zip(["--json", "--junit", "--markdown"], files).flatMap { [$0, $1] },
          environment: ["GITHUB_STEP_SUMMARY": summary.path, "ARMATURE_SEED": "entropy"])
      }
      let untouched = try compare()
      #expect(untouched.status == 0, "\(untouched.output) \(untouched.errors)")
      #expect(
        untouched.output.split(separator: "\n").last?.hasPrefix("PASS: 2 estimators on 1 problems") == true)
      let text = try String(contentsOf: baseline, encoding: .utf8)
      let start = try #require(text.range(of: "\"variance\":["))
      try Data(text.replacingCharacters(in: start, with: "\"variance\":[0.00001,").utf8).write(to: baseline)
      expectBadInput(try compare(), naming: ["baseline.json", "one number for each"])
      let end = try #require(text.range(of: ",", range: start.upperBound..<text.endIndex))
      let smaller = text.replacingCharacters(in: start.upperBound..<end.lowerBound, with: "0.00001")
      try Data(smaller.utf8).write(to: baseline)
      let worse = try compare()
      #expect(worse.status == 1 && worse.output.contains("worse: disarm (variance)"), "\(worse.output)")
      let written = try String(contentsOf: summary, encoding: .utf8)
      #expect(written.hasPrefix("before\n") && written.contains("PASS: 2") && written.contains("FAIL: 2"))
      #expect(try String(contentsOfFile: files[0], encoding: .utf8).contains("\"holds\" : false"))
      #expect(try String(contentsOfFile: files[1], encoding: .utf8).contains("failures=\"1\""))
      #expect(try String(contentsOfFile: files[2], encoding: .utf8).contains("| **worse** |"))
    }
  }

  @Test("Two recordings are compared without running anything")
  func recordings() throws {
    try withBaseline { _, _, baseline in
      let outcome = try CommandRunner.run(["compare", baseline.path, baseline.path])
      #expect(outcome.status == 0 && outcome.output.contains("none worse"), "\(outcome.errors)")
    }
  }

  @Test("Baselines that are missing, foreign or of other problems end with status 2, nothing overwritten")
  func badBaselines() throws {
    try withBaseline { folder, problems, baseline in
      expectBadInput(try CommandRunner.run(["compare", "none.json"]), naming: ["none.json", "record"])
      // The standard problems are others than the one that was recorded.
      expectBadInput(
        try CommandRunner.run(["compare", baseline.path]), naming: ["baseline.json", "problems"])
      let notes = folder.appendingPathComponent("notes.json")
      try Data("precious".utf8).write(to: notes)
      expectBadInput(
        try CommandRunner.run(["baseline", "record", "--output", notes.path]),
        naming: ["notes.json", "no baseline"])
      #expect(try String(contentsOf: notes, encoding: .utf8) == "precious")
      expectBadInput(try CommandRunner.run(["compare", notes.path]), naming: ["notes.json", "JSON"])
      expectBadInput(
        try CommandRunner.run(["baseline", "record", "--output", folder.path + "/none/b.json"]),
        naming: ["b.json"])
      expectBadInput(
        try CommandRunner.run(
          ["compare", baseline.path, "--problems", problems, "--estimator", "disram"]),
        naming: ["disram", "disarm"])
      expectBadInput(
        try CommandRunner.run(["compare", baseline.path, "--junit", folder.path + "/none/j.xml"]),
        naming: ["j.xml"])
    }
  }

  @Test("A report without its lock, and a report that is not there, end with status 2")
  func badReports() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let report = folder.appendingPathComponent("report.md")
      try Data("# Report\n".utf8).write(to: report)
      expectBadInput(
        try CommandRunner.run(["replay", report.path]), naming: ["report.md", "report.lock.json"])
      expectBadInput(try CommandRunner.run(["replay", "none.md"]), naming: ["none.md"])
      try Data("{\"schema\": \"armature.report-lock/2\"}".utf8)
        .write(to: folder.appendingPathComponent("report.lock.json"))
      expectBadInput(try CommandRunner.run(["replay", report.path]), naming: ["report.lock.json", "newer"])
      expectBadInput(try CommandRunner.run(["replay", report.path, "--jobs", "0"]), naming: ["--jobs"])
    }
  }
}
