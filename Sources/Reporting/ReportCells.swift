internal import Datasets
internal import ExactExpectations

/// The numbers of one report, collected where they are written.
///
/// Each number passes through here on its way into the report's text, so text and lock cannot differ: a number's name is
/// given, and the number comes back to be formatted.
package final class ReportCells {
  package private(set) var cells: [ReportLock.Cell] = []
  private var names: Set<String> = []

  package init() {}

  /// A number that is computed without randomness.
  func exact(_ name: String, _ value: Double, needs: [String]? = nil) -> Double {
    number(name, value, held: .rounding, needs: needs)
  }

  func number(
    _ name: String, _ value: Double, held: ReportLock.Held, interval: ClosedRange<Double>? = nil,
    group: String? = nil, needs: [String]? = nil
  ) -> Double {
    let bits = String(value.bitPattern, radix: 16)
    add(
      ReportLock.Cell(
        name: name, value: "\(value)", bits: String(repeating: "0", count: 16 - bits.count) + bits,
        held: held, lower: interval?.lowerBound, upper: interval?.upperBound, group: group, needs: needs))
    return value
  }

  func count(
    _ name: String, _ value: Int, held: ReportLock.Held = .exactly, needs: [String]? = nil
  ) -> Int {
    add(ReportLock.Cell(name: name, value: "\(value)", held: held, needs: needs))
    return value
  }

  /// A verdict in words.
  func text(
    _ name: String, _ value: String, held: ReportLock.Held = .exactly, needs: [String]? = nil
  ) -> String {
    add(ReportLock.Cell(name: name, value: value, held: held, needs: needs))
    return value
  }

  /// - Precondition: no other number of the report has this name.
  private func add(_ cell: ReportLock.Cell) {
    precondition(names.insert(cell.name).inserted, "two numbers of a report are called \(cell.name)")
    cells.append(cell)
  }
}

extension ReportContext {
  /// Writes a report with its lock beside it, and returns the report's path.
  ///
  /// - Throws: `ReportingError.unwritable`.
  func write(
    _ document: MarkdownDocument, to file: String, in folder: ReportFolder, cells: ReportCells,
    recipe: ReplayRecipe, provenance: Provenance
  ) throws(ReportingError) -> String {
    let text = document.text
    var lock = ReportLock(
      report: .init(name: file, sha256: SHA256Stream.digest(of: Array(text.utf8))), command: command,
      revision: provenance.revision.summary, level: provenance.level, seeds: provenance.seeds,
      machine: .init(
        processor: host.processor, architecture: host.architecture, kernelFamily: software.kernelFamily),
      recipe: recipe,
      files: provenance.data.map { .init(name: $0.name, sha256: $0.contentSHA256) } + provenance.files,
      cells: cells.cells)
    do {
      lock.checksum = try lock.contentChecksum()
      try folder.write(try lock.text(), to: ReportLock.fileName(for: file))
    } catch let error as ReportingError {
      throw error
    } catch {
      throw .unwritable(path: ReportLock.fileName(for: file), reason: "\(error)")
    }
    if html {
      try folder.write(
        try HTMLPage(document: document, folder: folder.path).text(), to: Self.htmlFile(for: file))
    }
    return try folder.write(text, to: file)
  }

  /// The name of a report's HTML page.
  static func htmlFile(for report: String) -> String {
    (report.hasSuffix(".md") ? String(report.dropLast(3)) : report) + ".html"
  }
}

extension ReportLock.File {
  /// A problem, by the checksum of its canonical JSON.
  init(_ problem: Problem) {
    let entry = Baseline.ProblemEntry(problem)
    self.init(name: "problem: \(entry.name)", sha256: entry.sha256)
  }
}

extension SourceRevision {
  /// The commit and whether it was changed, in one line.
  var summary: String {
    switch self {
    case .known(let commit, let modified): commit + (modified ? ", modified" : "")
    case .unknown(let reason): "unknown: \(reason)"
    }
  }
}
