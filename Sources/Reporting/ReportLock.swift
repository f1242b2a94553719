internal import Datasets
internal import Foundation

/// What a report can be replayed from: command, recipe, seeds, checksums and every reported number.
///
/// Lies beside the report, `NAME.lock.json` beside `NAME.md`; schema `armature.report-lock/1`, one line for each number.
/// Times are provenance, not results: no repetition gives them again, so they are no cells.
package struct ReportLock: Codable, Hashable, Sendable {
  package static let schema = "armature.report-lock/1"

  /// What a repetition on other hardware is held to, where bits may differ.
  package enum Held: String, Codable, Sendable {
    /// Equal everywhere: counts and verdicts.
    case exactly
    /// Computed without randomness: equal up to 1e-9 of the value plus 1e-10.
    case rounding
    /// A sampled number with its confidence interval: the two intervals overlap.
    case interval
    /// One of several seeds' values: paired over the seeds of its group, the mean difference is within 2 % of the recorded
    /// mean, by two one-sided t-tests at 5 %.
    case seeds
    /// A statistic of one random run, an e-value for example, or something that follows from cells that are held
    /// themselves: not compared.
    case notHeld
  }

  /// One reported number, or a verdict in words.
  package struct Cell: Codable, Hashable, Sendable {
    package var name: String
    /// The shortest decimal that reads back as the same number; or the text itself.
    package var value: String
    /// The number's bits as 16 hexadecimal digits; absent for whole numbers and text.
    package var bits: String?
    package var held: Held
    /// Confidence interval, where `held` is `interval`.
    package var lower: Double?
    package var upper: Double?
    /// What the values of other seeds have in common with this one, where `held` is `seeds`.
    package var group: String?
    /// What must be run to have this number: training runs, or stages of a verification.
    package var needs: [String]?
  }

  /// The machine, as far as bits depend on it.
  package struct Machine: Codable, Hashable, Sendable {
    package var processor: String
    package var architecture: String
    package var kernelFamily: String
  }

  /// A file that the report rests on.
  package struct File: Codable, Hashable, Sendable {
    package var name: String
    package var sha256: String
  }

  package var schema = Self.schema
  /// The report's file name and the SHA-256 of its text.
  package var report: File
  package var command: String
  package var revision: String
  package var level: ReproducibilityLevel
  package var seeds: [UInt64]
  package var machine: Machine
  package var recipe: ReplayRecipe
  /// Data, protocols and problems.
  package var files: [File]
  package var cells: [Cell]
  /// SHA-256 of all of the above.
  package var checksum = ""

  /// The lock's file name for a report's.
  package static func fileName(for report: String) -> String {
    (report.hasSuffix(".md") ? String(report.dropLast(3)) : report) + ".lock.json"
  }

  /// The checksum of the lock's content.
  func contentChecksum() throws -> String {
    var content = self
    content.checksum = ""
    return SHA256Stream.digest(of: Array(try LineJSON.line(content).utf8))
  }

  func text() throws -> String {
    let lines = LineJSON.object([
      try LineJSON.member("schema", schema), try LineJSON.member("report", report),
      try LineJSON.member("command", command), try LineJSON.member("revision", revision),
      try LineJSON.member("level", level), try LineJSON.member("seeds", seeds),
      try LineJSON.member("machine", machine), try LineJSON.member("recipe", recipe),
      try LineJSON.list("files", files), try LineJSON.list("cells", cells),
      try LineJSON.member("checksum", checksum),
    ])
    return lines.joined(separator: "\n") + "\n"
  }

  /// The lock of a report, and whether the report still has the text that it was written with.
  ///
  /// - Throws: `ReplayError` for a missing report or lock, a malformed one, or one of a newer schema.
  package static func load(report path: String) throws(ReplayError) -> (
    lock: ReportLock, reportIsIntact: Bool
  ) {
    let url = URL(fileURLWithPath: path)
    guard let text = try? Data(contentsOf: url) else { throw .noReport(path: path) }
    let file = url.deletingLastPathComponent()
      .appendingPathComponent(fileName(for: url.lastPathComponent)).relativePath
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: file)) else {
      throw .noLock(report: path, lock: file)
    }
    let lock = try decode(data, file: file)
    return (lock, SHA256Stream.digest(of: [UInt8](text)) == lock.report.sha256)
  }

  private static func decode(_ data: Data, file: String) throws(ReplayError) -> ReportLock {
    struct SchemaOnly: Decodable { let schema: String }
    do {
      let found = try JSONDecoder().decode(SchemaOnly.self, from: data).schema
      let parts = found.split(separator: "/")
      if parts.count == 2, parts[0] == "armature.report-lock", (Int(parts[1]) ?? 0) > 1 {
        throw ReplayError.newerSchema(lock: file, found: found)
      }
      guard found == schema else {
        throw ReplayError.malformed(lock: file, place: "schema", expected: "\(schema), not \(found)")
      }
      return try LineJSON.decode(ReportLock.self, from: data)
    } catch let error as ReplayError {
      throw error
    } catch let error as DecodingError {
      throw .malformed(lock: file, place: error.place, expected: error.expectation)
    } catch {
      throw .malformed(lock: file, place: "the file", expected: "JSON")
    }
  }
}

/// What has to be run again.
package enum ReplayRecipe: Codable, Hashable, Sendable {
  /// The battery, its mutants and the exact variances.
  case verification(of: VerificationRecipe)
  /// The toy study.
  case armToy(of: ArmToyRecipe)
  /// One of the other toy studies.
  case toy(of: ToyRecipe)
  /// The catalogue, which nothing is run for.
  case estimators
  /// The biases of formulas read in published code, on problems by their names.
  case releasedCode(problems: [String])
  /// Training runs.
  case training(of: TrainingRecipe)
  /// A study of gradient accuracy.
  case accuracy(of: AccuracyRecipe)
  /// Stored results, whose report is made again from them.
  case stored(of: StoredRecipe)
}

/// A report that cannot be replayed.
package enum ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
  case noReport(path: String)
  case noLock(report: String, lock: String)
  case malformed(lock: String, place: String, expected: String)
  case newerSchema(lock: String, found: String)
  case unknownCell(name: String, lock: String, suggestion: String?)
  case missingFile(name: String, reason: String)
  case cannotRerun(reason: String)

  package var description: String {
    switch self {
    case .noReport(let path): "\(path): expected a report that can be read"
    case .noLock(let report, let lock):
      "\(report): has no lock: expected \(lock); only a report that Armature wrote with its lock can be replayed"
    case .malformed(let lock, let place, let expected):
      "\(lock): \(place): expected \(expected); restore the file or regenerate the report"
    case .newerSchema(let lock, let found):
      "\(lock): schema: expected \(ReportLock.schema), found \(found) of a newer Armature; replay with that one"
    case .unknownCell(let name, let lock, let suggestion):
      "--only \(name): \(lock) has no such cell\(suggestion.map { "; did you mean \($0)?" } ?? "")"
    case .missingFile(let name, let reason): "\(name): \(reason)"
    case .cannotRerun(let reason): "the report cannot be replayed: \(reason)"
    }
  }
}
