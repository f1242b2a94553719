internal import Dispatch
internal import Foundation

/// A program outside of this process, run with a time limit and without a shell.
package struct ExternalProgram: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// The first executable file of this name in the folders of `searchPath` (by default those of `PATH`).
  package static func find(_ name: String, searchPath: String? = nil) -> ExternalProgram? {
    let folders = searchPath ?? ProcessInfo.processInfo.environment["PATH"] ?? ""
    return folders.split(separator: ":").map { "\($0)/\(name)" }
      .first(where: FileManager.default.isExecutableFile(atPath:)).map(ExternalProgram.init(path:))
  }

  package struct Failure: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// Runs the program and returns what it wrote to standard output.
  ///
  /// Its output goes through temporary files, not pipes, so that a talkative program can never block on a full pipe.
  /// - Throws: `Failure` if the program cannot be started, is stopped at the time limit or exits with a status other
  ///   than 0; the description holds the first line of its standard error.
  package func run(
    _ arguments: [String], in directory: String? = nil, secondsAllowed: Double = 10
  ) throws(Failure) -> String {
    let name = (path as NSString).lastPathComponent
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
      "armature-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    do {
      try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
      let output = try Self.newFile(scratch.appendingPathComponent("output"))
      let errors = try Self.newFile(scratch.appendingPathComponent("errors"))
      let process = process(arguments, in: directory)
      process.standardOutput = output
      process.standardError = errors
      let finished = DispatchSemaphore(value: 0)
      process.terminationHandler = { _ in finished.signal() }
      try process.run()
      if finished.wait(timeout: .now() + secondsAllowed) == .timedOut {
        process.terminate()
        throw Failure(
          description: "\(name) did not finish within \(NumberFormatting.duration(seconds: secondsAllowed))")
      }
      let text = try String(contentsOf: scratch.appendingPathComponent("output"), encoding: .utf8)
      guard process.terminationStatus == 0 else {
        let complaint = try String(contentsOf: scratch.appendingPathComponent("errors"), encoding: .utf8)
        let line = complaint.split(whereSeparator: \.isNewline).first.map(String.init) ?? "no message"
        throw Failure(description: "\(name) exited with status \(process.terminationStatus): \(line)")
      }
      return text
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(description: "\(name) could not be run: \((error as NSError).localizedDescription)")
    }
  }

  private func process(_ arguments: [String], in directory: String?) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    process.standardInput = FileHandle.nullDevice
    // Numbers in a program's output must not depend on the user's language.
    process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C"]) { $1 }
    return process
  }

  private static func newFile(_ url: URL) throws -> FileHandle {
    try Data().write(to: url)
    return try FileHandle(forWritingTo: url)
  }
}
