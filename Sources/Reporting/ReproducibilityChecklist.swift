internal import Datasets
internal import GradientEstimators

/// The variables that reproducibility studies score a paper by, filled from what a run knows about itself.
/// A variable that the run did not record is listed as missing.
struct ReproducibilityChecklist {
  /// What a report knows beyond its provenance; nil is what nobody recorded.
  struct Facts {
    var researchType: String
    var estimators: [String]
    var splits: String?
    var setup: String?
    var errorBars: String?
    var tuningBudget: String?
    var failedRuns: String?
    /// Why there are no seeds, where nothing is drawn.
    var noSeeds: String?
  }

  struct Entry {
    let variable: String
    /// Nil where the run did not record it.
    let statement: MarkdownText?
  }

  let entries: [Entry]

  init(_ facts: Facts, provenance: Provenance, licence: String?) {
    func plain(_ text: String?) -> MarkdownText? { text.map { MarkdownText(plain: $0) } }
    entries = [
      Entry(variable: "research type", statement: plain(facts.researchType)),
      Entry(variable: "pseudocode", statement: Self.formulas(of: facts.estimators)),
      Entry(variable: "open source code", statement: Self.code(provenance.revision, licence: licence)),
      Entry(variable: "open data", statement: Self.data(provenance)),
      Entry(variable: "data splits", statement: plain(facts.splits)),
      Entry(
        variable: "hardware",
        statement: provenance.host.processor == StoredProvenance.notStated
          ? nil : plain(Self.hardware(provenance))),
      Entry(variable: "software versions", statement: Self.versions(provenance.software)),
      Entry(variable: "experiment setup", statement: plain(facts.setup)),
      Entry(
        variable: "seeds",
        statement: provenance.seeds.isEmpty
          ? plain(facts.noSeeds) : plain(provenance.seeds.map(String.init).joined(separator: ", "))),
      Entry(variable: "error bars and their meaning", statement: plain(facts.errorBars)),
      Entry(variable: "tuning budget", statement: plain(facts.tuningBudget)),
      Entry(variable: "failed runs", statement: plain(facts.failedRuns)),
    ]
  }

  private static func hardware(_ provenance: Provenance) -> String {
    let host = provenance.host
    let counts = [(host.cores, "cores"), (provenance.threads, "threads used")].filter { $0.0 > 0 }
      .map { ", \($0.0) \($0.1)" }.joined()
    let time = provenance.wallSeconds.map { "; wall time " + NumberFormatting.duration(seconds: $0) } ?? ""
    return host.processor + counts + time
  }

  func write(into document: inout MarkdownDocument) {
    let stated = entries.count { $0.statement != nil }
    let missing = entries.filter { $0.statement == nil }.map(\.variable)
    let rest = missing.isEmpty ? "" : "; missing: \(missing.joined(separator: ", "))"
    document.details("Reproducibility checklist: \(stated) of \(entries.count) variables stated\(rest)") {
      var table = MarkdownTable([.init("variable"), .init("stated by this run")])
      for entry in entries {
        table.append([MarkdownText(plain: entry.variable), entry.statement ?? "**missing: not recorded**"])
      }
      $0.table(table)
    }
  }

  /// Where the catalogue says what each estimator computes.
  private static func formulas(of names: [String]) -> MarkdownText? {
    let entries = Set(names).compactMap { EstimatorCatalogue.entry(named: $0) }
    let places = Set(entries.map(\.baseName)).sorted()
    guard !places.isEmpty, Set(names).allSatisfy({ EstimatorCatalogue.entry(named: $0) != nil }) else {
      return nil
    }
    return
      "formula and source of each estimator: \(code: "./armature estimators NAME") for \(places.joined(separator: ", "))"
  }

  private static func code(_ revision: SourceRevision, licence: String?) -> MarkdownText? {
    guard case .known = revision, let licence else { return nil }
    return "\(licence); revision \(revision.markdown)"
  }

  private static func data(_ provenance: Provenance) -> MarkdownText? {
    guard !provenance.data.isEmpty else { return "no data but the problems and settings in the source tree" }
    return .joined(provenance.data.map { "\(code: $0.name): \($0.source)" }, separator: "; ")
  }

  private static func versions(_ software: SoftwareVersions) -> MarkdownText? {
    let all = [
      software.compiler, software.toolchain, "GSL \(software.gsl)",
      "kernels \(software.kernelFamily)",
    ]
    let stated = all.filter { !$0.hasSuffix(StoredProvenance.notStated) }
    return stated.isEmpty || stated.contains { $0.contains("unknown") }
      ? nil : MarkdownText(plain: stated.joined(separator: ", "))
  }
}
