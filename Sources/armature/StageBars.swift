import Reporting
import Synchronization

/// One bar for each stage of a reproduction, one after the other; a finished stage leaves a line.
final class StageBars: Sendable {
  private struct State {
    var stage: Reproduction.Stage?
    var bar: ProgressBar?
  }

  private let state = Mutex(State())

  func update(_ stage: Reproduction.Stage, _ fraction: Double) {
    let bar = state.withLock { state in
      if state.stage != stage {
        state.bar?.finish()
        state.stage = stage
        state.bar = ProgressBar(stage.rawValue)
      }
      return state.bar
    }
    bar?.update(fraction)
  }

  /// Ends the last stage.
  func clear() {
    state.withLock { state in
      state.bar?.finish()
      state.bar = nil
    }
  }
}
