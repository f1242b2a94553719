/// What a check looks at.
public enum CheckKind: String, Codable, CaseIterable, Hashable, Sendable {
  /// The exact mean against the exact gradient.
  case exactUnbiasedness = "exact-unbiasedness"
  /// The exact mean of an estimator that is declared biased, against an independent formula.
  case exactMean = "exact-mean"
  /// The exact variance against an independent formula.
  case exactVariance = "exact-variance"
  /// A theorem that one estimator's variance never exceeds another's, on exact variances.
  case varianceOrdering = "variance-ordering"
  /// An identity between gradients on the same noise.
  case pathwiseIdentity = "pathwise-identity"
  /// Each sample's exact marginal law against the variable's probabilities.
  case sampleMarginals = "sample-marginals"
  /// Drawn samples against their exact joint law, by a sequential multinomial test.
  case samplerLaw = "sampler-law"
  /// The single-precision production path against the exact gradient, by sequential tests of the mean.
  case floatPath = "float-path"

  /// Whether the check draws random numbers, and so spends error budget.
  public var isRandom: Bool { self == .samplerLaw || self == .floatPath }
}

/// The result of one check of one estimator on one problem.
public struct Verdict: Sendable, Hashable, Codable {
  public enum Outcome: String, Sendable, Hashable, Codable {
    case passed, failed
    /// The check does not apply or is out of reach; `note` says why.
    case skipped
  }

  public let estimator: String
  public let problem: String
  public let check: CheckKind
  /// Which instance of the check: the generator, the identity, the theorem.
  public let detail: String
  public let outcome: Outcome
  /// For a failure or a skipped check, what was found, in one line.
  public let note: String?
  /// The bias relative to the gradient (Euclidean norms), for exact unbiasedness.
  public let relativeBias: Double?
  /// For a random check.
  public let evidence: Evidence?

  public var passed: Bool { outcome != .failed }
  public var failed: Bool { outcome == .failed }

  /// What a random check saw.
  public struct Evidence: Sendable, Hashable, Codable {
    /// Draws that were looked at.
    public var draws: Int
    /// The share of the error budget that the check spent.
    public var falseAlarmRate: Double
    /// The natural logarithm of the largest e-value of any of its sequential tests; absent where it was infinite.
    public var largestLogEValue: Double?
    /// The bias that the check finds with probability at least 1 - false-pass rate: the largest over coordinates.
    public var smallestDetectableBias: Double?
    /// The same relative to the gradient's Euclidean norm.
    public var smallestDetectableRelativeBias: Double?
    /// For a failure, the coordinate (or first variable) that failed.
    public var coordinate: Int?
    /// For a failed mean, the exact value.
    public var expected: Double?
    /// For a failed mean, the lower and upper end of the confidence sequence.
    public var interval: [Double]?
    /// For a failure, the draw at which the test rejected.
    public var rejectedAt: Int?

    init(draws: Int, falseAlarmRate: Double) {
      self.draws = draws
      self.falseAlarmRate = falseAlarmRate
    }
  }

  init(
    estimator: String, problem: String, check: CheckKind, detail: String, outcome: Outcome,
    note: String? = nil, relativeBias: Double? = nil, evidence: Evidence? = nil
  ) {
    self.estimator = estimator
    self.problem = problem
    self.check = check
    self.detail = detail
    self.outcome = outcome
    self.note = note
    self.relativeBias = relativeBias
    self.evidence = evidence
  }

  /// A failure in one line: estimator, problem, check, coordinate, interval, e-value.
  public var line: String {
    let place = "\(estimator) on \"\(problem)\": \(check.rawValue) (\(detail))"
    switch outcome {
    case .passed: return "\(place): holds"
    case .skipped: return "\(place): skipped: \(note ?? "")"
    case .failed: return "\(place): FAILS: \(note ?? "")"
    }
  }
}
