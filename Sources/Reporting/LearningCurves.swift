internal import Datasets
internal import Training

/// The runs of a report, by protocol, estimator and seed, beside the cells that a complete set would have.
struct LearningCurves: Sendable {
  let runs: [RecordedRun]
  let reference: ReferenceCurves?

  /// - Throws: `ReportingError.mixedRuns` for two runs of one cell, or two protocols of one name.
  init(runs: [RecordedRun], reference: ReferenceCurves?) throws(ReportingError) {
    self.runs = Self.labelled(runs).sorted { Self.key($0) < Self.key($1) }
    self.reference = reference
    var checksums: [String: String] = [:]
    var cells: [String: String] = [:]
    for run in self.runs {
      let manifest = run.manifest
      let cell = "\(manifest.protocolName), \(run.label), seed \(manifest.seed)"
      if let other = cells.updateValue(run.name, forKey: cell) {
        throw .mixedRuns(file: "\(run.name)/run.json", reason: "the run '\(other)' is also of \(cell)")
      }
      let checksum = checksums.updateValue(manifest.protocolSHA256, forKey: manifest.protocolName)
      if let checksum, checksum != manifest.protocolSHA256 {
        throw .mixedRuns(
          file: "\(run.name)/run.json",
          reason: "another run has a different protocol under the name '\(manifest.protocolName)'")
      }
    }
  }

  /// Where runs of one protocol and estimator have several learning rates, each rate is a cell of its own.
  private static func labelled(_ runs: [RecordedRun]) -> [RecordedRun] {
    let groups = Dictionary(grouping: runs) { "\($0.manifest.protocolName), \($0.manifest.estimator)" }
    return groups.values.flatMap { group in
      let rates = Set(group.map(\.manifest.resolvedProtocol.optimisation.learningRate))
      return group.map { run in
        var run = run
        run.showsLearningRate = run.showsLearningRate || rates.count > 1
        return run
      }
    }
  }

  private static func key(_ run: RecordedRun) -> (String, String, UInt64) {
    (run.manifest.protocolName, run.label, run.manifest.seed)
  }

  var protocols: [String] {
    Set(runs.map(\.manifest.protocolName) + (reference?.curves.map(\.protocol) ?? [])).sorted()
  }

  func estimators(of protocolName: String) -> [String] {
    let expected = reference?.curves.filter { $0.protocol == protocolName }.map(\.estimator) ?? []
    return Set(runs(of: protocolName).map(\.label) + expected).sorted()
  }

  /// All estimators of the report, in the one order that fixes their colours.
  var allEstimators: [String] { Set(protocols.flatMap(estimators)).sorted() }

  func seeds(of protocolName: String) -> [UInt64] {
    let expected = (reference?.seeds ?? []).map { UInt64($0) }
    return Set(runs(of: protocolName).map(\.manifest.seed) + expected).sorted()
  }

  func runs(of protocolName: String) -> [RecordedRun] {
    runs.filter { $0.manifest.protocolName == protocolName }
  }

  func runs(of protocolName: String, estimator: String) -> [RecordedRun] {
    runs(of: protocolName).filter { $0.label == estimator }
  }

  func run(_ protocolName: String, _ estimator: String, seed: UInt64) -> RecordedRun? {
    runs(of: protocolName, estimator: estimator).first { $0.manifest.seed == seed }
  }

  /// The steps that tables show: the reference's, or at most six evaluations, the last one among them.
  func marks(of protocolName: String) -> [Int] {
    if let marks = reference?.marks(of: protocolName), !marks.isEmpty { return marks }
    let steps = Set(runs(of: protocolName).flatMap { $0.evaluations.map(\.step) }).sorted()
    let most = 6
    guard steps.count > most else { return steps }
    return (1...most).map { steps[steps.count * $0 / most - 1] }
  }

  /// What a report calls the evaluated bound of a protocol, after its split.
  func boundName(of protocolName: String) -> String {
    let splits = Set(runs(of: protocolName).map(\.manifest.resolvedProtocol.evaluation.split))
    return splits == [.valid] ? "validation bound" : "test bound"
  }

  /// The same for all protocols together.
  var boundName: String {
    let names = Set(protocols.map { boundName(of: $0) })
    return names.count > 1 ? "bound" : names.first ?? "test bound"
  }

  /// The same as a title.
  var boundTitle: String { boundName.prefix(1).uppercased() + boundName.dropFirst() }

  func bounds(_ protocolName: String, _ estimator: String, at step: Int) -> [UInt64: Double] {
    values(protocolName, estimator) { $0.bound(at: step)?.bound }
  }

  /// The bound that a protocol measures once, at the parameters that it selects or else at the last ones; empty unless every run
  /// has it.
  func closingBounds(_ protocolName: String, _ estimator: String) -> [UInt64: Double] {
    let found = values(protocolName, estimator) { ($0.result?.selected ?? $0.result?.final)?.bound }
    return found.count == runs(of: protocolName, estimator: estimator).count ? found : [:]
  }

  /// In percent; only models with classes have it.
  func accuracies(_ protocolName: String, _ estimator: String, at step: Int) -> [UInt64: Double] {
    values(protocolName, estimator) { $0.bound(at: step)?.accuracy.map { 100 * $0 } }
  }

  func training(_ protocolName: String, _ estimator: String, at step: Int) -> [UInt64: Double] {
    values(protocolName, estimator) { $0.trainingNegativeELBO(endingAt: step) }
  }

  private func values(
    _ protocolName: String, _ estimator: String, of quantity: (RecordedRun) -> Double?
  ) -> [UInt64: Double] {
    var values: [UInt64: Double] = [:]
    for run in runs(of: protocolName, estimator: estimator) {
      values[run.manifest.seed] = quantity(run)
    }
    return values
  }

  /// Cells (protocol, estimator, seed, step) without a bound.
  var missingCells: [String] {
    protocols.flatMap { name in
      estimators(of: name).flatMap { estimator in
        marks(of: name).flatMap { step in
          let bounds = self.bounds(name, estimator, at: step)
          return seeds(of: name).filter { bounds[$0] == nil }.map {
            "\(name), \(estimator), seed \($0), step \(NumberFormatting.count(step))"
          }
        }
      }
    }
  }

  var dataFiles: [DataFileRecord] {
    Set(runs.flatMap(\.manifest.dataFiles)).sorted { ($0.name, $0.sha256) < ($1.name, $1.sha256) }
  }
}

extension Dictionary where Key == UInt64, Value == Double {
  /// The summary over seeds, in the order of the seeds; nil without a value.
  var summary: SeedSummary? {
    isEmpty ? nil : SeedSummary(sorted { $0.key < $1.key }.map(\.value))
  }
}
