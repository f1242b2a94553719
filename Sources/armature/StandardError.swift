import Foundation

/// Progress and errors for people; results never go here.
enum StandardError {
  static let isTerminal = isatty(STDERR_FILENO) == 1

  static func print(_ line: String) { write(line + "\n") }

  static func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}
