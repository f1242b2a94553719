import ArgumentParser
import Training

/// Runs `body`; where a signal stopped it, says so and exits with 128 plus the signal's number.
func exitingOnSignals<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch {
    throw signalExit(for: error)
  }
}

/// The same for asynchronous work.
func exitingOnSignals<Result>(_ body: () async throws -> Result) async throws -> Result {
  do {
    return try await body()
  } catch {
    throw signalExit(for: error)
  }
}

/// The exit status of the signal that came, 1 for a training that diverged, or the error itself.
private func signalExit(for error: any Error) -> any Error {
  if case TrainingError.diverged = error {
    StandardError.print("armature: \(error)")
    return ExitCode(1)
  }
  guard let signal = TerminationSignals.received else { return error }
  StandardError.print("armature: \(error)")
  return ExitCode(128 + signal)
}
