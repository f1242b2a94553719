/// Why a test, a confidence sequence or a budget could not be set up or charged.
public enum SequentialTestingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A probability of error that is not strictly between 0 and 1.
  case invalidRate(name: String, value: Double)
  /// Bounds that are not finite, or so far apart that their difference is not.
  case invalidBounds(lower: Double, upper: Double)
  /// A mean outside the bounds of the data.
  case meanOutsideBounds(mean: Double, lower: Double, upper: Double)
  /// A standard deviation, difference or number of observations that is not a positive number.
  case notPositive(name: String, value: Double)
  /// A cell's probability that is negative or not a number.
  case invalidProbability(cell: Int, value: Double)
  /// Probabilities that do not sum to one (none at all sum to zero).
  case probabilitiesDoNotSumToOne(sum: Double)
  /// A purpose that asks the budget for more than is left.
  case budgetExceeded(purpose: String, requested: Double, remaining: Double)

  public var description: String {
    switch self {
    case .invalidRate(let name, let value):
      "\(name) is \(value): expected a probability strictly between 0 and 1"
    case .invalidBounds(let lower, let upper):
      "the bounds of the data are \(lower) and \(upper): expected two finite numbers with a finite difference"
    case .meanOutsideBounds(let mean, let lower, let upper):
      "the mean to test is \(mean): expected a number within the bounds of the data, \(lower) to \(upper)"
    case .notPositive(let name, let value):
      "\(name) is \(value): expected a positive finite number"
    case .invalidProbability(let cell, let value):
      "the probability of cell \(cell) is \(value): expected a number from 0 to 1"
    case .probabilitiesDoNotSumToOne(let sum):
      "the cell probabilities sum to \(sum): expected 1 within 1e-9"
    case .budgetExceeded(let purpose, let requested, let remaining):
      "\(purpose) asks for a false-alarm probability of \(requested), but \(remaining) of the budget is left: "
        + "raise the budget or ask for less"
    }
  }
}

/// Checks that `value` is a probability of error.
func requireRate(_ value: Double, _ name: String) throws(SequentialTestingError) {
  guard value > 0, value < 1 else { throw .invalidRate(name: name, value: value) }
}
