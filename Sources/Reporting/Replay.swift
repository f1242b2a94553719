internal import Datasets
internal import ExactExpectations
internal import Foundation
internal import GradientEstimators

/// A report run again from its lock, every number held against the recorded one.
///
/// Where architecture and kernel family are those of the lock (level R1; for R0 the processor, too), numbers must have
/// the same bits. Elsewhere they are held to an equivalence that the lock states for each: see `ReportLock.Held`.
package struct Replay: Sendable {
  package let reportPath: String
  package let lock: ReportLock
  package let here: ReportLock.Machine
  private let reportIsIntact: Bool

  /// - Throws: `ReplayError` for a missing or malformed report or lock.
  package init(report path: String, here: ReportLock.Machine) throws(ReplayError) {
    reportPath = path
    (lock, reportIsIntact) = try ReportLock.load(report: path)
    self.here = here
  }

  /// What the numbers are held to on this machine.
  package var level: ReproducibilityLevel {
    let isOneFamily =
      lock.machine.architecture == here.architecture && lock.machine.kernelFamily == here.kernelFamily
    guard isOneFamily, lock.level != .statistical else { return .statistical }
    let isOneMachine = lock.machine.processor == here.processor
    return lock.level == .sameBinary && !isOneMachine ? .statistical : lock.level
  }

  /// The cells of a name, or all below it; every cell without one.
  ///
  /// - Throws: `ReplayError.unknownCell` with the nearest name.
  package func cells(only name: String?) throws(ReplayError) -> [ReportLock.Cell] {
    guard let name else { return lock.cells }
    let chosen = lock.cells.filter { $0.name == name || $0.name.hasPrefix(name + "/") }
    guard chosen.isEmpty else { return chosen }
    let nearest = lock.cells.map(\.name).min {
      editDistance(name, $0) < editDistance(name, $1)
    }
    throw .unknownCell(
      name: name, lock: ReportLock.fileName(for: (reportPath as NSString).lastPathComponent),
      suggestion: nearest)
  }

  /// What must be run for some cells; nil where they do not say, so that everything must be.
  package func needs(of cells: [ReportLock.Cell]) -> Set<String>? {
    // An equivalence over seeds takes all seeds of the group.
    let groups = level == .statistical ? Set(cells.compactMap(\.group)) : []
    let all = cells + lock.cells.filter { groups.contains($0.group ?? "") }
    guard all.allSatisfy({ $0.needs != nil }) else { return nil }
    return Set(all.flatMap { $0.needs ?? [] })
  }

  /// Whether report, lock and the files in the source tree are what was recorded; needs no run.
  ///
  /// - Throws: `ReplayError.missingFile` for a protocol or problem that is not there.
  package func integrity() throws(ReplayError) -> [ReplayResult.Row] {
    var rows: [ReplayResult.Row] = []
    if !reportIsIntact {
      rows.append(
        .init(
          name: "text of the report", recorded: lock.report.sha256, replayed: "other text",
          status: .different,
          reason: "the report is not as it was written with its lock"))
    }
    if (try? lock.contentChecksum()) != lock.checksum {
      rows.append(
        .init(
          name: "checksum of the lock", recorded: lock.checksum, replayed: "other content",
          status: .different,
          reason: "the lock is not as it was written"))
    }
    let found = try ReplayFiles(lock: lock).found()
    for file in lock.files {
      guard let now = found[file.name], now != file.sha256 else { continue }
      rows.append(
        .init(
          name: file.name, recorded: file.sha256, replayed: now, status: .different,
          reason: "SHA-256 of another file"))
    }
    return rows
  }

  /// Runs what the cells need and compares.
  ///
  /// - Throws: `ReplayError`, or what the runs throw.
  package func run(only name: String?, runner: ReplayRunner) async throws -> ReplayResult {
    let chosen = try cells(only: name)
    let rows = try integrity()
    let replayed = try await runner.run(lock.recipe, needs: needs(of: chosen))
    let comparison = ReplayComparison(
      recorded: lock.cells, replayed: replayed.cells, level: level, files: lock.files,
      replayedFiles: replayed.files)
    return ReplayResult(
      report: reportPath, level: level, rows: rows + comparison.files + chosen.map(comparison.row))
  }
}

/// What became of each number of a replayed report.
package struct ReplayResult: Codable, Sendable {
  package enum Status: String, Codable, Sendable, CaseIterable {
    case same, equivalent, different
    case notCompared = "not compared"
  }

  package struct Row: Codable, Hashable, Sendable {
    package var name: String
    package var recorded: String
    package var replayed: String
    package var status: Status
    /// By what test a number is equivalent, or why it is different or not compared.
    package var reason: String?
  }

  package var schema = "armature.replay/1"
  package let report: String
  package let level: ReproducibilityLevel
  package let rows: [Row]

  package init(report: String, level: ReproducibilityLevel, rows: [Row]) {
    self.report = report
    self.level = level
    self.rows = rows
  }

  package var different: [Row] { rows.filter { $0.status == .different } }
  package var holds: Bool { different.isEmpty }

  /// The verdict in one line.
  package var summary: String {
    let counts = Status.allCases.compactMap { status -> String? in
      let count = rows.count { $0.status == status }
      return count == 0 ? nil : "\(NumberFormatting.count(count)) \(status.rawValue)"
    }.joined(separator: ", ")
    let how = level == .statistical ? "equivalence (R2)" : "bits (\(level.rawValue))"
    let names = different.prefix(5).map(\.name).joined(separator: "; ")
    let more = different.count > 5 ? " and \(different.count - 5) more" : ""
    return holds
      ? "PASS: \(report): \(counts), held to \(how)"
      : "FAIL: \(report): \(counts), held to \(how); different: \(names)\(more)"
  }
}

/// The checksums of the protocols and problems of the source tree that a lock names.
struct ReplayFiles {
  let lock: ReportLock

  /// By the lock's names; data files are read, and so checked, by the runs.
  func found() throws(ReplayError) -> [String: String] {
    var found: [String: String] = [:]
    for file in lock.files {
      if let name = Self.suffix(of: file.name, after: "protocol: ") {
        found[file.name] = try Self.protocolChecksum(name)
      } else if let name = Self.suffix(of: file.name, after: "problem: ") {
        found[file.name] = try Self.problemChecksum(name)
      }
    }
    return found
  }

  static func protocolURL(_ name: String) throws(ReplayError) -> URL {
    try url(name + ".yaml", in: "Protocols")
  }

  static func publishedURL(_ file: String) throws(ReplayError) -> URL { try url(file, in: "Published") }

  private static func url(_ file: String, in folder: String) throws(ReplayError) -> URL {
    do throws(DatasetError) {
      return try FixturesFolder.locate(folder).appendingPathComponent(file)
    } catch {
      throw .missingFile(name: "Fixtures/\(folder)/\(file)", reason: error.description)
    }
  }

  private static func protocolChecksum(_ name: String) throws(ReplayError) -> String {
    let url = try protocolURL(name)
    guard let data = try? Data(contentsOf: url) else {
      throw .missingFile(
        name: "Fixtures/Protocols/\(name).yaml", reason: "expected the protocol that the report was made with"
      )
    }
    return SHA256Stream.digest(of: [UInt8](data))
  }

  private static func problemChecksum(_ name: String) throws(ReplayError) -> String {
    guard let problems = try? StandardProblems.load() else {
      throw .missingFile(name: "Fixtures/Problems", reason: "expected the problems of the report")
    }
    guard let problem = problems.first(where: { $0.name == name }) else {
      throw .missingFile(
        name: "problem \"\(name)\"", reason: "expected in Fixtures/Problems: the report was made with it")
    }
    return ReportLock.File(problem).sha256
  }

  private static func suffix(of text: String, after prefix: String) -> String? {
    text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
  }
}
