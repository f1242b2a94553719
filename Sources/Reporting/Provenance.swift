package import Datasets
internal import Foundation

/// Where a report comes from: everything that a reader needs to make it again.
package struct Provenance: Codable, Hashable, Sendable {
  package var revision: SourceRevision
  /// The command that regenerates the report, relative to the root of the source tree.
  package var command: String
  package var level: ReproducibilityLevel
  package var seeds: [UInt64]
  package var data: [DataFileRecord]
  package var threads: Int
  package var host: HostDescription
  package var software: SoftwareVersions
  /// Start, ISO 8601 in UTC.
  package var started: String
  /// Nil where stored results do not say.
  package var wallSeconds: Double?
  /// The report's file name, where a lock with its numbers lies beside it.
  package var report: String?
  /// Protocols and problems.
  package var files: [ReportLock.File] = []

  package init(
    revision: SourceRevision, command: String, level: ReproducibilityLevel, seeds: [UInt64],
    data: [DataFileRecord], threads: Int, host: HostDescription, software: SoftwareVersions, started: String,
    wallSeconds: Double?
  ) {
    self.revision = revision
    self.command = command
    self.level = level
    self.seeds = seeds
    self.data = data
    self.threads = threads
    self.host = host
    self.software = software
    self.started = started
    self.wallSeconds = wallSeconds
  }

  /// The block at the top of a report.
  func write(into document: inout MarkdownDocument) {
    document.paragraph("Regenerate from the root of the source tree with")
    document.code(command, language: "sh")
    document.paragraph(
      "Reproducibility \(level.rawValue): \(level.meaning).")
    if let report {
      document.paragraph(
        """
        \(code: "./armature replay \(report)") runs it again and holds every number against \
        [\(ReportLock.fileName(for: report))](\(MarkdownText(stringLiteral: ReportLock.fileName(for: report)))), where \
        each is kept to the last bit.
        """)
    }
    document.details("Provenance") { inner in
      var table = MarkdownTable([.init("what"), .init("value")])
      for (what, value) in rows { table.append([MarkdownText(plain: what), value]) }
      inner.table(table)
    }
  }

  private var rows: [(String, MarkdownText)] {
    let gibibytes = NumberFormatting.fixed(Double(host.memoryBytes) / 1_073_741_824, decimals: 1)
    let cores = host.cores > 0 ? ", \(host.cores) cores" : ""
    return [
      ("revision", revision.markdown),
      ("Armature", "\(software.armature)"),
      ("started", "\(started)"),
      (
        "wall time",
        "\(wallSeconds.map { NumberFormatting.duration(seconds: $0) } ?? StoredProvenance.notStated)"
      ),
      ("seeds", seeds.isEmpty ? "none" : "\(seeds.map(String.init).joined(separator: ", "))"),
      ("data", dataText),
    ] + fileRows + [
      ("processor", "\(host.processor)\(cores), \(host.architecture)"),
      ("threads", threads > 0 ? "\(threads)" : "\(StoredProvenance.notStated)"),
      ("memory", host.memoryBytes > 0 ? "\(gibibytes) GiB" : "\(StoredProvenance.notStated)"),
      ("operating system", "\(host.operatingSystem)"),
      ("compiler", "\(software.compiler)"),
      ("toolchain where this was written", "\(software.toolchain)"),
      ("GSL", "\(software.gsl)"),
      ("kernels", "\(software.kernelFamily), vectors \(software.vectors)"),
      ("gnuplot", "\(software.gnuplot)"),
    ]
  }

  /// Protocols by their checksums, problems by their number: the lock has the checksum of each.
  private var fileRows: [(String, MarkdownText)] {
    let isProtocol = { (file: ReportLock.File) in file.name.hasPrefix("protocol: ") }
    let protocols = files.filter(isProtocol).map { file -> MarkdownText in
      "\(code: String(file.name.dropFirst("protocol: ".count))) SHA-256 \(code: file.sha256)"
    }
    let inputs = files.filter { $0.name.hasPrefix("input: ") || $0.name.hasPrefix("metrics: ") }
    let problems = files.count - protocols.count - inputs.count
    return (protocols.isEmpty ? [] : [("protocols", .joined(protocols, separator: "; "))])
      + (problems == 0 ? [] : [("problems", "\(problems), with their checksums in the lock")])
      + (inputs.isEmpty ? [] : [("stored results", "\(inputs.count), with their checksums in the lock")])
  }

  private var dataText: MarkdownText {
    if data.isEmpty { return "none" }
    return .joined(data.map { "\(code: $0.name) SHA-256 \(code: $0.sha256)" }, separator: "; ")
  }
}
