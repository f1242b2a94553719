import Synchronization

/// One bar whose title changes with the stage of the work.
final class StageBar: Sendable {
  private let state = Mutex<(title: String, bar: ProgressBar)?>(nil)

  func update(_ title: String, _ fraction: Double) {
    let bar = state.withLock { state in
      if state?.title != title {
        state?.bar.clear()
        state = (title, ProgressBar(title))
      }
      return state?.bar
    }
    bar?.update(fraction)
  }

  func clear() { state.withLock { $0?.bar.clear() } }
}
