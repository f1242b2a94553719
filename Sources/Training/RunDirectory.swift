public import Foundation

/// Which of a run's parameters are meant.
public enum RunCheckpoint: String, CaseIterable, Hashable, Sendable {
  /// Those of the evaluation with the lowest bound so far; only where the protocol selects.
  case best
  /// Those of the last checkpoint.
  case last
}

/// A run directory: `run.json`, `metrics.jsonl`, `timing.jsonl`, `checkpoint.safetensors`, where the protocol selects
/// parameters `best.safetensors`, and, once the run is finished, `result.json`.
public struct RunDirectory: Hashable, Sendable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  public var manifestFile: URL { url.appending(path: "run.json") }
  public var metricsFile: URL { url.appending(path: "metrics.jsonl") }
  public var timingFile: URL { url.appending(path: "timing.jsonl") }
  public var checkpointFile: URL { url.appending(path: "checkpoint.safetensors") }
  public var bestFile: URL { url.appending(path: "best.safetensors") }
  public var resultFile: URL { url.appending(path: "result.json") }

  /// What the run is.
  ///
  /// - Throws: `TrainingError` where the folder is no run directory of this format.
  public func manifest() throws(TrainingError) -> RunManifest {
    guard let bytes = try read(manifestFile) else {
      throw .notARun(folder: url.path, reason: "no run.json in it")
    }
    // The schema first, because another version's file may lack what this version's has.
    let schema = try RunCoding.decode(bytes, as: Header.self, file: manifestFile).schema
    guard schema == RunManifest.schema else {
      throw .notARun(
        folder: url.path,
        reason: "run.json has schema \(schema) of another version of this program, not \(RunManifest.schema)")
    }
    return try RunCoding.decode(bytes, as: RunManifest.self, file: manifestFile)
  }

  private struct Header: Decodable {
    let schema: String
  }

  /// The metrics so far. A last line without end is still being written and is left out.
  public func metrics() throws(TrainingError) -> [MetricRecord] {
    try records(MetricRecord.self, of: metricsFile)
  }

  /// Wall-clock times so far.
  public func timing() throws(TrainingError) -> [TimingRecord] {
    try records(TimingRecord.self, of: timingFile)
  }

  /// The outcome, or nil where the run is not finished.
  public func result() throws(TrainingError) -> RunResult? {
    guard let bytes = try read(resultFile) else { return nil }
    return try RunCoding.decode(bytes, as: RunResult.self, file: resultFile)
  }

  func records<Record: Decodable>(_: Record.Type, of file: URL) throws(TrainingError) -> [Record] {
    var lines = (try read(file) ?? Data()).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    lines.removeLast()
    var records: [Record] = []
    for line in lines { records.append(try RunCoding.decode(Data(line), as: Record.self, file: file)) }
    return records
  }

  /// The bytes of a file, or nil where there is none.
  func read(_ file: URL) throws(TrainingError) -> Data? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    do { return try Data(contentsOf: file) } catch {
      throw .damaged(file: file.path, reason: error.localizedDescription)
    }
  }
}
