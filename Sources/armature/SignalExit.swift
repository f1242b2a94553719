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

/// The exit status of the signal that came, or the error itself where none did.
private func signalExit(for error: any Error) -> any Error {
  guard let signal = TerminationSignals.received else { return error }
  StandardError.print("armature: \(error)")
  return ExitCode(128 + signal)
}
