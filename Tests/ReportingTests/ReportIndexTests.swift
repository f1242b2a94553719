import Foundation
import Testing

@testable import Reporting

@Suite("The index of reports")
struct ReportIndexTests {
  private static let reports = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Reports").standardizedFileURL.path

  @Test("The committed index is what its command writes now: each report, each link, each picture is there")
  func current() throws {
    let index = ReportIndex(folder: Self.reports)
    let text = try String(contentsOfFile: Self.reports + "/README.md", encoding: .utf8)
    #expect(try index.text() == text, "./armature report --index Reports writes it again")
    for entry in try index.entries() {
      #expect(text.contains("](\(entry.file))") && entry.verdict != nil, "\(entry.file)")
    }
    for link in text.matches(of: /\]\(([^)]+)\)/) {
      #expect(FileManager.default.fileExists(atPath: "\(Self.reports)/\(link.output.1)"), "\(link.output.1)")
    }
  }

  @Test("A report gives its heading, its verdict and its first picture; the index is no report")
  func entries() throws {
    let folder = try TemporaryFolder()
    try folder.write("# B\n\n**It holds.**\n\n![One](figures/1.svg)\n\n![Two](figures/2.svg)\n", to: "b.md")
    try folder.write("# A *study*\n\n**No picture.**\n", to: "a.md")
    try folder.write("old", to: "README.md")
    let index = ReportIndex(folder: folder.path)
    #expect(try index.write() == folder.file("README.md"))
    let text = try folder.text("README.md")
    #expect(
      text.hasSuffix(
        "## [A *study*](a.md)\n\nNo picture.\n\n## [B](b.md)\n\nIt holds.\n\n![One](figures/1.svg)\n"))
    #expect(try index.text() == text)
    try folder.write("# C\n\n**New.**\n", to: "c.md")
    #expect(try index.text() != text, "a report that is not listed is found")
  }

  @Test("A folder without reports is one clear line")
  func empty() throws {
    let folder = try TemporaryFolder()
    #expect {
      _ = try ReportIndex(folder: folder.path).write()
    } throws: {
      "\($0)".contains("expected at least one report")
    }
    #expect(!folder.exists("README.md"))
  }
}
