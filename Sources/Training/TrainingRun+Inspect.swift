internal import Datasets
public import Foundation
internal import Synchronization

extension TrainingRun {
  /// What became of one run of an inspection.
  public struct Inspected: Sendable {
    public let run: URL
    public let inspection: RunInspection
    /// Whether the inspection was there already.
    public let isKept: Bool
  }

  /// Inspects the checkpoints of some runs: measures the variance of gradient estimates, draws samples and reconstructions, and
  /// writes `inspection.json`, `samples.png` and `reconstructions.png` into the run directories.
  ///
  /// Everything is read and checked before the first run is inspected. An inspection of the same checkpoint with the same settings
  /// is kept. A run may still be training: then its latest checkpoint is inspected. `ImageDataset.load` says where the data are looked
  /// for where `dataFolder` is nil. `progress` is told the share of the work that is done, and the run.
  ///
  /// Guarantee: what is written, but for its provenance, is a function of checkpoint, data and settings; threads do not change
  /// its bits.
  ///
  /// Throws `TrainingError`, for input that is not good before anything is written.
  ///
  /// - Complexity: for each run and estimator `settings.draws` training steps without their update.
  public static func inspect(
    runs: [URL], settings: InspectionSettings, threads: Int, dataFolder: URL?, provenance: ProvenanceFacts,
    progress: (_ share: Double, _ run: String) -> Void = { _, _ in }, shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> [Inspected] {
    try inspect(
      runs: runs, settings: settings, threads: threads, library: InspectedData(folder: dataFolder),
      provenance: provenance, progress: progress, shouldStop: shouldStop)
  }

  static func inspect(
    runs: [URL], settings: InspectionSettings, threads: Int, library: InspectedData,
    provenance: ProvenanceFacts,
    progress: (_ share: Double, _ run: String) -> Void = { _, _ in }, shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> [Inspected] {
    try requirePositive(threads, "threads")
    guard settings.draws > 1, settings.draws <= 1 << 24 else {
      throw .badSetting(name: "draws", found: "\(settings.draws)", expected: "from 2 to \(1 << 24)")
    }
    var work = 0
    for run in runs {
      let inspector = try RunInspector(RunDirectory(run), settings: settings)
      guard inspector.kept() == nil else { continue }
      try inspector.check(try library.data(for: inspector.manifest.resolvedProtocol))
      work += inspector.estimators.count * settings.draws
    }
    var done = 0
    var results: [Inspected] = []
    for run in runs {
      let inspector = try RunInspector(RunDirectory(run), settings: settings)
      if let kept = inspector.kept() {
        results.append(Inspected(run: run, inspection: kept, isKept: true))
        continue
      }
      let before = done
      let inspection = try inspector.inspect(
        try library.data(for: inspector.manifest.resolvedProtocol), threads: threads, provenance: provenance
      ) { draws in
        progress(Double(before + draws) / Double(max(work, 1)), run.lastPathComponent)
        return !shouldStop()
      }
      guard let inspection else { throw .inspectionInterrupted(folder: run.path, finished: results.count) }
      done += inspector.estimators.count * settings.draws
      results.append(Inspected(run: run, inspection: inspection, isKept: false))
    }
    return results
  }

  /// The run directories that some paths name: run directories, and folders of them, by name.
  ///
  /// - Throws: `TrainingError.notARun` for a path that is neither.
  public static func directories(_ paths: [String]) throws(TrainingError) -> [URL] {
    let files = FileManager.default
    var found: [URL] = []
    for path in paths {
      let url = URL(fileURLWithPath: path)
      if files.fileExists(atPath: RunDirectory(url).manifestFile.path) {
        found.append(url)
        continue
      }
      let names = ((try? files.contentsOfDirectory(atPath: path)) ?? []).sorted()
      let runs = names.map { url.appending(path: $0) }.filter {
        files.fileExists(atPath: RunDirectory($0).manifestFile.path)
      }
      guard !runs.isEmpty else {
        throw .notARun(folder: path, reason: "no run.json in it, nor in a folder of it")
      }
      found += runs
    }
    return found
  }
}

/// The data of some runs, each loaded once.
final class InspectedData: Sendable {
  private struct Key: Hashable {
    let data: TrainingProtocol.DataChoice
    let readsLabels: Bool
  }

  private let folder: URL?
  private let loaded = Mutex<[Key: TrainingData]>([:])

  init(folder: URL?) { self.folder = folder }

  func data(for choices: TrainingProtocol) throws(TrainingError) -> TrainingData {
    let key = Key(data: choices.data, readsLabels: choices.model.readsLabels)
    if let data = loaded.withLock({ $0[key] }) { return data }
    let data = try TrainingData(choices, folder: folder)
    loaded.withLock { $0[key] = data }
    return data
  }
}
