internal import Foundation
internal import Verification

extension ReplayResult {
  /// Counts for each part of the report, then every number that is not the same; all numbers with `all`.
  package func table(all: Bool) -> String {
    var parts: [String] = []
    if !all { parts.append(sections) }
    let shown = rows.filter { all || ($0.status != .same && $0.status != .notCompared) }
    if !shown.isEmpty {
      parts.append(
        TextTable(
          header: ["cell", "recorded", "replayed", "status", ""],
          rows: shown.map { [$0.name, $0.recorded, $0.replayed, $0.status.rawValue, $0.reason ?? ""] },
          leftColumns: 5
        ).text)
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private var sections: String {
    var order: [String] = []
    var counts: [String: [Status: Int]] = [:]
    for row in rows {
      let section = row.name.split(separator: "/").first.map(String.init) ?? row.name
      if counts[section] == nil { order.append(section) }
      counts[section, default: [:]][row.status, default: 0] += 1
    }
    let statuses = Status.allCases
    return TextTable(
      header: ["part"] + statuses.map(\.rawValue),
      rows: order.map { section in [section] + statuses.map { "\(counts[section]?[$0] ?? 0)" } }
    ).text
  }
}

extension Replay {
  /// What a replay of some cells runs, and how it compares, in a few lines.
  package func plan(of cells: [ReportLock.Cell]) -> String {
    let needs = needs(of: cells)
    let what =
      switch lock.recipe {
      case .verification(let recipe):
        "the battery on \(recipe.estimators.count) estimators, \(recipe.mutants?.count ?? 0) mutants"
          + (needs.map { "; of these stages: \($0.sorted().joined(separator: ", "))" } ?? "")
      case .armToy(let recipe):
        "the toy study: \(recipe.targets.count) problems, \(recipe.estimators.count) estimators, \(recipe.draws) draws"
      case .toy(let recipe): recipe.plan
      case .estimators: "nothing: the catalogue is asked"
      case .releasedCode(let problems): "formulas of published code on \(problems.count) problems"
      case .accuracy(let recipe):
        "the study of gradient accuracy: \(recipe.estimators.count) estimators, \(recipe.samples) samples each"
      case .stored(let recipe): "nothing: \(recipe.reason)"
      case .training(let recipe):
        "training runs: "
          + recipe.runs.filter { needs?.contains($0.name) ?? true }
          .map { "\($0.name) (\($0.steps) steps)" }.joined(separator: ", ")
      }
    let how =
      level == .statistical
      ? "by the equivalence that the lock states for each (R2): this machine has \(here.architecture), kernels \(here.kernelFamily), the lock \(lock.machine.architecture), kernels \(lock.machine.kernelFamily)"
      : "bit for bit (\(level.rawValue))"
    return """
      report    \(reportPath), made by \(lock.command)
      revision  \(lock.revision)
      seeds     \(lock.seeds.map(String.init).joined(separator: ", "))
      numbers   \(cells.count) of \(lock.cells.count), compared \(how)
      runs      \(what)
      """
  }
}

extension ReportLock.Machine {
  /// The machine of a context.
  package init(_ context: ReportContext) {
    self.init(
      processor: context.host.processor, architecture: context.host.architecture,
      kernelFamily: context.software.kernelFamily)
  }
}
