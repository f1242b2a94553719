public import Foundation
internal import Synchronization

/// Several runs, some at a time, each on one thread and in a directory of its own.
public struct TrainingSweep: Sendable {
  /// One run of a sweep.
  public struct Cell: Hashable, Sendable {
    public let protocolURL: URL
    public let estimator: String
    public let seed: UInt64

    public init(protocolURL: URL, estimator: String, seed: UInt64) {
      self.protocolURL = protocolURL
      self.estimator = estimator
      self.seed = seed
    }

    /// The name of the cell's run directory, for example `digits-linear-loorf-2-seed-1`.
    public var name: String {
      let protocolName = protocolURL.deletingPathExtension().lastPathComponent
      return "\(protocolName)-\(estimator.replacing(":", with: "-"))-seed-\(seed)"
    }
  }

  /// Where a sweep stands; given to the caller whenever one of its runs makes progress.
  public struct Progress: Sendable {
    /// Share of all training steps that are done, 0 to 1.
    public let fraction: Double
    public let finished: Int
    public let cells: Int
  }

  let cells: [Cell]
  let folder: URL
  let jobs: Int
  let steps: Int?
  let dataFolder: URL?
  let command: [String]
  let provenance: ProvenanceFacts

  /// `folder` gets one run directory for each cell, by the cell's name; `jobs` runs go on at a time, each for `steps`
  /// training steps, or the protocol's where it is nil.
  ///
  /// - Precondition: `jobs` is positive, no two cells are equal.
  public init(
    cells: [Cell], folder: URL, jobs: Int, steps: Int? = nil, dataFolder: URL?, command: [String],
    provenance: ProvenanceFacts
  ) {
    precondition(jobs > 0 && Set(cells).count == cells.count)
    self.cells = cells
    self.folder = folder
    self.jobs = jobs
    self.steps = steps
    self.dataFolder = dataFolder
    self.command = command
    self.provenance = provenance
  }

  /// Runs all cells to their end and returns their directories in the order of the cells.
  ///
  /// With `resume`, finished runs in the folder are kept and started ones go on; without, they are removed first.
  ///
  /// - Throws: the first `TrainingError` of a cell; the others stop at their next step, with a checkpoint.
  public func run(
    resume: Bool, progress: @escaping @Sendable (Progress) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) async throws(TrainingError) -> [URL] {
    let ledger = SweepLedger(cells: cells.count, report: progress)
    if !resume { try removeRuns() }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<min(jobs, cells.count) {
        group.addTask {
          // Cells are dealt out in order to whichever worker is free, so a slow cell delays no other.
          while let index = ledger.next() { run(index, ledger: ledger, shouldStop: shouldStop) }
        }
      }
    }
    if let failure = ledger.failure { throw failure }
    return cells.map { directory(of: $0) }
  }

  private func run(_ index: Int, ledger: SweepLedger, shouldStop: @escaping @Sendable () -> Bool) {
    let cell = cells[index]
    do throws(TrainingError) {
      _ = try TrainingRun.start(
        protocolURL: cell.protocolURL, estimator: cell.estimator, seed: cell.seed, steps: steps, threads: 1,
        dataFolder: dataFolder, output: directory(of: cell), resume: true, command: command,
        provenance: provenance,
        progress: { ledger.note(index, fraction: Double($0.step) / Double($0.steps)) },
        shouldStop: { shouldStop() || ledger.failure != nil })
      ledger.finish(index)
    } catch {
      ledger.fail(error)
    }
  }

  private func directory(of cell: Cell) -> URL { folder.appendingPathComponent(cell.name) }

  private func removeRuns() throws(TrainingError) {
    for cell in cells {
      let run = directory(of: cell)
      guard FileManager.default.fileExists(atPath: run.path) else { continue }
      guard try RunDirectory(run).holdsRun() else {
        throw .notARun(folder: run.path, reason: "a sweep wants to write its run here")
      }
      do {
        try FileManager.default.removeItem(at: run)
      } catch {
        throw .unwritable(path: run.path, reason: (error as NSError).localizedDescription)
      }
    }
  }
}

/// What the workers of a sweep share.
private final class SweepLedger: Sendable {
  private struct State {
    var next = 0
    var fractions: [Double]
    var finished = 0
    var failure: TrainingError?
  }

  private let state: Mutex<State>
  private let report: @Sendable (TrainingSweep.Progress) -> Void

  init(cells: Int, report: @escaping @Sendable (TrainingSweep.Progress) -> Void) {
    state = Mutex(State(fractions: Array(repeating: 0, count: cells)))
    self.report = report
  }

  var failure: TrainingError? { state.withLock { $0.failure } }

  /// The next cell to run, or nil when none is left or one has failed.
  func next() -> Int? {
    state.withLock { state in
      guard state.failure == nil, state.next < state.fractions.count else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func note(_ cell: Int, fraction: Double) {
    let progress = state.withLock { state in
      state.fractions[cell] = fraction
      return TrainingSweep.Progress(
        fraction: state.fractions.reduce(0, +) / Double(state.fractions.count), finished: state.finished,
        cells: state.fractions.count)
    }
    report(progress)
  }

  func finish(_ cell: Int) {
    state.withLock { $0.finished += 1 }
    note(cell, fraction: 1)
  }

  func fail(_ error: TrainingError) {
    state.withLock { state in
      if state.failure == nil { state.failure = error }
    }
  }
}
