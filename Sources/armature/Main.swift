import ArgumentParser
import Foundation

@main
enum Main {
  static func main() async {
    do {
      var command = try Armature.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      finish(with: error)
    }
  }

  /// Ends the process: 0 for `--help`, the code of an `ExitCode`, and 2 with one line on stderr for everything else.
  private static func finish(with error: any Error) -> Never {
    if let code = error as? ExitCode { exit(code.rawValue) }
    if Armature.exitCode(for: error) == .success {
      print(Armature.fullMessage(for: error))
      exit(0)
    }
    StandardError.print("armature: \(oneLine(describe(error)))")
    exit(2)
  }

  private static func describe(_ error: any Error) -> String {
    let message = Armature.message(for: error)
    return message.isEmpty ? String(describing: error) : message
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.joined(
      separator: " ")
  }
}
