import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite("Runs survive signals", .serialized, .timeLimit(.minutes(3)))
struct KillTests {
  @Test(
    "Killed at random moments, each after a new checkpoint, and resumed from it with another number of threads, a run ends with the same bits"
  )
  func killAndResume() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("frequent.yaml")
      try FrequentCheckpoints.text(interval: 10, ["samples: 100": "samples: 2"]).write(
        to: file, atomically: true, encoding: .utf8)
      func arguments(_ output: URL, threads: Int) -> [String] {
        [
          "train", file.path, "--steps", "300", "--seed", "3", "--threads", "\(threads)", "--resume",
          "--output", output.path,
        ]
      }
      let whole = folder.appendingPathComponent("whole")
      let duration = try ContinuousClock().measure {
        let outcome = try CommandRunner.run(arguments(whole, threads: 1))
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      let killed = folder.appendingPathComponent("killed")
      var beginnings: [Data] = []
      var last = 0
      while beginnings.count < 3 {
        let (process, _, _) = try CommandRunner.process(
          arguments(killed, threads: 1 + beginnings.count % 2), in: folder)
        try process.run()
        while process.isRunning, try CheckpointHeader(of: killed)?.step ?? 0 <= last { usleep(5_000) }
        Thread.sleep(forTimeInterval: Double.random(in: 0...0.1) * (duration / .seconds(1)))
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        if process.terminationReason == .uncaughtSignal {
          let step = try #require(try CheckpointHeader(of: killed)).step
          #expect(step > last)
          last = step
          beginnings.append(try Self.timing(of: killed, through: step))
        } else {
          // It ended sooner than the signal came: once more from the start.
          #expect(process.terminationStatus == 0)
          try FileManager.default.removeItem(at: killed)
          (beginnings, last) = ([], 0)
        }
      }
      let outcome = try CommandRunner.run(arguments(killed, threads: 2))
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try RunBytes(killed) == RunBytes(whole))
      // Times to the nanosecond do not come twice: those of steps before a checkpoint are there because no step was repeated.
      let times = try Data(contentsOf: killed.appendingPathComponent("timing.jsonl"))
      for beginning in beginnings {
        #expect(!beginning.isEmpty && times.starts(with: beginning), "a run went on from an earlier step")
      }
    }
  }

  /// The lines of a run's times up to `step`.
  private static func timing(of run: URL, through step: Int) throws -> Data {
    let text = try String(contentsOf: run.appendingPathComponent("timing.jsonl"), encoding: .utf8)
    let end = try #require(text.range(of: "\"step\":\(step),"), "no time of step \(step)")
    return Data(try text[..<#require(text[end.upperBound...].range(of: "\n")).upperBound].utf8)
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
