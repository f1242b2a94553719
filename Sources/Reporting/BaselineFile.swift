internal import Foundation

extension Baseline {
  /// Reads a baseline.
  ///
  /// - Throws: `BaselineError` for a missing, malformed or newer file.
  package static func load(_ path: String) throws(BaselineError) -> Baseline {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { throw .unreadable(file: path) }
    do {
      let found = try JSONDecoder().decode(SchemaOnly.self, from: data).schema
      guard found == schema else {
        if isNewer(found) { throw BaselineError.newerSchema(file: path, found: found) }
        throw BaselineError.malformed(file: path, place: "schema", expected: "\(schema), not \(found)")
      }
      let baseline = try LineJSON.decode(Baseline.self, from: data)
      try baseline.validate(file: path)
      return baseline
    } catch let error as BaselineError {
      throw error
    } catch let error as DecodingError {
      throw .malformed(file: path, place: error.place, expected: error.expectation)
    } catch {
      throw .malformed(file: path, place: "the file", expected: "JSON")
    }
  }

  /// Writes the baseline, whole or not at all; an existing file is replaced only if it is a baseline.
  ///
  /// - Throws: `BaselineError.notABaseline`, `.unwritable`.
  package func write(to path: String) throws(BaselineError) {
    try Self.requireReplaceable(path)
    do {
      try Data(text().utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .unwritable(file: path, reason: (error as NSError).localizedDescription)
    }
  }

  /// Finds out before the work whether a baseline can be written to `path`.
  ///
  /// - Throws: `BaselineError.notABaseline`, `.unwritable`.
  package static func requireReplaceable(_ path: String) throws(BaselineError) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    guard FileManager.default.isWritableFile(atPath: folder + "/."), !url.hasDirectoryPath else {
      throw .unwritable(file: path, reason: "its folder is missing or read-only")
    }
    guard FileManager.default.fileExists(atPath: path) else { return }
    let found = (try? Data(contentsOf: url)).flatMap { try? JSONDecoder().decode(SchemaOnly.self, from: $0) }
    guard found?.schema.hasPrefix("armature.baseline/") == true else { throw .notABaseline(file: path) }
  }

  /// The file's text: a line for each estimator and problem.
  func text() throws -> String {
    let recorded = try estimators.map { estimator in
      var members = [try LineJSON.member("name", estimator.name)]
      if let bias = estimator.declaredBias { members.append(try LineJSON.member("declaredBias", bias)) }
      if let instructions = estimator.instructions {
        members.append(try LineJSON.member("instructions", instructions))
      }
      return LineJSON.object(members + [try LineJSON.list("records", estimator.records)])
    }
    let lines = LineJSON.object([
      try LineJSON.member("schema", schema), try LineJSON.members("program", program),
      try LineJSON.member("falseAlarmRate", falseAlarmRate), try LineJSON.list("problems", problems),
      LineJSON.list("estimators", lines: recorded), try LineJSON.list("timing", timing),
    ])
    return lines.joined(separator: "\n") + "\n"
  }

  /// Finds out whether findings on `others` can be held against the recorded ones.
  ///
  /// - Throws: `BaselineError.otherProblems` with the first problem that differs.
  package func requireProblems(_ others: [ProblemEntry], file: String) throws(BaselineError) {
    let old = Dictionary(problems.map { ($0.name, $0.sha256) }) { first, _ in first }
    let new = Dictionary(others.map { ($0.name, $0.sha256) }) { first, _ in first }
    for name in Set(old.keys).union(new.keys).sorted() where old[name] != new[name] {
      throw .otherProblems(file: file, problem: name)
    }
  }

  /// Every record belongs to a problem and has one number for each of its logits.
  private func validate(file: String) throws(BaselineError) {
    for estimator in estimators {
      for record in estimator.records {
        let counts = [
          record.gradient.count, record.exact?.mean.count, record.exact?.variance.count,
          record.sampled?.mean.count,
          record.sampled?.squaredDeviation.count,
        ].compactMap(\.self)
        guard Set(counts).count == 1, problems.contains(where: { $0.name == record.problem }) else {
          throw .malformed(
            file: file, place: "estimator \(estimator.name), problem \"\(record.problem)\"",
            expected: "a problem of the baseline and one number for each of its logits")
        }
      }
    }
  }

  private struct SchemaOnly: Decodable { let schema: String }

  private static func isNewer(_ found: String) -> Bool {
    let parts = found.split(separator: "/")
    return parts.count == 2 && parts[0] == "armature.baseline" && (Int(parts[1]) ?? 0) > 1
  }
}
