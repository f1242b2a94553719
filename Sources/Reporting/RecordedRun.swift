internal import Foundation
package import Training

/// A run directory as a report reads it; a run that was stopped early is a run without a result.
package struct RecordedRun: Sendable {
  /// Name of the directory, without the folders above it.
  package let name: String
  package let manifest: RunManifest
  package let training: [TrainingRecord]
  package let evaluations: [EvaluationRecord]
  package let timing: [TimingRecord]
  package let result: RunResult?
  /// Gradient variances and pictures, where the run has been inspected.
  package let inspection: RunInspection?
  /// Path of the directory.
  let directory: String
  /// Whether reports tell its learning rate with the estimator's name, since runs with other rates stand beside it.
  var showsLearningRate = false

  /// The estimator as reports name it, with its learning rate where rates are compared.
  var label: String {
    guard showsLearningRate else { return manifest.estimator }
    return "\(manifest.estimator), rate \(manifest.resolvedProtocol.optimisation.learningRate)"
  }

  /// Reads `run.json`, `metrics.jsonl`, `timing.jsonl` and, where they are, `result.json` and `inspection.json`.
  ///
  /// A last line without its newline is what a kill leaves behind, and is ignored.
  /// - Throws: `ReportingError.malformed` with file and line.
  package static func load(_ directory: String) throws(ReportingError) -> RecordedRun {
    let name = URL(fileURLWithPath: directory).lastPathComponent
    let manifest = try decode(RunManifest.self, file: "run.json", of: name, in: directory)
    guard manifest.schema == RunManifest.schema else {
      throw .malformed(file: "\(name)/run.json", place: "schema", expected: RunManifest.schema)
    }
    let metrics = try lines(MetricRecord.self, file: "metrics.jsonl", of: name, in: directory)
    let result = try decodeIfThere(RunResult.self, file: "result.json", of: name, in: directory)
    let inspection = try decodeIfThere(RunInspection.self, file: inspectionFile, of: name, in: directory)
    if let inspection { try requireCurrent(inspection, result: result, of: name) }
    return RecordedRun(
      name: name, manifest: manifest,
      training: metrics.compactMap { if case .training(let record) = $0 { record } else { nil } },
      evaluations: metrics.compactMap { if case .evaluation(let record) = $0 { record } else { nil } },
      timing: try lines(TimingRecord.self, file: "timing.jsonl", of: name, in: directory),
      result: result, inspection: inspection, directory: directory)
  }

  /// The runs in the folders directly below `folder` that hold a `run.json`, by name; none where there is no such folder.
  ///
  /// - Throws: `ReportingError.malformed`, as `load`.
  package static func loadAll(below folder: String) throws(ReportingError) -> [RecordedRun] {
    let files = FileManager.default
    let names = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    var runs: [RecordedRun] = []
    for name in names where files.fileExists(atPath: "\(folder)/\(name)/run.json") {
      runs.append(try load("\(folder)/\(name)"))
    }
    return runs
  }

  /// The negative bound on the split that the protocol evaluates after `step` steps, in nats.
  func bound(at step: Int) -> EvaluationRecord? {
    evaluations.last { $0.step == step && $0.split == manifest.resolvedProtocol.evaluation.split }
  }

  /// Mean training negative ELBO over the `window` steps that end at `step`, or over those of the one record that ends there if
  /// it covers more; nil if no records cover just these.
  func trainingNegativeELBO(endingAt step: Int, window: Int = 200) -> Double? {
    if let result, result.steps == step { return result.trainNegativeELBO }
    if let last = training.last(where: { $0.step == step }), last.steps > window { return last.negativeELBO }
    let records = training.filter { $0.step > step - window && $0.step <= step }
    guard records.map(\.steps).reduce(0, +) == window, records.last?.step == step else { return nil }
    return records.map { $0.negativeELBO * Double($0.steps) }.reduce(0, +) / Double(window)
  }

  /// Seconds spent in training steps up to `step`, without evaluations; nil if the timing does not reach it.
  func trainingSeconds(upTo step: Int) -> Double? {
    guard let last = timing.last, last.step >= step else { return nil }
    return timing.filter { $0.step <= step }.map(\.trainingSeconds).reduce(0, +)
  }

  private static func decodeIfThere<Value: Decodable>(
    _ type: Value.Type, file: String, of run: String, in directory: String
  ) throws(ReportingError) -> Value? {
    guard FileManager.default.fileExists(atPath: directory + "/" + file) else { return nil }
    return try decode(type, file: file, of: run, in: directory)
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, file: String, of run: String, in directory: String
  ) throws(ReportingError) -> Value {
    do {
      return try JSONDecoder().decode(
        type, from: Data(contentsOf: URL(fileURLWithPath: directory + "/" + file)))
    } catch let error as DecodingError {
      throw .malformed(file: "\(run)/\(file)", place: error.place, expected: error.expectation)
    } catch {
      throw .malformed(
        file: "\(run)/\(file)", place: "the file", expected: "a readable file of a run directory")
    }
  }

  private static func lines<Value: Decodable>(
    _ type: Value.Type, file: String, of run: String, in directory: String
  ) throws(ReportingError) -> [Value] {
    guard let text = try? String(contentsOfFile: directory + "/" + file, encoding: .utf8) else { return [] }
    var values: [Value] = []
    let whole = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    for (number, line) in whole.enumerated() {
      do {
        values.append(try JSONDecoder().decode(type, from: Data(line.utf8)))
      } catch {
        let problem = error as? DecodingError
        throw .malformed(
          file: "\(run)/\(file)", place: "line \(number + 1), \(problem?.place ?? "top level")",
          expected: problem?.expectation ?? "a JSON object")
      }
    }
    return values
  }
}
