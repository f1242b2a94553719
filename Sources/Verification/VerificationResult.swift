/// What a run of the battery found: every verdict, what it spent, and what it would have missed.
public struct VerificationResult: Sendable, Codable {
  /// A part of the error budget and what it was spent on.
  public struct BudgetEntry: Sendable, Hashable, Codable {
    public let purpose: String
    public let amount: Double
  }

  /// The definition behind `smallestDetectableBias`.
  public static let detectableBiasDefinition =
    "the smallest bias of a coordinate that the check finds with probability at least 1 - falsePassRate within its "
    + "draws, for gradients with the estimator's exact standard deviation and bounds: a bound on the safe side"

  public let settings: VerificationSettings
  /// Names, in order.
  public let estimators: [String]
  /// Names, in order.
  public let problems: [String]
  /// By estimator, then problem, then check.
  public let verdicts: [Verdict]
  public let budget: [BudgetEntry]

  /// Whether no check failed.
  public var passed: Bool { failures.isEmpty }
  public var failures: [Verdict] { verdicts.filter(\.failed) }
  public var skipped: [Verdict] { verdicts.filter { $0.outcome == .skipped } }

  /// The largest exact bias of any estimator, relative to the gradient.
  public var largestRelativeBias: Double? { verdicts.compactMap(\.relativeBias).max() }

  /// The error budget that the run spent.
  public var spent: Double { budget.reduce(0) { $0 + $1.amount } }

  /// The verdict in one line.
  public var summary: String {
    let count = "\(estimators.count) estimators on \(problems.count) problems, \(verdicts.count) checks"
    let rate = "false-alarm probability of the run at most \(settings.alpha)"
    let left = skipped.isEmpty ? "" : " (\(skipped.count) skipped)"
    return passed
      ? "PASS: \(count), all hold\(left); \(rate)"
      : "FAIL: \(count), \(failures.count) failed\(left); \(rate)"
  }
}
