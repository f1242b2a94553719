import Foundation
import Testing

/// What one call of the built `armature` program did.
struct CommandOutcome {
  let status: Int32
  let output: String
  let errors: String

  /// Lines on standard error, without the empty end.
  var errorLines: [Substring] { errors.split(separator: "\n") }
}

/// Runs the `armature` program that was built beside the tests.
enum CommandRunner {
  /// The repository's root, three folders above this file.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static var program: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(
      "armature")
  }

  /// A process of the program with its output collected in files, so that a full pipe never blocks it; `launcher`, where
  /// there is one, is a command that ends by executing the one appended to it.
  static func process(
    _ arguments: [String], environment: [String: String] = [:], launcher: [String] = [], in folder: URL
  ) throws -> (process: Process, output: URL, errors: URL) {
    let output = folder.appendingPathComponent("stdout-\(UUID().uuidString)")
    let errors = folder.appendingPathComponent("stderr-\(UUID().uuidString)")
    for file in [output, errors] { try Data().write(to: file) }
    let process = Process()
    let command = launcher + [program.path] + arguments
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.currentDirectoryURL = root
    var variables = ProcessInfo.processInfo.environment
    for (name, value) in environment { variables[name] = value }
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    return (process, output, errors)
  }

  static func run(
    _ arguments: [String], environment: [String: String] = [:], launcher: [String] = []
  ) throws -> CommandOutcome {
    try withTemporaryFolder { folder in
      let (process, output, errors) = try process(
        arguments, environment: environment, launcher: launcher, in: folder)
      try process.run()
      process.waitUntilExit()
      return CommandOutcome(
        status: process.terminationStatus,
        output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }
  }

  static func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "armature-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}

/// Records an issue unless the call ended with exit status 2 and exactly one line on standard error that contains
/// every one of `parts`.
func expectBadInput(
  _ outcome: CommandOutcome, naming parts: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(outcome.status == 2, "standard error: \(outcome.errors)", sourceLocation: sourceLocation)
  #expect(outcome.errorLines.count == 1, "standard error: \(outcome.errors)", sourceLocation: sourceLocation)
  for part in parts {
    #expect(
      outcome.errors.contains(part), "“\(part)” is missing in: \(outcome.errors)",
      sourceLocation: sourceLocation)
  }
}
