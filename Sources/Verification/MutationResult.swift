/// What the battery made of the mutants: it must catch every one.
public struct MutationResult: Sendable, Codable {
  /// One mutant and how it was caught.
  public struct Report: Sendable, Hashable, Codable {
    public let name: String
    /// The estimator that it claims to be.
    public let base: String
    /// What is wrong.
    public let fault: String
    /// The place in published code that computes exactly this, if one does.
    public var releasedCode: String?
    public let isCaught: Bool
    /// The kinds of check that failed on any problem.
    public let caughtBy: [CheckKind]
    /// The largest exact bias over the problems, relative to the gradient; absent where it cannot be integrated.
    public let relativeBias: Double?
    /// The fewest draws, over problems, after which a random check rejected; absent where only exact checks caught it.
    public let draws: Int?
    /// The random check and the problem that needed the fewest draws.
    public let drawsCheck: CheckKind?
    public let drawsProblem: String?
  }

  public let settings: VerificationSettings
  public let mutants: [Report]

  /// Whether every mutant was caught.
  public var passed: Bool { survivors.isEmpty }
  public var survivors: [Report] { mutants.filter { !$0.isCaught } }

  /// The smallest bias (relative to the gradient, on the mutant's worst problem) of a biased mutant that was caught.
  public var smallestCaughtBias: Double? { smallestBias { $0.isCaught } }

  /// The same among the mutants that drawing alone would have caught.
  public var smallestBiasCaughtByDrawing: Double? { smallestBias { $0.caughtBy.contains(.floatPath) } }

  private func smallestBias(_ isIncluded: (Report) -> Bool) -> Double? {
    mutants.filter(isIncluded).compactMap(\.relativeBias).filter { $0 > ExactChecks.largestRelativeBias }
      .min()
  }

  /// The verdict in one line.
  public var summary: String {
    let caught = mutants.count - survivors.count
    guard passed else {
      return "FAIL: \(caught) of \(mutants.count) mutants caught; survivors: "
        + survivors.map(\.name).joined(separator: ", ")
    }
    let exact = smallestCaughtBias.map { ", relative biases down to \(threeDigits($0))" } ?? ""
    let drawn = smallestBiasCaughtByDrawing.map { " (by drawing alone: \(threeDigits($0)))" } ?? ""
    return "PASS: all \(mutants.count) mutants caught\(exact)\(drawn)"
  }

  /// One line for each mutant: its bias, what caught it, the draws that a random check needed.
  public func table() -> String {
    var table = TextTable(header: ["mutant", "of", "exact rel. bias", "draws needed", "caught by"])
    for mutant in mutants {
      let kinds = mutant.caughtBy.map(\.rawValue).joined(separator: " ")
      table.rows.append([
        mutant.name, mutant.base, mutant.relativeBias.map(threeDigits) ?? "-",
        mutant.draws.map { "\($0)" } ?? "exact check only", mutant.isCaught ? kinds : "NOT CAUGHT",
      ])
    }
    return table.text
  }
}
