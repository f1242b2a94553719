internal import Foundation

/// `README.md` of a folder of reports: one line and one picture of each, from the reports' own text.
package struct ReportIndex: Sendable {
  package static let fileName = "README.md"

  struct Entry: Hashable, Sendable {
    let file: String
    /// The first heading, as Markdown.
    let title: String
    /// The first bold paragraph, as Markdown.
    let verdict: String?
    /// The first image with its alternative text, as Markdown.
    let image: String?
  }

  let folder: String

  package init(folder: String) { self.folder = folder }

  /// Writes the index and returns its path.
  ///
  /// - Throws: `ReportingError.malformed` where the folder has no report, `.unwritable`.
  @discardableResult
  package func write() throws(ReportingError) -> String {
    let text = try text()
    return try ReportFolder(path: folder, gnuplot: nil).write(text, to: Self.fileName)
  }

  /// The index's text, a function of the reports.
  func text() throws(ReportingError) -> String {
    let entries = try entries()
    let sections = entries.map { entry in
      ["## [\(entry.title)](\(entry.file))", entry.verdict, entry.image].compactMap(\.self)
        .joined(separator: "\n\n")
    }
    let head = """
      # Reports

      One line and one picture of each report; `./armature report --index \((folder as NSString).lastPathComponent)` writes this \
      page from the reports themselves. Each of them begins with the command that makes it again and with where its numbers come from.
      """
    return ([head] + sections).joined(separator: "\n\n") + "\n"
  }

  func entries() throws(ReportingError) -> [Entry] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw .malformed(file: folder, place: "the folder", expected: "a folder of reports")
    }
    var entries: [Entry] = []
    for name in names.sorted() where name.hasSuffix(".md") && name != Self.fileName {
      guard let text = try? String(contentsOfFile: folder + "/" + name, encoding: .utf8) else {
        throw .malformed(file: folder + "/" + name, place: "the file", expected: "a report that can be read")
      }
      entries.append(Self.entry(text, file: name))
    }
    guard !entries.isEmpty else {
      throw .malformed(file: folder, place: "the folder", expected: "at least one report")
    }
    return entries
  }

  private static func entry(_ text: String, file: String) -> Entry {
    let lines = text.split(separator: "\n").map(String.init)
    let title = lines.first { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
    let verdict = lines.first { $0.hasPrefix("**") && $0.hasSuffix("**") }
    return Entry(
      file: file, title: title ?? file, verdict: verdict.map { String($0.dropFirst(2).dropLast(2)) },
      image: lines.first { $0.hasPrefix("![") })
  }
}
