import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The program to run long tests with.
private let longTestProgram = ProcessInfo.processInfo.environment["ARMATURE_LONG_TESTS"]

private func parsed<Value>(_ type: Value.Type, _ json: Data) throws -> Value {
  try #require(try JSONSerialization.jsonObject(with: json) as? Value)
}

/// What a run directory says of a short training run, in nats.
private struct TrainedBriefly {
  /// The training objective in the first record, and over the last 200 steps.
  let first, last: Double
  /// The last evaluated bound.
  let bound: Double

  /// Losses of classes are a hundred times smaller than those of pixels.
  var margin: Double { min(0.5, 0.1 * first) }

  init(_ folder: URL) throws {
    let metrics = try String(contentsOf: folder.appendingPathComponent("metrics.jsonl"), encoding: .utf8)
    let lines = metrics.split(separator: "\n").filter { $0.contains("\"training\"") }
    let result = try parsed(
      [String: Any].self, Data(contentsOf: folder.appendingPathComponent("result.json")))
    let record = try parsed([String: Any].self, Data(try #require(lines.first).utf8))
    first = try #require(record["negativeELBO"] as? Double)
    last = try #require(result["trainNegativeELBO"] as? Double)
    let evaluations = try #require(result["evaluations"] as? [[String: Any]])
    bound = try #require(evaluations.last?["bound"] as? Double)
  }
}

/// Tests that take minutes, for a release build: `ARMATURE_LONG_TESTS` names the `armature` program to run them with, and
/// `ARMATURE_DATA` the folder of the data.
@Suite("Long tests", .enabled(if: longTestProgram != nil))
struct LongTests {
  /// Data sets that are not free to be carried along, and what trains in their place: another reduction of the same drawings.
  private static let standIns = ["omniglot": "omniglot-area"]

  @Test("Every protocol trains 1,000 steps with falling loss, on a stand-in where its own data are not here")
  func protocols() throws {
    let list = try parsed([[String: Any]].self, Data(try run(["protocols", "--json"]).utf8))
    let sets = try parsed([[String: Any]].self, Data(try run(["data", "list", "--json"]).utf8))
    let ready = Set(sets.filter { $0["ready"] as? Bool == true }.compactMap { $0["name"] as? String })
    #expect(list.count >= 2)
    for entry in list {
      let name = try #require(entry["name"] as? String)
      let set = try #require(entry["dataSet"] as? String)
      try CommandRunner.withTemporaryFolder { folder in
        let source = try ready.contains(set) ? name : standIn(for: name, set: set, in: folder).path
        let trained = try TrainedBriefly(try train(source, steps: 1000, in: folder))
        print("\(name): \(trained.first) nats in the first record, \(trained.last) in the last 200 steps")
        if trained.last < trained.first - trained.margin { return }
        // The first record is a mean over up to all 1,000 steps. Where most of the fall comes later, bounds on equal images tell.
        let untrained = try TrainedBriefly(try train(source, steps: 1, in: folder))
        print("\(name): bounds of \(untrained.bound) nats after one step, \(trained.bound) after 1,000")
        #expect(trained.bound < untrained.bound - trained.margin, "\(name)")
      }
    }
  }

  private func train(_ source: String, steps: Int, in folder: URL) throws -> URL {
    let output = folder.appendingPathComponent("run of \(steps)")
    _ = try run(["train", source, "--steps", "\(steps)", "--output", output.path])
    return output
  }

  @Test(
    "Killed sixty times at random moments, a run with checkpoints every ten steps ends with the same bits")
  func kills() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("frequent.yaml")
      try FrequentCheckpoints.text(interval: 10).write(to: file, atomically: true, encoding: .utf8)
      func arguments(_ output: URL, seed: Int, threads: Int) -> [String] {
        [
          "train", file.path, "--steps", "4000", "--seed", "\(seed)", "--threads", "\(threads)", "--resume",
          "--output", output.path,
        ]
      }
      var (kills, withinWrites, seed) = (0, 0, 0)
      while kills < 60 {
        seed += 1
        let (whole, killed) = (
          folder.appendingPathComponent("whole \(seed)"), folder.appendingPathComponent("killed \(seed)")
        )
        let duration = try ContinuousClock().measure { _ = try run(arguments(whole, seed: seed, threads: 1)) }
        var isFinished = false
        while !isFinished {
          let process = try start(arguments(killed, seed: seed, threads: 1 + kills % 2))
          if kills < 60 {
            Thread.sleep(forTimeInterval: Double.random(in: 0...0.3) * (duration / .seconds(1)))
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
          }
          process.waitUntilExit()
          kills += process.terminationReason == .uncaughtSignal ? 1 : 0
          let names = (try? FileManager.default.contentsOfDirectory(atPath: killed.path)) ?? []
          withinWrites += names.contains { $0.hasSuffix(".partial") } ? 1 : 0
          isFinished = names.contains("result.json")
        }
        #expect(try RunBytes(killed) == RunBytes(whole), "seed \(seed), after \(kills) kills")
      }
      print("\(kills) kills of \(seed) runs, \(withinWrites) of them while a file was being written")
      #expect(withinWrites > 0)
    }
  }

  @Test(
    "A run on MNIST takes less than 400 MB of memory",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status")))
  func memory() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("run")
      let process = try start([
        "train", "mnist-static-nonlinear", "--steps", "2000", "--threads", "2", "--output", output.path,
      ])
      var peak = 0
      while process.isRunning {
        peak = max(peak, peakMemory(of: process.processIdentifier))
        Thread.sleep(forTimeInterval: 0.01)
      }
      print("\(peak) kB of memory at most")
      #expect(process.terminationStatus == 0)
      // The data alone are 39 MB: less means that nothing was read.
      #expect(peak > 40_000 && peak < 400_000)
    }
  }

  /// The most memory that a process has had resident, in kB; 0 once it has ended.
  private func peakMemory(of process: Int32) -> Int {
    let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  /// The protocol with another data set, and nothing else changed.
  private func standIn(for name: String, set: String, in folder: URL) throws -> URL {
    let other = try #require(Self.standIns[set], "\(name) needs \(set), which is not here")
    let fixture = CommandRunner.root.appendingPathComponent("Fixtures/Protocols/\(name).yaml")
    let text = try String(contentsOf: fixture, encoding: .utf8)
    let changed = text.replacing("  set: \(set)\n", with: "  set: \(other)\n")
    #expect(changed != text)
    let file = folder.appendingPathComponent("\(name).yaml")
    try Data(changed.utf8).write(to: file)
    return file
  }

  private func process(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(
      fileURLWithPath: try #require(longTestProgram), relativeTo: CommandRunner.root)
    process.arguments = arguments
    process.currentDirectoryURL = CommandRunner.root
    return process
  }

  private func start(_ arguments: [String]) throws -> Process {
    let process = try process(arguments)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func run(_ arguments: [String]) throws -> String {
    let process = try process(arguments)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(arguments)")
    return String(decoding: bytes, as: UTF8.self)
  }
}
