import Foundation
import Synchronization

/// A bar with the time left on standard error, drawn only on a terminal and only for work of over two seconds.
final class ProgressBar: Sendable {
  private struct State {
    var lastDrawn: ContinuousClock.Instant?
    var drawn = false
  }

  private let title: String
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  init(_ title: String) { self.title = title }

  /// Shows that `fraction` (0 to 1) of the work is done; `detail` says what is being done, and is only made where it is
  /// shown.
  func update(_ fraction: Double, detail: @autoclosure () -> String = "") {
    guard StandardError.isTerminal else { return }
    let now = ContinuousClock.now
    let elapsed = (now - start) / .seconds(1)
    guard elapsed > 0.5 else { return }
    state.withLock { state in
      if let last = state.lastDrawn, now - last < .milliseconds(200), fraction < 1 { return }
      state.lastDrawn = now
      state.drawn = true
      StandardError.write("\r\u{1B}[K" + Self.line(title, fraction, elapsed, detail()))
    }
  }

  /// Removes the bar from the terminal.
  func clear() {
    state.withLock { state in
      if state.drawn { StandardError.write("\r\u{1B}[K") }
      state.drawn = false
    }
  }

  /// Removes the bar and leaves a line that says how long the work took, on a terminal or not.
  func finish() {
    clear()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    StandardError.print("\(title): done in \(Self.duration(seconds))")
  }

  static func line(_ title: String, _ fraction: Double, _ elapsed: Double, _ detail: String) -> String {
    let width = 24
    let share = min(max(fraction, 0), 1)
    let filled = Int((share * Double(width)).rounded())
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    let left = share > 0.01 ? duration(elapsed * (1 - share) / share) + " left" : ""
    return [title, "[\(bar)]", "\(Int(share * 100)) %", left, detail].filter { !$0.isEmpty }
      .joined(separator: " ")
  }

  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
