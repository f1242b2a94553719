/// The false-alarm probability of a whole run, handed out to its checks.
///
/// Guarantee: by the union bound the probability that any of the checks raises a false alarm is at most `total`,
/// if each keeps to the amount that it was handed.
public struct ErrorBudget: Sendable {
  /// The probability of any false alarm in the run.
  public let total: Double
  /// What was handed out, in order.
  public private(set) var entries: [(purpose: String, amount: Double)] = []
  /// The sum of the amounts, as a number and its rounding error.
  private var sum = 0.0
  private var sumError = 0.0

  /// - Throws: `SequentialTestingError` unless 0 < total < 1.
  public init(total: Double) throws(SequentialTestingError) {
    try requireRate(total, "total")
    self.total = total
  }

  /// The sum of what was handed out.
  public var spent: Double { min(sum + sumError, total) }

  /// What is left.
  public var remaining: Double { max((total - sum) - sumError, 0) }

  /// Hands out `amount` for `purpose` and returns it.
  ///
  /// The amounts are summed without rounding error, and a purpose is refused only where they exceed the total by
  /// more than 2^-50 of it: seven sevenths, each rounded, are a whole.
  ///
  /// - Throws: `SequentialTestingError.budgetExceeded`; `.invalidRate` unless 0 < amount < 1.
  @discardableResult
  public mutating func spend(
    _ amount: Double, on purpose: String
  ) throws(SequentialTestingError) -> Double {
    try requireRate(amount, "the false-alarm rate of \(purpose)")
    let (newSum, newError) = Self.add(amount, to: sum, sumError)
    guard (newSum - total) + newError <= 0x1p-50 * total else {
      throw .budgetExceeded(purpose: purpose, requested: amount, remaining: remaining)
    }
    (sum, sumError) = (newSum, newError)
    entries.append((purpose, amount))
    return amount
  }

  /// Hands out `amount` for `purpose`, to be used in equal parts, and returns the size of one part.
  ///
  /// - Throws: as `spend(_:on:)`; `.notPositive` unless there is a part.
  public mutating func split(
    _ amount: Double, among parts: Int, on purpose: String
  ) throws(SequentialTestingError) -> Double {
    guard parts > 0 else {
      throw .notPositive(name: "the number of parts of \(purpose)", value: Double(parts))
    }
    return try spend(amount, on: purpose) / Double(parts)
  }

  /// Adds with the rounding error kept: Knuth, "The Art of Computer Programming", volume 2, section 4.2.2, theorem
  /// B.
  private static func add(_ amount: Double, to sum: Double, _ error: Double) -> (Double, Double) {
    let newSum = sum + amount
    let sumPart = newSum - amount
    let amountPart = newSum - sumPart
    return (newSum, error + ((sum - sumPart) + (amount - amountPart)))
  }
}
