internal import Datasets
public import Foundation
internal import LatentVariableModels
internal import Synchronization

/// Several runs, some at a time, each on one thread and in a directory of its own.
public struct TrainingSweep: Sendable {
  /// One run of a sweep.
  public struct Cell: Hashable, Sendable {
    public let protocolURL: URL
    public let estimator: String
    public let seed: UInt64
    /// Nil for the protocol's.
    public let learningRate: Double?

    public init(protocolURL: URL, estimator: String, seed: UInt64, learningRate: Double? = nil) {
      self.protocolURL = protocolURL
      self.estimator = estimator
      self.seed = seed
      self.learningRate = learningRate
    }

    /// The name of the cell's run directory, for example `digits-linear-loorf-2-seed-1`, or with a learning rate of its own
    /// `digits-linear-loorf-2-rate-0.001-seed-1`.
    public var name: String {
      let protocolName = protocolURL.deletingPathExtension().lastPathComponent
      let rate = learningRate.map { "-rate-\($0)" } ?? ""
      return "\(protocolName)-\(estimator.replacing(":", with: "-"))\(rate)-seed-\(seed)"
    }
  }

  /// Where a sweep stands; given to the caller whenever one of its runs makes progress.
  public struct Progress: Sendable {
    /// Share of all training steps that are done, 0 to 1.
    public let fraction: Double
    public let finished: Int
    public let cells: Int
    /// The runs that are going on, by the order of the cells.
    public let running: [(name: String, progress: TrainingProgress)]
  }

  /// How a sweep ended.
  public struct Outcome: Sendable {
    public let index: SweepIndex
    /// Who left the folder without finishing before; nil where nobody did.
    public let previousHolder: SweepHolder?
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
    let lock = try takeLock()
    defer { withExtendedLifetime(lock) {} }
    if !resume { try removeRuns() }
    let ledger = SweepLedger(cells: cells, toleratesDivergence: false, report: progress)
    await work(ledger, data: [:], shouldStop: shouldStop)
    if let failure = ledger.failure { throw failure }
    return cells.map { directory(of: $0) }
  }

  /// Runs all cells to their end, keeps what is finished already and goes on with what is started; writes `index.json` at the
  /// start, after each run, and at the end.
  ///
  /// A run whose loss is no longer finite ends as failed, and the others go on. `finished` is told the name of a run that has
  /// ended and why it failed, if it did.
  ///
  /// - Throws: `TrainingError` where an estimator, a protocol or the data are not good (before anything is written), where another
  ///   sweep holds the folder, where a run cannot be written, and `sweepInterrupted` where `shouldStop` said true.
  public func complete(
    progress: @escaping @Sendable (Progress) -> Void = { _ in },
    finished: @escaping @Sendable (_ name: String, _ failure: String?) -> Void = { _, _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) async throws(TrainingError) -> Outcome {
    let protocols = try readProtocols()
    try checkEstimators(protocols)
    let data = try loadData(protocols)
    let lock = try takeLock()
    let previous = lock.previous
    defer { withExtendedLifetime(lock) {} }
    let ledger = SweepLedger(cells: cells, toleratesDivergence: true, report: progress)
    _ = try writeIndex(ledger)
    await work(ledger, data: data, shouldStop: shouldStop) { name, failure in
      finished(name, failure)
      // A reader's copy; the one at the end is the one that must not fail.
      _ = try? writeIndex(ledger)
    }
    let index = try writeIndex(ledger)
    if let failure = ledger.failure {
      guard case .interrupted = failure else { throw failure }
      throw .sweepInterrupted(folder: folder.path, finished: ledger.finishedCount, cells: cells.count)
    }
    return Outcome(index: index, previousHolder: previous)
  }

  /// The names of the cells' run directories, in their order.
  public var cellNames: [String] { cells.map(\.name) }

  // MARK: - Before the runs

  private func takeLock() throws(TrainingError) -> SweepLock {
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw .unwritable(path: folder.path, reason: error.localizedDescription)
    }
    return try SweepLock.take(folder)
  }

  private func readProtocols() throws(TrainingError) -> [URL: TrainingProtocol] {
    var protocols: [URL: TrainingProtocol] = [:]
    for url in Set(cells.map(\.protocolURL)) { protocols[url] = try TrainingRun.readProtocol(url).protocol }
    return protocols
  }

  private func checkEstimators(_ protocols: [URL: TrainingProtocol]) throws(TrainingError) {
    for cell in cells {
      if let choices = protocols[cell.protocolURL] {
        _ = try ModelEstimator(cell.estimator, for: choices.model)
      }
    }
  }

  /// The data of each protocol, loaded once for all runs.
  private func loadData(_ protocols: [URL: TrainingProtocol]) throws(TrainingError) -> [URL: TrainingData] {
    var data: [URL: TrainingData] = [:]
    for (url, choices) in protocols { data[url] = try TrainingData(choices, folder: dataFolder) }
    return data
  }

  // MARK: - The runs

  private func work(
    _ ledger: SweepLedger, data: [URL: TrainingData], shouldStop: @escaping @Sendable () -> Bool,
    ended: @escaping @Sendable (String, String?) -> Void = { _, _ in }
  ) async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<min(jobs, cells.count) {
        group.addTask {
          // Cells are dealt out in order to whichever worker is free, so a slow cell delays no other.
          while let index = ledger.next() {
            if let outcome = run(index, data: data, ledger: ledger, shouldStop: shouldStop) {
              ended(cells[index].name, outcome.failure)
            }
          }
        }
      }
    }
  }

  /// Runs a cell; nil where it did not come to an end.
  private func run(
    _ index: Int, data: [URL: TrainingData], ledger: SweepLedger, shouldStop: @escaping @Sendable () -> Bool
  ) -> (failure: String?, Void)? {
    let cell = cells[index]
    let request = RunRequest(
      protocolURL: cell.protocolURL, estimator: cell.estimator, learningRate: cell.learningRate,
      seed: cell.seed, steps: steps, threads: 1, dataFolder: dataFolder, output: directory(of: cell),
      resume: true, command: command, provenance: provenance, data: data[cell.protocolURL])
    let observer = RunObserver(
      progress: { ledger.note(index, $0) }, shouldStop: { shouldStop() || ledger.failure != nil })
    do throws(TrainingError) {
      _ = try TrainingRun.start(request, observer: observer)
      ledger.finish(index)
      return (nil, ())
    } catch {
      return ledger.fail(index, error) ? (error.description, ()) : nil
    }
  }

  private func directory(of cell: Cell) -> URL { folder.appendingPathComponent(cell.name) }

  private func writeIndex(_ ledger: SweepLedger) throws(TrainingError) -> SweepIndex {
    let index = try SweepIndex(folder: folder, failures: ledger.divergences)
    let file = folder.appending(path: "index.json")
    try ledger.writing { () throws(TrainingError) in
      try DurableFile.replace(file, with: try RunCoding.document(index, file: file))
    }
    return index
  }

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
    var running: [Int: TrainingProgress] = [:]
    var finished = 0
    var failure: TrainingError?
    /// Why cells ended without a result, by name.
    var divergences: [String: String] = [:]
  }

  private let names: [String]
  private let toleratesDivergence: Bool
  private let state: Mutex<State>
  /// Held while the index is written, which two workers may want to do at once.
  private let file = Mutex(())
  private let report: @Sendable (TrainingSweep.Progress) -> Void

  init(
    cells: [TrainingSweep.Cell], toleratesDivergence: Bool,
    report: @escaping @Sendable (TrainingSweep.Progress) -> Void
  ) {
    names = cells.map(\.name)
    self.toleratesDivergence = toleratesDivergence
    state = Mutex(State(fractions: Array(repeating: 0, count: cells.count)))
    self.report = report
  }

  var failure: TrainingError? { state.withLock { $0.failure } }
  var finishedCount: Int { state.withLock { $0.finished } }
  var divergences: [String: String] { state.withLock { $0.divergences } }

  func writing(_ write: () throws(TrainingError) -> Void) throws(TrainingError) {
    try file.withLock { (_: inout sending ()) throws(TrainingError) in try write() }
  }

  /// The next cell to run, or nil when none is left or one has failed.
  func next() -> Int? {
    state.withLock { state in
      guard state.failure == nil, state.next < state.fractions.count else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func note(_ cell: Int, _ progress: TrainingProgress) {
    report(
      state.withLock { state in
        state.running[cell] = progress
        state.fractions[cell] = Double(progress.step) / Double(progress.steps)
        return summary(state)
      })
  }

  func finish(_ cell: Int) {
    report(
      state.withLock { state in
        state.finished += 1
        state.fractions[cell] = 1
        state.running[cell] = nil
        return summary(state)
      })
  }

  /// Notes the error of a cell; whether the cell has come to its end with it, so that the others go on.
  func fail(_ cell: Int, _ error: TrainingError) -> Bool {
    state.withLock { state in
      state.running[cell] = nil
      if toleratesDivergence, error.isDivergence {
        state.divergences[names[cell]] = error.description
        state.fractions[cell] = 1
        return true
      }
      if state.failure == nil { state.failure = error }
      return false
    }
  }

  private func summary(_ state: State) -> TrainingSweep.Progress {
    TrainingSweep.Progress(
      fraction: state.fractions.reduce(0, +) / Double(state.fractions.count), finished: state.finished,
      cells: state.fractions.count,
      running: state.running.sorted { $0.key < $1.key }.map { (names[$0.key], $0.value) })
  }
}
