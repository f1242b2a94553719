internal import Datasets
internal import Foundation
package import Training

/// What a report needs to know about the invocation that writes it.
package struct ReportContext: Sendable {
  /// The command that regenerates the report, relative to the root of the source tree.
  package var command: String
  /// Where the report goes; its figures go into the folder `figures` inside.
  package var output: String
  package var threads: Int
  package var revision: SourceRevision
  package var host: HostDescription
  package var software: SoftwareVersions
  /// The program that draws figures; without it a report says that they are missing.
  package var gnuplot: ExternalProgram?
  package var started: String
  /// The licence of the source tree, by the head of its file; nil where there is none.
  package var licence: String?
  /// Seconds since the start, read when a report is written; nil where stored results do not say.
  package var elapsed: @Sendable () -> Double?
  /// Whether each report is also written as an HTML page.
  package var html = false

  package init(
    command: String, output: String, threads: Int, revision: SourceRevision, host: HostDescription,
    software: SoftwareVersions, gnuplot: ExternalProgram?, started: String, licence: String? = nil,
    elapsed: @escaping @Sendable () -> Double?
  ) {
    self.licence = licence
    self.command = command
    self.output = output
    self.threads = threads
    self.revision = revision
    self.host = host
    self.software = software
    self.gnuplot = gnuplot
    self.started = started
    self.elapsed = elapsed
  }

  /// The context of a command that starts now on this machine; `arguments` are the words after the program's name.
  package static func current(arguments: [String], output: String, threads: Int) -> ReportContext {
    let tree = SourceRevision.treeOfProgram()
    let gnuplot = ExternalProgram.find("gnuplot")
    let start = ContinuousClock.now
    return ReportContext(
      command: portableCommand(arguments, tree: tree), output: output, threads: threads,
      revision: .of(repository: tree), host: .current(), software: .current(gnuplot: gnuplot),
      gnuplot: gnuplot, started: Date().ISO8601Format(), licence: licence(ofTree: tree),
      elapsed: {
        let elapsed = (ContinuousClock.now - start).components
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
      })
  }

  /// The first two lines of the tree's licence: name and version.
  static func licence(ofTree tree: String?) -> String? {
    guard let tree, let text = try? String(contentsOfFile: tree + "/LICENSE", encoding: .utf8) else {
      return nil
    }
    let lines = text.split(separator: "\n").lazy.map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    return lines.isEmpty ? nil : lines.prefix(2).joined(separator: ", ")
  }

  /// The command as a reader can type it: paths inside of the source tree relative to it, of other absolute paths only
  /// the last part, for the rest would say something about one machine.
  static func portableCommand(_ arguments: [String], tree: String?) -> String {
    let words = arguments.map { word in
      let path = word.split(separator: "=", maxSplits: 1).last.map(String.init) ?? word
      guard path.hasPrefix("/") else { return word }
      let prefix = String(word.dropLast(path.count))
      if let tree, path == tree { return prefix + "." }
      if let tree, path.hasPrefix(tree + "/") { return String(prefix + path.dropFirst(tree.count + 1)) }
      return prefix + (path as NSString).lastPathComponent
    }
    return (["./armature"] + words.map(shellWord)).joined(separator: " ")
  }

  private static func shellWord(_ word: String) -> String {
    let plain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=,+@%".contains($0)) }
    return plain && !word.isEmpty ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }

  func provenance(
    level: ReproducibilityLevel, seeds: [UInt64], data: [DataFileRecord] = []
  ) -> Provenance {
    Provenance(
      revision: revision, command: command, level: level, seeds: seeds, data: data, threads: threads,
      host: host,
      software: software, started: started, wallSeconds: elapsed())
  }

  /// What a training run records about the program and the machine.
  package var trainingFacts: ProvenanceFacts {
    let versions = ProvenanceFacts.Versions(
      swift: software.compiler, gsl: software.gsl, kernelFamily: software.kernelFamily,
      vectors: software.vectors)
    switch revision {
    case .known(let commit, let modified):
      return ProvenanceFacts(
        revision: commit, treeState: modified ? .modified : .clean, versions: versions, cpu: host.processor)
    case .unknown(let reason):
      return ProvenanceFacts(
        revision: "unknown: \(reason)", treeState: .unknown, versions: versions, cpu: host.processor)
    }
  }
}
