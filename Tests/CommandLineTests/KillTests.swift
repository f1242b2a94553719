import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite("Runs survive signals", .serialized, .timeLimit(.minutes(3)))
struct KillTests {
  static let arguments = ["train", "Fixtures/Protocols/digits-linear.yaml", "--steps", "240", "--seed", "3"]

  @Test("Killed at random moments and resumed with another number of threads, a run ends with the same bits")
  func killAndResume() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let whole = folder.appendingPathComponent("whole")
      let clock = ContinuousClock()
      let uninterrupted = try clock.measure {
        let outcome = try CommandRunner.run(Self.arguments + ["--threads", "1", "--output", whole.path])
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      let killed = folder.appendingPathComponent("killed")
      var kills = 0
      for attempt in 0..<4 {
        let (process, _, _) = try CommandRunner.process(
          Self.arguments + ["--threads", "\(1 + attempt % 2)", "--resume", "--output", killed.path],
          in: folder)
        try process.run()
        Thread.sleep(forTimeInterval: Double.random(in: 0.02...0.8) * (uninterrupted / .seconds(1)))
        if process.isRunning { kills += kill(process.processIdentifier, SIGKILL) == 0 ? 1 : 0 }
        process.waitUntilExit()
      }
      let last = try CommandRunner.run(
        Self.arguments + ["--threads", "2", "--resume", "--output", killed.path])
      #expect(last.status == 0, "\(last.errors)")
      #expect(try RunBytes(killed) == RunBytes(whole), "after \(kills) kills")
    }
  }

  @Test(
    "SIGINT and SIGTERM end a run with status 130 and 143, a checkpoint and one line",
    arguments: [SIGINT, SIGTERM])
  func signals(number: Int32) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run")
      let (process, _, errors) = try CommandRunner.process(
        ["train", "Fixtures/Protocols/digits-linear.yaml", "--steps", "1000000", "--output", run.path],
        in: folder)
      try process.run()
      // Not before a line of timing: a run that has made no step has nothing to keep.
      let timing = run.appendingPathComponent("timing.jsonl")
      while process.isRunning && (try? Data(contentsOf: timing))?.isEmpty ?? true { usleep(20_000) }
      kill(process.processIdentifier, number)
      process.waitUntilExit()
      #expect(process.terminationStatus == 128 + number)
      let text = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
      #expect(text.split(separator: "\n").count == 1, "\(text)")
      #expect(text.contains("--resume"))
      #expect(
        FileManager.default.fileExists(atPath: run.appendingPathComponent("checkpoint.safetensors").path))
    }
  }
}
