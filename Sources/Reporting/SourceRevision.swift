internal import Foundation

/// The revision of Armature's source that a program stands for, as far as it can be known.
package enum SourceRevision: Codable, Hashable, Sendable {
  case known(commit: String, modified: Bool)
  case unknown(reason: String)

  /// Asks git about the repository whose root is `repository`.
  ///
  /// Only a repository with this package at its root counts: any other one above the program says nothing about it.
  package static func of(
    repository: String?, git: ExternalProgram? = .find("git")
  ) -> SourceRevision {
    guard let repository else { return .unknown(reason: "the program does not lie in a source tree") }
    guard FileManager.default.fileExists(atPath: repository + "/.git") else {
      return .unknown(reason: "the source tree is not a git repository")
    }
    guard let git else { return .unknown(reason: "git was not found") }
    do throws(ExternalProgram.Failure) {
      let commit = try git.run(["rev-parse", "HEAD"], in: repository)
      // Reports are what a run writes: they must not make the revision they state look modified.
      let changes = try git.run(["status", "--porcelain", "--", ".", ":(exclude)Reports"], in: repository)
      return .known(
        commit: commit.trimmingCharacters(in: .whitespacesAndNewlines), modified: !changes.isEmpty)
    } catch {
      return .unknown(reason: error.description)
    }
  }

  /// The root of the source tree that holds this program, found upwards from the program's file.
  package static func treeOfProgram(
    executable: String? = Bundle.main.executableURL?.resolvingSymlinksInPath().path
  ) -> String? {
    guard let executable else { return nil }
    var folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
    while folder.path != "/" {
      let files = FileManager.default
      if files.fileExists(atPath: folder.appendingPathComponent("Package.swift").path),
        files.fileExists(atPath: folder.appendingPathComponent("Sources/GradientEstimators").path)
      {
        return folder.path
      }
      folder.deleteLastPathComponent()
    }
    return nil
  }

  var markdown: MarkdownText {
    switch self {
    case .known(let commit, let modified):
      "\(code: commit) (\(modified ? "with changes that are not committed" : "clean"))"
    case .unknown(let reason): "unknown: \(reason)"
    }
  }
}
