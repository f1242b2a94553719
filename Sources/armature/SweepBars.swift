import Foundation
import Synchronization
import Training

/// One line for each run of a sweep that is going on, and one for all of it, on standard error: redrawn in place on a terminal;
/// elsewhere a line for each run that ends.
final class SweepBars: Sendable {
  private struct State {
    var progress: TrainingSweep.Progress?
    /// Share that was done when the sweep started; what was kept took no time now.
    var first: Double?
    var lastDrawn: ContinuousClock.Instant?
    var lines = 0
  }

  private let start = ContinuousClock.now
  private let state = Mutex(State())

  func update(_ progress: TrainingSweep.Progress) {
    let now = ContinuousClock.now
    state.withLock { state in
      if state.first == nil { state.first = progress.fraction }
      state.progress = progress
      guard StandardError.isTerminal, now - start > .milliseconds(500) else { return }
      if let last = state.lastDrawn, now - last < .milliseconds(200) { return }
      state.lastDrawn = now
      draw(&state, at: now)
    }
  }

  /// Leaves a line that says that a run has ended.
  func finished(_ name: String, failure: String?) {
    state.withLock { state in
      erase(&state)
      let total =
        state.progress.map { ", \(Self.total($0, first: state.first ?? 0, elapsed: elapsed))" } ?? ""
      StandardError.print("\(name): \(failure.map { "failed: \($0)" } ?? "finished")\(total)")
    }
  }

  /// Removes the lines that are redrawn.
  func clear() { state.withLock { erase(&$0) } }

  private var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }

  private func draw(_ state: inout State, at now: ContinuousClock.Instant) {
    guard let progress = state.progress else { return }
    let lines = Self.lines(progress, first: state.first ?? 0, elapsed: elapsed)
    erase(&state)
    StandardError.write(lines.joined(separator: "\n") + "\n")
    state.lines = lines.count
  }

  private func erase(_ state: inout State) {
    guard state.lines > 0 else { return }
    StandardError.write("\u{1B}[\(state.lines)A\r\u{1B}[J")
    state.lines = 0
  }

  static func lines(_ progress: TrainingSweep.Progress, first: Double, elapsed: Double) -> [String] {
    let width = progress.running.map(\.name.count).max() ?? 0
    return progress.running.map { run in
      let padding = String(repeating: " ", count: width - run.name.count)
      return "\(run.name)\(padding) \(bar(run.progress.fraction)) \(run.progress.text)"
    } + ["sweep \(bar(progress.fraction)) \(total(progress, first: first, elapsed: elapsed))"]
  }

  /// For example `3 of 10 runs, 42 %, 12 min 30 s left`.
  static func total(_ progress: TrainingSweep.Progress, first: Double, elapsed: Double) -> String {
    let done = progress.fraction - first
    let left =
      done > 0.001 ? ", " + ProgressBar.duration(elapsed * (1 - progress.fraction) / done) + " left" : ""
    return "\(progress.finished) of \(progress.cells) runs, \(Int(progress.fraction * 100)) %\(left)"
  }

  private static func bar(_ fraction: Double) -> String {
    let width = 16
    let filled = Int((min(max(fraction, 0), 1) * Double(width)).rounded())
    return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
  }
}
