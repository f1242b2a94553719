import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Ways to make the system refuse what it would otherwise allow a test.
enum Refusal {
  /// Root may write where the mode forbids it, by a capability that `setpriv` takes away; anyone else may not anyway.
  static let toWriteByMode =
    geteuid() == 0
    ? ["/usr/bin/setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"] : []

  /// Whether a command behind `toWriteByMode` cannot write into a folder of mode 555 here.
  static let isToBeHad: Bool = {
    let program = (toWriteByMode + ["/bin/sh"])[0]
    guard FileManager.default.isExecutableFile(atPath: program) else { return false }
    return
      (try? CommandRunner.withTemporaryFolder { folder in
        try ReadOnly.within(folder) {
          func status(_ script: String) throws -> Int32 {
            let process = Process()
            let command = toWriteByMode + ["/bin/sh", "-c", script, "sh", folder.path]
            process.executableURL = URL(fileURLWithPath: command[0])
            process.arguments = Array(command.dropFirst())
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
          }
          return try status("exit 0") == 0 && status(": > \"$1/file\"") != 0
        }
      }) ?? false
  }()

  /// Lets no file grow beyond `blocks` of 512 bytes: a write fails in the middle of a line, as on a disk without room.
  static func toWriteBeyond(blocks: Int) -> [String] {
    ["/bin/sh", "-c", "trap '' XFSZ; ulimit -f \(blocks) && exec \"$@\"", "sh"]
  }
}

/// A folder as it is before and after.
private struct FolderContent: Equatable {
  let files: [String: Data?]

  init(_ folder: URL) throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    files = Dictionary(
      uniqueKeysWithValues: names.map { ($0, try? Data(contentsOf: folder.appendingPathComponent($0))) })
  }
}

enum ReadOnly {
  /// `body` while nothing can be made, renamed or removed in `folder` itself; its files keep their modes.
  static func within<Result>(_ folder: URL, _ body: () throws -> Result) throws -> Result {
    func set(_ mode: Int) throws {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path)
    }
    try set(0o555)
    defer { try? set(0o755) }
    return try body()
  }
}

@Suite(
  "A folder that is read-only",
  .enabled(
    if: Refusal.isToBeHad, "the tests run as root, and setpriv cannot make the system refuse it a write"))
struct ReadOnlyFolderTests {
  private func run(_ arguments: [String]) throws -> CommandOutcome {
    try CommandRunner.run(arguments, launcher: Refusal.toWriteByMode)
  }

  private func `protocol`(in folder: URL) throws -> String {
    let file = folder.appendingPathComponent("frequent.yaml")
    let text = try FrequentCheckpoints.text(interval: 10, ["samples: 100": "samples: 2"])
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file.path
  }

  /// Expects one line with `parts` and status 2, and the files of `folder` as they were.
  private func expectRefusal(
    _ arguments: [String], into folder: URL, naming parts: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try FolderContent(folder)
    let outcome = try ReadOnly.within(folder) { try run(arguments) }
    expectBadInput(outcome, naming: parts, sourceLocation: sourceLocation)
    #expect(try FolderContent(folder) == before, "\(arguments[0])", sourceLocation: sourceLocation)
  }

  @Test("takes no new run, sweep or report: one line says which folder, and nothing is half-written")
  func newOutputs() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = try `protocol`(in: folder)
      let (run, output) = (folder.appendingPathComponent("run"), folder.appendingPathComponent("closed"))
      #expect(try CommandRunner.run(["train", file, "--steps", "20", "--output", run.path]).status == 0)
      try FileManager.default.createDirectory(at: output, withIntermediateDirectories: false)
      let commands = [
        ["train", file, "--steps", "20"], ["train", file, "--steps", "20", "--resume"],
        ["sweep", file, "--steps", "20", "--seeds", "1-2"], ["report", run.path, "--kind", "benchmark"],
      ]
      for command in commands {
        for name in ["new", "deeper/new"] {
          let new = output.appendingPathComponent(name).path
          try expectRefusal(
            command + ["--output", new], into: output, naming: [new, "cannot", "writ", "permission"])
        }
      }
      for command in commands.suffix(2) {
        try expectRefusal(
          command + ["--output", output.path], into: output, naming: [output.path, "cannot", "writ"])
      }
    }
  }

  @Test("that holds an unfinished run leaves it its checkpoint, and the run ends with the same bits later")
  func unfinishedRun() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = try `protocol`(in: folder)
      let (whole, half) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("half"))
      func arguments(_ output: URL) -> [String] {
        ["train", file, "--steps", "160", "--resume", "--output", output.path]
      }
      #expect(try CommandRunner.run(arguments(whole)).status == 0)
      try RunBeginning.make(half, arguments(half), in: folder)
      let checkpoint = half.appendingPathComponent("checkpoint.safetensors")
      let kept = try Data(contentsOf: checkpoint)
      // Its files can be written, and metrics and times are; a new checkpoint cannot be made beside the old one.
      let outcome = try ReadOnly.within(half) { try run(arguments(half)) }
      expectBadInput(outcome, naming: [checkpoint.path, "cannot be written", "permission", "--resume"])
      #expect(try Data(contentsOf: checkpoint) == kept)
      // Nor can anything be written where the files are read-only too.
      let files = ["run.json", "metrics.jsonl", "timing.jsonl", "checkpoint.safetensors"].map {
        half.appendingPathComponent($0)
      }
      func setFiles(_ mode: Int) throws {
        for file in files {
          try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        }
      }
      try setFiles(0o444)
      try expectRefusal(
        arguments(half), into: half, naming: [half.path, "cannot be written", "permission", "--resume"])
      try setFiles(0o644)
      #expect(try CommandRunner.run(arguments(half)).status == 0)
      #expect(try RunBytes(half) == RunBytes(whole))
    }
  }

  @Test("that holds a finished run still gives its result; one that holds a sweep or a report keeps them")
  func finishedOutputs() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = try `protocol`(in: folder)
      let sweep = folder.appendingPathComponent("sweep")
      let report = folder.appendingPathComponent("report")
      func sweeping(_ seeds: String) -> [String] {
        ["sweep", file, "--steps", "20", "--seeds", seeds, "--output", sweep.path]
      }
      #expect(try CommandRunner.run(sweeping("1")).status == 0)
      let cell = sweep.appendingPathComponent("frequent-arm-seed-1")
      let reporting = ["report", cell.path, "--kind", "benchmark", "--output", report.path]
      #expect(try CommandRunner.run(reporting).status == 0)

      let training = ["train", file, "--steps", "20", "--output", cell.path]
      let again = try ReadOnly.within(cell) { try run(training + ["--resume"]) }
      #expect(again.status == 0 && again.output.contains("20 steps"), "\(again.errors)")
      try expectRefusal(
        training + ["--resume", "--tensorboard"], into: cell, naming: ["tensorboard", "cannot write"])
      try expectRefusal(
        sweeping("1-2"), into: sweep, naming: [sweep.path, "cannot be written", "permission"])
      try expectRefusal(reporting, into: report, naming: [report.path, "read-only"])
      try expectRefusal(
        ["report", "--index", report.path], into: report, naming: [report.path, "read-only"])
    }
  }
}
