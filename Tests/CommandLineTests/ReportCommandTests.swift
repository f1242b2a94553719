import Foundation
import Testing

@Suite("armature report")
struct ReportCommandTests {
  @Test("It writes a report with its lock and its page from a run directory, and says where and what")
  func benchmark() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run").path
      let trained = try CommandRunner.run([
        "train", BadInputTests.protocolFile, "--steps", "20", "--output", run,
      ])
      #expect(trained.status == 0, "\(trained.errors)")
      let output = folder.appendingPathComponent("out").path
      let outcome = try CommandRunner.run([
        "report", run, "--kind", "benchmark", "--output", output, "--name", "digits", "--html",
        "--tensorboard",
      ])
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      #expect(outcome.output.hasPrefix("\(output)/digits.md: digits-linear: the lowest mean test bound"))
      for name in [
        "digits.md", "digits.html", "digits.lock.json", "figures/digits-training.dat", "tensorboard/run",
      ] {
        #expect(FileManager.default.fileExists(atPath: "\(output)/\(name)"), "\(name)")
      }
      let plan = try CommandRunner.run(["replay", "\(output)/digits.md", "--dry-run"])
      #expect(plan.status == 0 && plan.output.contains("run (20 steps)"), "\(plan.errors)")
    }
  }

  @Test(
    "Bad arguments and bad input end with status 2 and one line",
    arguments: [
      (["report"], ["expected stored results"]), (["report", "README.md"], ["--output"]),
      (["report", "README.md", "--output", "out-of-test"], ["README.md", "JSON"]),
      (["report", "no-such", "--output", "out-of-test"], ["no-such", "exists"]),
      (["report", "Fixtures", "--output", "out-of-test"], ["Fixtures", "run directory"]),
      (
        ["report", "Reports/accuracy.json", "--kind", "benchmark", "--output", "out-of-test"],
        ["run directories"]
      ),
      (
        ["report", "Reports/accuracy.json", "--kind", "novel", "--output", "out-of-test"],
        ["novel", "estimators"]
      ),
      (["report", "Reports/accuracy.json", "--tensorboard", "--output", "out-of-test"], ["--tensorboard"]),
      (["report", "Reports/accuracy.json", "--name", "a/b", "--output", "out-of-test"], ["--name a/b"]),
      (["report", "--index", "Fixtures/Digits", "--output", "out-of-test"], ["--index"]),
      (["report", "--index", "Sources"], ["Sources", "report"]),
    ])
  func badInput(arguments: [String], parts: [String]) throws {
    expectBadInput(try CommandRunner.run(arguments), naming: parts)
    #expect(
      !FileManager.default.fileExists(atPath: CommandRunner.root.appendingPathComponent("out-of-test").path))
  }
}
