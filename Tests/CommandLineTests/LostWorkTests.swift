import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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

  #if os(Linux)
    @Test("on a full disk keeps its last checkpoint, and ends with the same bits when there is room again")
    func fullDisk() throws {
      try CommandRunner.withTemporaryFolder { folder in
        let arguments = try frequentCheckpoints(in: folder)
        let (whole, run) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("run"))
        #expect(try CommandRunner.run(arguments(whole)).status == 0)
        try RunBeginning.make(run, arguments(run), in: folder)
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

    @Test(
      "on a full disk that is killed as well keeps its last checkpoint, and ends with the same bits later")
    func killedOnFullDisk() throws {
      try CommandRunner.withTemporaryFolder { folder in
        let arguments = try frequentCheckpoints(in: folder)
        let (whole, run) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("run"))
        #expect(try CommandRunner.run(arguments(whole)).status == 0)
        try RunBeginning.make(run, arguments(run), in: folder)
        let kept = try Data(contentsOf: run.appendingPathComponent(Self.checkpoint))
        let partial = run.appendingPathComponent(".\(Self.checkpoint).partial")
        let clock = ContinuousClock()
        var (duration, kills) = (Duration.zero, 0)
        // The first one ends by itself, which says when to kill the others.
        while kills < 2 {
          try? FileManager.default.removeItem(at: partial)
          try FileManager.default.createSymbolicLink(
            atPath: partial.path, withDestinationPath: "/dev/full")
          let (process, _, _) = try CommandRunner.process(arguments(run), in: folder)
          let start = clock.now
          try process.run()
          if duration > .zero {
            Thread.sleep(forTimeInterval: Double.random(in: 0.3...1) * (duration / .seconds(1)))
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
          }
          process.waitUntilExit()
          if process.terminationReason == .uncaughtSignal {
            kills += 1
          } else {
            #expect(process.terminationStatus == 2)
            duration = clock.now - start
          }
          #expect(try Data(contentsOf: run.appendingPathComponent(Self.checkpoint)) == kept)
        }
        try? FileManager.default.removeItem(at: partial)
        #expect(try CommandRunner.run(arguments(run)).status == 0)
        #expect(try RunBytes(run) == RunBytes(whole))
      }
    }

    @Test("a sweep whose index finds no room keeps the one it has, and goes on when there is room again")
    func fullDiskOfSweep() throws {
      try CommandRunner.withTemporaryFolder { folder in
        let file = folder.appendingPathComponent("frequent.yaml")
        try FrequentCheckpoints.text(interval: 20).write(to: file, atomically: true, encoding: .utf8)
        let sweep = folder.appendingPathComponent("sweep")
        func arguments(_ seeds: String) -> [String] {
          ["sweep", file.path, "--steps", "20", "--seeds", seeds, "--output", sweep.path]
        }
        #expect(try CommandRunner.run(arguments("1")).status == 0)
        let index = sweep.appendingPathComponent("index.json")
        let kept = try Data(contentsOf: index)
        try FileManager.default.createSymbolicLink(
          atPath: sweep.appendingPathComponent(".index.json.partial").path, withDestinationPath: "/dev/full")
        expectBadInput(try CommandRunner.run(arguments("1-2")), naming: [index.path, "space"])
        #expect(try Data(contentsOf: index) == kept)
        #expect(try CommandRunner.run(arguments("1-2")).status == 0)
        #expect(try Data(contentsOf: index) != kept)
      }
    }
  #endif

  /// A small model, so that the lines come to the limit before the checkpoint does.
  @Test(
    "that finds no room for a line of metrics or of times keeps its last checkpoint, and ends with the same bits later",
    arguments: [("metrics.jsonl", "1", 20), ("timing.jsonl", "1000", 1)])
  func noRoomForLine(name: String, metricsInterval: String, checkpointInterval: Int) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("small.yaml")
      try FrequentCheckpoints.text(
        interval: checkpointInterval,
        [
          "latents: 32": "latents: 1", "samples: 100": "samples: 2",
          "metricsInterval: 50": "metricsInterval: \(metricsInterval)",
        ]
      ).write(to: file, atomically: true, encoding: .utf8)
      func arguments(_ output: URL) -> [String] {
        ["train", file.path, "--steps", "130", "--resume", "--output", output.path]
      }
      let (whole, run) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("run"))
      #expect(try CommandRunner.run(arguments(whole)).status == 0)
      let blocks = 12
      let outcome = try CommandRunner.run(arguments(run), launcher: Refusal.toWriteBeyond(blocks: blocks))
      expectBadInput(outcome, naming: [run.path + "/" + name, "cannot be written", "--resume"])
      // The last line is cut off, at which the room ended.
      let lines = try Data(contentsOf: run.appendingPathComponent(name))
      #expect(lines.count == 512 * blocks && lines.last != UInt8(ascii: "\n"))
      #expect(try #require(try CheckpointHeader(of: run)).step >= 20)
      #expect(try CommandRunner.run(arguments(run)).status == 0)
      #expect(try RunBytes(run) == RunBytes(whole))
    }
  }

  @Test("because a parameter is no number says where, exits with 1 and keeps its last checkpoint")
  func divergence() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let arguments = try frequentCheckpoints(in: folder)
      let run = folder.appendingPathComponent("run")
      try RunBeginning.make(run, arguments(run), in: folder)
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
    let place = try #require(try CheckpointHeader(bytes).places[name])
    var poisoned = bytes
    poisoned.replaceSubrange(place..<place + 4, with: [0, 0, 0xC0, 0x7F])
    return poisoned
  }

  /// Four layers without a bound on their gradients, by steps that are far too large: the loss grows by many orders of
  /// magnitude in each of a few steps.
  @Test(
    "because it diverges, in a step or in an evaluation, says at which step, and keeps its last good checkpoint",
    arguments: [("3", "the negative ELBO"), ("1", "the bound of image")])
  func divergenceOfItself(evaluationInterval: String, cause: String) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("diverging.yaml")
      let adam = "  adamBeta1: 0.9\n  adamBeta2: 0.999\n  adamEpsilon: 1e-7\n"
      try FrequentCheckpoints.text(
        interval: 3,
        [
          "decoderHidden: []": "decoderHidden: [32, 32, 32]", "learningRate: 1e-3": "learningRate: 10",
          adam: "  momentum: 0.99\n", "metricsInterval: 50": "metricsInterval: 1",
          "  interval: 1000": "  interval: \(evaluationInterval)", "samples: 100": "samples: 2",
        ]
      ).write(to: file, atomically: true, encoding: .utf8)
      func arguments(_ output: URL, steps: Int) -> [String] {
        ["train", file.path, "--steps", "\(steps)", "--output", output.path]
      }
      let (run, good) = (folder.appendingPathComponent("run"), folder.appendingPathComponent("good"))
      let outcome = try CommandRunner.run(arguments(run, steps: 200))
      #expect(outcome.status == 1)
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      let line = try Regex(
        "armature: (.*): step ([0-9]+): (.*) is not finite; the checkpoint of step ([0-9]+) is kept; .*")
      let found = try #require(try line.firstMatch(in: outcome.errors)?.output, "\(outcome.errors)")
      #expect(
        found[1].substring.map { $0 == run.path } == true && found[3].substring?.hasPrefix(cause) == true)
      let step = try #require(found[2].substring.flatMap { Int($0) })
      let kept = try #require(found[4].substring.flatMap { Int($0) })
      #expect(kept > 0 && kept < step)
      #expect(!FileManager.default.fileExists(atPath: run.appendingPathComponent("result.json").path))

      // The same run, ended before: what it wrote is what was kept, and can be evaluated.
      #expect(try CommandRunner.run(arguments(good, steps: kept)).status == 0)
      let checkpoint = try Data(contentsOf: run.appendingPathComponent(Self.checkpoint))
      #expect(try checkpoint == Data(contentsOf: good.appendingPathComponent(Self.checkpoint)))
      #expect(try CommandRunner.run(["evaluate", run.path]).status == 0)

      // Going on comes to the same end, and takes nothing away.
      let again = try CommandRunner.run(arguments(run, steps: 200) + ["--resume"])
      #expect(again.status == 1 && again.errors == outcome.errors)
      #expect(try Data(contentsOf: run.appendingPathComponent(Self.checkpoint)) == checkpoint)
    }
  }
}

/// Runs that were stopped.
enum RunBeginning {
  /// Starts a run and stops it by SIGTERM when its first checkpoint is there; again if it ended sooner than the signal.
  static func make(_ run: URL, _ arguments: [String], in folder: URL) throws {
    let checkpoint = run.appendingPathComponent("checkpoint.safetensors").path
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
}

/// The digits' protocol with a checkpoint every few steps.
enum FrequentCheckpoints {
  /// With the values of other keys replaced too: `changes` are pieces of the text and what stands for them.
  static func text(interval: Int, _ changes: KeyValuePairs<String, String> = [:]) throws -> String {
    let file = CommandRunner.root.appendingPathComponent("Fixtures/Protocols/digits-linear.yaml")
    var text = try String(contentsOf: file, encoding: .utf8)
    for (old, new) in [("checkpointInterval: 1000", "checkpointInterval: \(interval)")] + Array(changes) {
      try #require(text.contains(old), "\(old)")
      text = text.replacing(old, with: new)
    }
    return text
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
