import Foundation
import Testing

@testable import Reporting

@Suite("Provenance")
struct ProvenanceTests {
  @Test("Without a source tree or without git the revision is unknown, with the reason")
  func unknownRevision() throws {
    let folder = try TemporaryFolder()
    #expect(
      SourceRevision.of(repository: nil) == .unknown(reason: "the program does not lie in a source tree"))
    #expect(
      SourceRevision.of(repository: folder.path)
        == .unknown(reason: "the source tree is not a git repository"))
    try folder.write("", to: ".git/HEAD")
    #expect(SourceRevision.of(repository: folder.path, git: nil) == .unknown(reason: "git was not found"))
  }

  @Test("A commit is named, a change is seen, and a regenerated report is no change")
  func revision() throws {
    let folder = try TemporaryFolder()
    guard let git = ExternalProgram.find("git") else { return }
    try folder.write("x", to: "a")
    _ = try git.run(["init", "-q"], in: folder.path)
    _ = try git.run(["add", "a"], in: folder.path)
    _ = try git.run(
      ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "t"], in: folder.path)
    let commit = try git.run(["rev-parse", "HEAD"], in: folder.path).trimmingCharacters(in: .newlines)
    #expect(SourceRevision.of(repository: folder.path) == .known(commit: commit, modified: false))
    try folder.write("x", to: "Reports/new.md")
    #expect(SourceRevision.of(repository: folder.path) == .known(commit: commit, modified: false))
    try folder.write("y", to: "a")
    #expect(SourceRevision.of(repository: folder.path) == .known(commit: commit, modified: true))
  }

  @Test("The source tree is found upwards from the program, and only there")
  func tree() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "Package.swift")
    try folder.write("", to: "Sources/GradientEstimators/a.swift")
    #expect(SourceRevision.treeOfProgram(executable: folder.file(".build/release/armature")) == folder.path)
    #expect(SourceRevision.treeOfProgram(executable: "/usr/bin/armature") == nil)
  }

  @Test(
    "A command is written without the paths of one machine",
    arguments: [
      (["verify", "--alpha", "1e-6"], "./armature verify --alpha 1e-6"),
      (["train", "/src/tree/Fixtures/p.yaml"], "./armature train Fixtures/p.yaml"),
      (["train", "--data", "/home/me/mnist"], "./armature train --data mnist"),
      (["train", "--data=/home/me/mnist", "--output=/src/tree"], "./armature train --data=mnist --output=."),
      (["train", "a b's"], "./armature train 'a b'\\''s'"),
    ])
  func command(arguments: [String], text: String) {
    #expect(ReportContext.portableCommand(arguments, tree: "/src/tree") == text)
  }

  @Test("Processor and system are read from the texts that Linux keeps")
  func host() {
    #expect(
      HostDescription.processorModel(cpuinfo: "processor\t: 0\nmodel name\t: Some  CPU @ 2.0GHz\n")
        == "Some CPU @ 2.0GHz")
    #expect(HostDescription.processorModel(cpuinfo: "") == "unknown")
    #expect(HostDescription.systemName(osRelease: "NAME=x\nPRETTY_NAME=\"Debian 12\"\n") == "Debian 12")
  }

  @Test("The provenance block names command, level, checksums and versions")
  func block() {
    let context = fixedContext(output: "unused")
    var document = MarkdownDocument()
    context.provenance(level: .sameBinary, seeds: [1, 2]).write(into: &document)
    let text = document.text
    #expect(
      text.hasPrefix("Regenerate from the root of the source tree with\n\n```sh\n./armature reproduce\n```"))
    #expect(text.contains("Reproducibility R0: the same machine and program give the same bits"))
    for part in [
      "`0123456789abcdef` (clean)", "1, 2", "Test CPU, 2 cores", "4.0 GiB", "armature-1, vectors avx2",
      "1 min 2 s",
    ] {
      #expect(text.contains(part))
    }
  }

  @Test("A provenance survives JSON")
  func coding() throws {
    let provenance = fixedContext(output: "unused").provenance(level: .statistical, seeds: [7])
    let data = try JSONEncoder().encode(provenance)
    #expect(try JSONDecoder().decode(Provenance.self, from: data) == provenance)
  }

  @Test("This machine can be described")
  func current() {
    let context = ReportContext.current(arguments: ["verify"], output: "unused", threads: 1)
    #expect(context.host.cores > 0 && context.host.memoryBytes > 0 && !context.host.processor.isEmpty)
    #expect(!context.software.gsl.isEmpty && !context.software.kernelFamily.isEmpty)
    #expect(context.command == "./armature verify" && (context.elapsed() ?? -1) >= 0)
  }
}
