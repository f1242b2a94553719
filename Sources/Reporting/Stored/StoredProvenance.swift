internal import Training

/// Where stored results come from, as far as they say: the program and the machine that computed them.
package struct StoredProvenance: Codable, Hashable, Sendable {
  package var revision: SourceRevision
  package var host: HostDescription
  package var software: SoftwareVersions

  package init(context: ReportContext) {
    revision = context.revision
    host = context.host
    software = context.software
  }

  /// What stands where an input says nothing.
  static let notStated = "not stated by the input"

  static let unknown = StoredProvenance(
    revision: .unknown(reason: notStated), processor: notStated, kernelFamily: notStated)

  /// `architecture` follows from the vectors where they are AVX's.
  init(
    revision: SourceRevision, processor: String, kernelFamily: String, compiler: String = notStated,
    toolchain: String = notStated, gsl: String = notStated, vectors: String = notStated,
    architecture: String? = nil
  ) {
    self.revision = revision
    host = HostDescription(
      processor: processor, cores: 0, memoryBytes: 0, operatingSystem: Self.notStated,
      architecture: architecture ?? (vectors.hasPrefix("avx") ? "x86-64" : Self.notStated))
    software = SoftwareVersions(
      armature: Self.notStated, compiler: compiler, toolchain: toolchain, gsl: gsl,
      kernelFamily: kernelFamily, vectors: vectors, gnuplot: Self.notStated)
  }

  /// What the manifests of runs have in common.
  init(runs: [RecordedRun]) {
    func common(_ values: [String]) -> String {
      let different = Set(values)
      return different.count == 1 ? values[0] : "differs between the runs: see their table"
    }
    let facts = runs.map(\.manifest.provenance)
    self.init(
      revision: Self.commonRevision(facts.map { ($0.revision, $0.treeState) }),
      processor: common(facts.map(\.cpu)),
      kernelFamily: common(facts.map(\.versions.kernelFamily)),
      compiler: common(facts.map(\.versions.swift)), gsl: common(facts.map(\.versions.gsl)),
      vectors: common(facts.map(\.versions.vectors)))
  }

  private static func commonRevision(
    _ stated: [(commit: String, state: ProvenanceFacts.TreeState)]
  ) -> SourceRevision {
    guard let first = stated.first, stated.allSatisfy({ $0 == first }) else {
      return .unknown(reason: "differs between the runs: see their table")
    }
    guard first.state != .unknown else {
      let prefix = "unknown: "
      return .unknown(
        reason: first.commit.hasPrefix(prefix) ? String(first.commit.dropFirst(prefix.count)) : first.commit)
    }
    return .known(commit: first.commit, modified: first.state == .modified)
  }
}

/// How a report made from stored results is written.
package struct StoredReportSettings: Sendable {
  /// The command that makes the report, relative to the root of the source tree.
  package var command: String
  package var output: String
  /// The report's file name without `.md`; by default the kind's.
  package var name: String?
  package var gnuplot: ExternalProgram?
  package var html: Bool
  package var tensorBoard: Bool
  package var licence: String?

  package init(
    command: String, output: String, name: String? = nil, gnuplot: ExternalProgram?, html: Bool = false,
    tensorBoard: Bool = false, licence: String? = nil
  ) {
    self.command = command
    self.output = output
    self.name = name
    self.gnuplot = gnuplot
    self.html = html
    self.tensorBoard = tensorBoard
    self.licence = licence
  }

  /// The settings of a command that runs on this machine; `arguments` are the words after the program's name.
  package static func current(arguments: [String], output: String) -> StoredReportSettings {
    let tree = SourceRevision.treeOfProgram()
    return StoredReportSettings(
      command: ReportContext.portableCommand(arguments, tree: tree), output: output,
      gnuplot: ExternalProgram.find("gnuplot"), licence: ReportContext.licence(ofTree: tree))
  }

  /// Nothing in it is of this moment or this machine but the program that draws.
  func context(
    _ provenance: StoredProvenance, started: String = StoredProvenance.notStated, threads: Int = 0,
    wallSeconds: Double? = nil
  ) -> ReportContext {
    var context = ReportContext(
      command: command, output: output, threads: threads, revision: provenance.revision,
      host: provenance.host,
      software: provenance.software, gnuplot: gnuplot, started: started, licence: licence,
      elapsed: { wallSeconds })
    context.html = html
    return context
  }
}
