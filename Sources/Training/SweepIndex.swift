internal import Datasets
internal import Foundation

/// `index.json` of a sweep's folder: every run in it, as far as it has come.
///
/// It is made from the run directories alone, so that it is right again whatever was interrupted.
public struct SweepIndex: Hashable, Sendable, Codable {
  public static let schema = "armature.sweep/1"

  public enum State: String, Hashable, Sendable, Codable {
    case finished
    case unfinished
    /// It ended with an error that running it again would repeat.
    case failed
  }

  /// One run.
  public struct Run: Hashable, Sendable, Codable {
    /// The name of its directory.
    public let name: String
    public let protocolName: String
    public let estimator: String
    public let learningRate: Double
    public let seed: UInt64
    /// The last step of which the run's metrics tell.
    public let step: Int
    public let steps: Int
    public let state: State
    /// Why it failed; nil where it did not.
    public let failure: String?
    /// Mean negative evidence lower bound at the end of training (see `RunResult`); nil where it is not finished.
    public let trainNegativeELBO: Double?
    /// The last evaluation so far.
    public let last: EvaluationRecord?
    /// The evaluation with the lowest bound so far.
    public let lowest: EvaluationRecord?
    /// What the protocol's selection measured; nil where it selects nothing or the run is not finished.
    public let selected: EvaluationRecord?
    /// What the protocol has measured at the last step beside its evaluations; nil where it asks for nothing or the run is not
    /// finished.
    public var final: EvaluationRecord?
  }

  /// The runs of one protocol, estimator and learning rate.
  public struct Group: Hashable, Sendable, Codable {
    public let protocolName: String
    public let estimator: String
    public let learningRate: Double
    /// Seeds of the finished runs.
    public let seeds: [UInt64]
    public let unfinished: Int
    public let failed: Int
    /// Means over the finished runs, with their standard errors where there are two or more.
    public let trainNegativeELBO: Mean?
    public let last: Mean?
    public let lowest: Mean?
    public let selected: Mean?
    public let final: Mean?
    /// Whether, of all learning rates of this protocol and estimator, this one has the lowest mean of `lowest`. Only where the
    /// protocol selects, every run is finished or failed, and there are several rates.
    public internal(set) var isChosen: Bool
  }

  /// A mean over runs, in nats.
  public struct Mean: Hashable, Sendable, Codable {
    public let value: Double
    /// Standard deviation / sqrt(runs); nil for one run.
    public let standardError: Double?

    init?(_ values: [Double]) {
      guard !values.isEmpty else { return nil }
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      value = mean
      standardError = values.count > 1 ? (squares / (count - 1) / count).squareRoot() : nil
    }
  }

  public let schema: String
  public let runs: [Run]
  public let groups: [Group]

  /// Reads the run directories directly in `folder`; `failures` says why runs failed, by name.
  ///
  /// - Throws: `TrainingError` where a run directory is damaged.
  init(folder: URL, failures: [String: String]) throws(TrainingError) {
    schema = Self.schema
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    var runs: [Run] = []
    for name in names where !name.hasPrefix(".") {
      let directory = RunDirectory(folder.appending(path: name))
      guard FileManager.default.fileExists(atPath: directory.manifestFile.path) else { continue }
      runs.append(try Run(directory, name: name, failure: failures[name]))
    }
    self.runs = runs
    groups = Self.groups(runs)
  }

  static func groups(_ runs: [Run]) -> [Group] {
    var groups: [Group] = []
    var remaining = runs[...]
    while let first = remaining.first {
      let isSame: (Run) -> Bool = {
        $0.protocolName == first.protocolName && $0.estimator == first.estimator
          && $0.learningRate == first.learningRate
      }
      groups.append(Group(remaining.filter(isSame)))
      remaining.removeAll(where: isSame)
    }
    return choose(
      groups.sorted {
        ($0.protocolName, $0.estimator, $0.learningRate) < ($1.protocolName, $1.estimator, $1.learningRate)
      })
  }

  private static func choose(_ groups: [Group]) -> [Group] {
    groups.map { group in
      let rivals = groups.filter { $0.protocolName == group.protocolName && $0.estimator == group.estimator }
      let isSettled = rivals.count > 1 && rivals.allSatisfy { $0.unfinished == 0 }
      // A rate of which a run failed is out: its other seeds may only have been lucky.
      let eligible = rivals.filter { $0.failed == 0 && $0.selected != nil }
      let best = eligible.compactMap(\.lowest?.value).min()
      var group = group
      group.isChosen =
        isSettled && group.failed == 0 && group.selected != nil && best != nil && group.lowest?.value == best
      return group
    }
  }
}

extension SweepIndex.Group {
  fileprivate init(_ runs: [SweepIndex.Run]) {
    let finished = runs.filter { $0.state == .finished }
    protocolName = runs[0].protocolName
    estimator = runs[0].estimator
    learningRate = runs[0].learningRate
    seeds = finished.map(\.seed).sorted()
    unfinished = runs.count { $0.state == .unfinished }
    failed = runs.count { $0.state == .failed }
    trainNegativeELBO = SweepIndex.Mean(finished.compactMap(\.trainNegativeELBO))
    last = SweepIndex.Mean(finished.compactMap(\.last?.bound))
    lowest = SweepIndex.Mean(finished.compactMap(\.lowest?.bound))
    selected = SweepIndex.Mean(finished.compactMap(\.selected?.bound))
    final = SweepIndex.Mean(finished.compactMap(\.final?.bound))
    isChosen = false
  }
}

extension SweepIndex.Run {
  fileprivate init(_ directory: RunDirectory, name: String, failure: String?) throws(TrainingError) {
    let manifest = try directory.manifest()
    let metrics = try directory.metrics()
    let result = try directory.result()
    let evaluations = metrics.compactMap { if case .evaluation(let record) = $0 { record } else { nil } }
    self.name = name
    protocolName = manifest.protocolName
    estimator = manifest.estimator
    learningRate = manifest.resolvedProtocol.optimisation.learningRate
    seed = manifest.seed
    step = metrics.last?.step ?? 0
    steps = manifest.steps
    state = result != nil ? .finished : failure != nil ? .failed : .unfinished
    self.failure = result == nil ? failure : nil
    trainNegativeELBO = result?.trainNegativeELBO
    last = evaluations.last
    lowest = evaluations.min { $0.bound < $1.bound }
    selected = result?.selected
    final = result?.final
  }
}
