/// A test, valid at any time, of whether draws of a finite set follow given probabilities.
///
/// The e-value is a likelihood ratio: a Bayesian who believes in probabilities p somewhat (a Dirichlet prior with
/// shapes a p_c) predicts cell c after t draws with (a p_c + n_c) / (a + t), and gains (a + n_c / p_c) / (a + t)
/// on somebody who believes in p exactly. It is averaged over the eight beliefs a = 1, 8, 64, ..., 8^7: a small a
/// learns a large deviation of few cells quickly, a large a a faint deviation of many cells.
///
/// Guarantee: if the draws, given the earlier ones, follow `probabilities`, the probability that `isRejected` ever
/// becomes true is at most `falseAlarmRate` (Ville's inequality). A draw of probability exactly 0 is rejected at
/// once.
///
/// Source: Lindon, Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022; the average over
/// several a is ours, an average of e-processes being one.
public struct MultinomialTest: Sendable {
  private static let upkeepInterval = 8
  private static let beliefs: InlineArray<8, Double> = [1, 8, 64, 512, 4096, 32768, 262_144, 2_097_152]

  private let inverseProbabilities: [Double]
  private var counts: [Double]
  private var fortunes = InlineArray<8, Double>(repeating: 0.125)
  private var wealth = 1.0
  private var record: EvidenceRecord

  /// The first drawn cell that has probability 0 or does not exist; it refutes the hypothesis at once.
  public private(set) var impossibleCell: Int?

  /// - Parameters:
  ///   - probabilities: of the cells; exactly 0 (or too small to invert, below 10^-308) where a cell cannot occur.
  ///     They are divided by their sum.
  ///   - falseAlarmRate: the largest probability of ever rejecting right probabilities.
  /// - Throws: `SequentialTestingError` where the rate is not within (0, 1), a probability is negative or not a
  ///   number, or their sum is not within 1e-9 of 1.
  /// - Complexity: memory for two numbers for each cell.
  public init(probabilities: [Double], falseAlarmRate: Double) throws(SequentialTestingError) {
    try requireRate(falseAlarmRate, "falseAlarmRate")
    for (cell, probability) in probabilities.enumerated() where !(probability >= 0 && probability.isFinite) {
      throw .invalidProbability(cell: cell, value: probability)
    }
    let sum = probabilities.reduce(0, +)
    guard (sum - 1).magnitude <= 1e-9 else { throw .probabilitiesDoNotSumToOne(sum: sum) }
    inverseProbabilities = probabilities.map { sum / $0 }
    counts = Array(repeating: 0, count: probabilities.count)
    record = EvidenceRecord(falseAlarmRate: falseAlarmRate)
  }

  /// Takes in one draw.
  ///
  /// - Complexity: eight divisions, whatever the number of cells; no memory is allocated.
  public mutating func observe(cell: Int) {
    guard impossibleCell == nil, counts.indices.contains(cell), inverseProbabilities[cell] < .infinity else {
      return refute(cell)
    }
    // Held finite for cells of almost no probability; a smaller gain keeps the guarantee.
    let countOverProbability = min(counts[cell] * inverseProbabilities[cell], 0x1p400)
    let drawn = Double(record.count)
    wealth = 0
    for place in 0..<8 {
      let belief = Self.beliefs[place]
      fortunes[place] *= (belief + countOverProbability) / (belief + drawn)
      wealth += fortunes[place]
    }
    counts[cell] += 1
    record.record(wealth)
    if needsUnitChange(wealth) || record.count % Self.upkeepInterval == 0 { keepInRange() }
  }

  /// The number of draws so far.
  public var count: Int { record.count }
  /// The natural logarithm of the e-value now.
  public var logEValue: Double { record.logEValue(wealth: wealth) }
  /// The natural logarithm of the largest e-value so far.
  public var largestLogEValue: Double { record.largestLogEValue }
  /// Whether the e-value ever reached 1 / `falseAlarmRate`.
  public var isRejected: Bool { record.rejectedAt != nil }
  /// The number of draws when it first did.
  public var rejectedAt: Int? { record.rejectedAt }

  private mutating func refute(_ cell: Int) {
    if impossibleCell == nil {
      impossibleCell = cell
      record.recordImpossible()
    } else {
      record.recordAfterImpossible()
    }
  }

  /// Keeps the numbers in the range of a `Double`; a belief that fell below 2^-200 of the whole is given up, which
  /// can only lower the e-value.
  private mutating func keepInRange() {
    let factor = needsUnitChange(wealth) ? record.changeUnit(for: wealth) : 1
    wealth *= factor
    for place in 0..<8 {
      let kept = fortunes[place] * factor
      fortunes[place] = kept < wealth * 0x1p-200 ? 0 : kept
    }
  }
}
