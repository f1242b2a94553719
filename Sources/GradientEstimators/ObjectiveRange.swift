/// Interval arithmetic on the values an objective can take, for the estimators' bounds.
enum ObjectiveRange {
  /// The range of (f - b) (z - p) over f in `objective`, b in `baseline`, z in {0, 1}; p and 1 - p are given.
  static func scoreFunctionBounds(
    objective: ClosedRange<Double>, baseline: ClosedRange<Double>,
    odds: (probability: Double, complement: Double)
  ) -> ClosedRange<Double> {
    let signal = (
      lower: objective.lowerBound - baseline.upperBound, upper: objective.upperBound - baseline.lowerBound
    )
    let one = odds.complement
    let zero = -odds.probability
    return hull([signal.lower * one, signal.upper * one, signal.lower * zero, signal.upper * zero])
  }

  /// The smallest interval that holds all of `values`.
  ///
  /// - Precondition: `values` is not empty.
  static func hull(_ values: [Double]) -> ClosedRange<Double> {
    values.dropFirst().reduce(values[0]...values[0]) { range, value in
      min(range.lowerBound, value)...max(range.upperBound, value)
    }
  }
}
