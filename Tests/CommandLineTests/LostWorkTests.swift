import Foundation
import Testing

/// What cannot go on stops with one line, and with the work that was done.
@Suite("A run that cannot go on", .timeLimit(.minutes(2)))
struct LostWorkTests {
  private static let checkpoint = "checkpoint.safetensors"

  /// A protocol of `folder` with a checkpoint every twenty steps, and the arguments of its runs.
  private func frequentCheckpoints(in folder: URL) throws -> (URL) -> [String] {
    let file = folder.appendingPathComponent("frequent.yaml")
    try FrequentCheckpoints.text(interval: 20).write(to: file, atomically: true, encoding: .utf8)
    return { ["train", file.path, "--steps", "240", "--resume", "--output", $0.path] }
  }

  /// Starts a run and stops it by SIGTERM when its first checkpoint is there; again if it ended sooner than the signal.
  private func begin(_ run: URL, _ arguments: [String], in folder: URL) throws {
    let checkpoint = run.appendingPathComponent(Self.checkpoint).path
    var status: Int32 = 0
    while status == 0 {
      try? FileManager.default.removeItem(at: run)
      let (process, _, _) = try CommandRunner.process(arguments, in: folder)
      try process.run()
      while process.isRunning && !FileManager.default.fileExists(atPath: checkpoint) { usleep(5_000) }
      process.terminate()
      process.waitUntilExit()
      status = process.terminationStatus
    }
    #expect(status == 143)
  }

  #if os(Linux)
    @Test("on a full disk keeps its last checkpoint, and ends with the same bits when there is room again")
    func fullDisk() throws {
      try CommandRunner.withTemporaryFolder { folder in
        let arguments = try frequentCheckpoints(in: folder)
        let (whole, run) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("run"))
        #expect(try CommandRunner.run(arguments(whole)).status == 0)
        try begin(run, arguments(run), in: folder)
        let kept = try Data(contentsOf: run.appendingPathComponent(Self.checkpoint))

        // A file is written beside its place and then renamed; here that goes to the device that is always full.
        func fillDisk(under name: String) throws {
          try FileManager.default.createSymbolicLink(
            atPath: run.appendingPathComponent(".\(name).partial").path, withDestinationPath: "/dev/full")
        }
        try fillDisk(under: Self.checkpoint)
        expectBadInput(
          try CommandRunner.run(arguments(run)), naming: [Self.checkpoint, "space", "--resume"])
        #expect(try Data(contentsOf: run.appendingPathComponent(Self.checkpoint)) == kept)
        try fillDisk(under: "result.json")
        expectBadInput(try CommandRunner.run(arguments(run)), naming: ["result.json", "space", "--resume"])
        #expect(try CommandRunner.run(arguments(run)).status == 0)
        #expect(try RunBytes(run) == RunBytes(whole))
      }
    }
  #endif

  @Test("because a parameter is no number says where, exits with 1 and keeps its last checkpoint")
  func divergence() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let arguments = try frequentCheckpoints(in: folder)
      let run = folder.appendingPathComponent("run")
      try begin(run, arguments(run), in: folder)
      let file = run.appendingPathComponent(Self.checkpoint)
      let poisoned = try poison("decoder.0.bias", in: try Data(contentsOf: file))
      try poisoned.write(to: file)
      let outcome = try CommandRunner.run(arguments(run))
      #expect(outcome.status == 1)
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      for part in [
        run.path, "step ", "negative ELBO", "not finite", "checkpoint of step ", "--learning-rate",
      ] {
        #expect(outcome.errors.contains(part), "\(outcome.errors)")
      }
      #expect(try Data(contentsOf: file) == poisoned)
    }
  }

  /// A checkpoint whose tensor `name` starts with a number that is none.
  private func poison(_ name: String, in bytes: Data) throws -> Data {
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header = try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any]
    let tensor = try #require(header?[name] as? [String: Any])
    let place = try #require(tensor["data_offsets"] as? [Int])[0] + 8 + length
    var poisoned = bytes
    poisoned.replaceSubrange(place..<place + 4, with: [0, 0, 0xC0, 0x7F])
    return poisoned
  }
}

/// The digits' protocol with a checkpoint every few steps.
enum FrequentCheckpoints {
  static func text(interval: Int) throws -> String {
    let file = CommandRunner.root.appendingPathComponent("Fixtures/Protocols/digits-linear.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    let frequent = text.replacing("checkpointInterval: 1000", with: "checkpointInterval: \(interval)")
    #expect(frequent != text)
    return frequent
  }
}

/// What must be the same after any interruption.
struct RunBytes: Equatable {
  let files: [String: Data]

  init(_ run: URL) throws {
    let names = ["checkpoint.safetensors", "metrics.jsonl", "result.json"]
    files = try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: run.appendingPathComponent($0))) })
  }
}
