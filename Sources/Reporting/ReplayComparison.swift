internal import Foundation
internal import ReferenceMath

/// Recorded numbers beside replayed ones.
struct ReplayComparison {
  /// The margin of the equivalence over seeds, as a share of the recorded mean.
  static let margin = 0.02
  /// The largest error of each of its two one-sided tests.
  static let level = 0.05
  static let relativeRounding = 1e-9
  static let absoluteRounding = 1e-10

  private let recorded: [ReportLock.Cell]
  private let replayed: [String: ReportLock.Cell]
  private let bits: Bool
  /// Files of the replay with another checksum than the lock's.
  let files: [ReplayResult.Row]

  init(
    recorded: [ReportLock.Cell], replayed: [ReportLock.Cell], level: ReproducibilityLevel,
    files: [ReportLock.File], replayedFiles: [ReportLock.File]
  ) {
    self.recorded = recorded
    self.replayed = Dictionary(replayed.map { ($0.name, $0) }) { first, _ in first }
    bits = level != .statistical
    let now = Dictionary(replayedFiles.map { ($0.name, $0.sha256) }) { first, _ in first }
    let isTreeFile = { (name: String) in name.hasPrefix("protocol: ") || name.hasPrefix("problem: ") }
    self.files = files.filter { !isTreeFile($0.name) }.compactMap { file in
      guard let found = now[file.name], found != file.sha256 else { return nil }
      return ReplayResult.Row(
        name: file.name, recorded: file.sha256, replayed: found, status: .different,
        reason: "SHA-256 of other data")
    }
  }

  func row(_ cell: ReportLock.Cell) -> ReplayResult.Row {
    let now = replayed[cell.name]
    func row(_ status: ReplayResult.Status, _ reason: String?) -> ReplayResult.Row {
      ReplayResult.Row(
        name: cell.name, recorded: cell.value, replayed: now?.value ?? "", status: status, reason: reason)
    }
    guard cell.isConsistent else {
      return row(.different, "the lock contradicts itself: \(cell.value) has not the bits \(cell.bits ?? "")")
    }
    guard let now else { return row(.different, "the replay has no such number") }
    if cell.value == now.value && cell.bits == now.bits { return row(.same, nil) }
    if bits { return row(.different, cell.bits.map { "bits \($0), now \(now.bits ?? "none")" }) }
    switch cell.held {
    case .exactly: return row(.different, "must be equal on any hardware")
    case .notHeld: return row(.notCompared, "chance, or follows from other cells")
    case .rounding: return rounding(cell, now, row)
    case .interval: return interval(cell, now, row)
    case .seeds: return seeds(cell, row)
    }
  }

  private typealias MakeRow = (ReplayResult.Status, String?) -> ReplayResult.Row

  private func rounding(_ cell: ReportLock.Cell, _ now: ReportLock.Cell, _ row: MakeRow) -> ReplayResult.Row {
    guard let old = cell.number, let new = now.number else { return row(.different, "not a number") }
    let allowed = Self.relativeRounding * old.magnitude + Self.absoluteRounding
    let reason = "within 1e-9 of the value plus 1e-10"
    return (old - new).magnitude <= allowed ? row(.equivalent, reason) : row(.different, "not \(reason)")
  }

  private func interval(_ cell: ReportLock.Cell, _ now: ReportLock.Cell, _ row: MakeRow) -> ReplayResult.Row {
    guard let (a, b) = cell.ends, let (c, d) = now.ends else { return row(.different, "no interval") }
    return a <= d && c <= b
      ? row(.equivalent, "confidence intervals overlap")
      : row(.different, "confidence intervals \(a) to \(b) and \(c) to \(d) have no number in common")
  }

  /// Two one-sided paired t-tests: the interval of the mean difference lies within the margin.
  private func seeds(_ cell: ReportLock.Cell, _ row: MakeRow) -> ReplayResult.Row {
    let pairs = recorded.filter { $0.group == cell.group && $0.held == .seeds }.compactMap {
      old -> (Double, Double)? in
      guard let before = old.number, let after = replayed[old.name]?.number else { return nil }
      return (before, after)
    }
    let differences = pairs.map { $0.1 - $0.0 }
    guard pairs.count > 1,
      let factor = try? studentQuantile(1 - Self.level, degreesOfFreedom: Double(pairs.count - 1))
    else { return row(.different, "one seed cannot show equivalence") }
    let count = Double(pairs.count)
    let mean = differences.reduce(0, +) / count
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let halfWidth = factor * (squares / (count - 1) / count).squareRoot()
    let margin = Self.margin * (pairs.reduce(0) { $0 + $1.0 } / count).magnitude
    let text =
      "mean difference \(NumberFormatting.significant(mean)) ± \(NumberFormatting.significant(halfWidth)) "
      + "(half-width of the 90 % t-interval) over \(pairs.count) seeds, margin \(NumberFormatting.significant(margin))"
    return mean.magnitude + halfWidth <= margin ? row(.equivalent, text) : row(.different, text)
  }
}

extension ReportLock.Cell {
  var number: Double? { bits.flatMap { UInt64($0, radix: 16) }.map { Double(bitPattern: $0) } }

  fileprivate var ends: (Double, Double)? {
    guard let lower, let upper else { return nil }
    return (lower, upper)
  }

  /// Whether decimal and bits are the same number.
  var isConsistent: Bool {
    guard bits != nil else { return true }
    guard let number, let decimal = Double(value) else { return false }
    return number.isNaN ? decimal.isNaN : number.bitPattern == decimal.bitPattern
  }
}
