internal import Datasets
internal import Foundation
internal import Verification

/// What a report is made of when it is made from stored results.
package enum StoredReportKind: String, CaseIterable, Sendable {
  case verification, benchmark, accuracy, estimators

  var inputs: String {
    switch self {
    case .verification: "the JSON of armature verify --json, and of verify --mutants --json"
    case .benchmark: "run directories of armature train, or folders of them (armature sweep)"
    case .accuracy: "accuracy.json of armature accuracy"
    case .estimators: "the file of armature baseline record"
    }
  }
}

/// Stored results of one kind, read and checked before anything is written.
struct StoredInputs {
  enum Item {
    case verification(StoredVerification)
    case mutants(MutationResult)
    case run(RecordedRun)
    case accuracy(AccuracyResult)
    case baseline(Baseline)

    var kind: StoredReportKind {
      switch self {
      case .verification, .mutants: .verification
      case .run: .benchmark
      case .accuracy: .accuracy
      case .baseline: .estimators
      }
    }
  }

  let kind: StoredReportKind
  let items: [Item]
  /// The input files with their checksums, by name.
  let files: [ReportLock.File]

  /// - Throws: `ReportingError.malformed` for an input that is missing or nothing of `expected`, `.mixedRuns` for inputs of
  ///   several kinds.
  init(_ paths: [String], expected: StoredReportKind?) throws(ReportingError) {
    var items: [Item] = []
    var files: [ReportLock.File] = []
    var found: StoredReportKind?
    for path in paths {
      for (item, file) in try Self.read(path) {
        if let expected, item.kind != expected {
          throw .malformed(
            file: path, place: "the input", expected: "\(expected.inputs), not the results of another kind")
        }
        if let found, found != item.kind {
          throw .mixedRuns(
            file: path,
            reason: "these are results of kind \(item.kind.rawValue), those before of kind \(found.rawValue)")
        }
        found = item.kind
        items.append(item)
        files.append(file)
        if case .run(let run) = item, let inspection = run.inspectionInput { files.append(inspection) }
      }
    }
    guard let found else {
      throw .malformed(file: paths.first ?? "the inputs", place: "the input", expected: "stored results")
    }
    kind = found
    self.items = items
    self.files = files.sorted { ($0.name, $0.sha256) < ($1.name, $1.sha256) }
  }

  private static func read(_ path: String) throws(ReportingError) -> [(Item, ReportLock.File)] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw .malformed(file: path, place: "the input", expected: "a file or a folder that exists")
    }
    // A path that ends in a slash and a dot is there for folders only.
    guard FileManager.default.fileExists(atPath: path + "/.") else { return [try file(path)] }
    if FileManager.default.fileExists(atPath: path + "/run.json") { return [try run(path)] }
    if FileManager.default.fileExists(atPath: path + "/" + AccuracyReport.resultFileName) {
      return [try file(path + "/" + AccuracyReport.resultFileName)]
    }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    var runs: [(Item, ReportLock.File)] = []
    for name in names where FileManager.default.fileExists(atPath: "\(path)/\(name)/run.json") {
      runs.append(try run("\(path)/\(name)"))
    }
    guard !runs.isEmpty else {
      throw .malformed(
        file: path, place: "the folder",
        expected: "a run directory, folders of run directories, or accuracy.json")
    }
    return runs
  }

  private static func run(_ path: String) throws(ReportingError) -> (Item, ReportLock.File) {
    let run = try RecordedRun.load(path)
    let metrics = (try? Data(contentsOf: URL(fileURLWithPath: path + "/metrics.jsonl"))) ?? Data()
    return (
      .run(run),
      ReportLock.File(name: "metrics: \(run.name)", sha256: SHA256Stream.digest(of: [UInt8](metrics)))
    )
  }

  private static func file(_ path: String) throws(ReportingError) -> (Item, ReportLock.File) {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw .malformed(file: path, place: "the file", expected: "a file that can be read")
    }
    let name = (path as NSString).lastPathComponent
    let file = ReportLock.File(name: "input: \(name)", sha256: SHA256Stream.digest(of: [UInt8](data)))
    do {
      return (try item(data, path: path), file)
    } catch let error as ReportingError {
      throw error
    } catch let error as DecodingError {
      throw .malformed(file: path, place: error.place, expected: error.expectation)
    } catch {
      throw .malformed(file: path, place: "the file", expected: "\(error)")
    }
  }

  /// What a JSON file holds, by its schema or, in files without one, by its keys.
  private static func item(_ data: Data, path: String) throws -> Item {
    struct Header: Decodable {
      let schema: String?
      let isVerification: Bool
      let isMutation: Bool

      private enum CodingKeys: String, CodingKey { case schema, verdicts, mutants }

      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        schema = try container.decodeIfPresent(String.self, forKey: .schema)
        isVerification = container.contains(.verdicts)
        isMutation = container.contains(.mutants)
      }
    }
    let decoder = JSONDecoder()
    let header = try decoder.decode(Header.self, from: data)
    switch header.schema {
    case AccuracyResult.schema: return .accuracy(try decoder.decode(AccuracyResult.self, from: data))
    case .some(let schema) where schema.hasPrefix("armature.baseline/"):
      return .baseline(try Baseline.load(path))
    case StoredVerification.schema:
      return .verification(try decoder.decode(StoredVerification.self, from: data))
    case nil where header.isVerification:
      return .verification(try decoder.decode(StoredVerification.self, from: data))
    case nil where header.isMutation: return .mutants(try decoder.decode(MutationResult.self, from: data))
    default:
      let known = StoredReportKind.allCases.map(\.inputs).joined(separator: "; ")
      throw ReportingError.malformed(
        file: path, place: "schema",
        expected: "stored results (\(known)), not \(header.schema ?? "a file without schema")")
    }
  }
}
