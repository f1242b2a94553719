/// The two neighbouring numbers between which a monotone condition changes.
struct Bracket {
  /// A number at which the condition is false.
  var lower: Double
  /// A number at which the condition is true.
  var upper: Double

  /// Bisects until the ends are neighbours or agree to one part in 2^52.
  ///
  /// GSL's own quantiles fail for large arguments (not-a-number, loops without end, five digits at one part in
  /// 10^12), its forward functions do not: so quantiles are found by bisecting the forward function.
  ///
  /// - Precondition: the condition is false at `lower` and true at `upper`.
  /// - Complexity: at most about 1,100 conditions, 60 for ends of like size.
  mutating func narrow(until condition: (Double) throws(GSLError) -> Bool) throws(GSLError) {
    while true {
      let middle = lower / 2 + upper / 2
      if middle <= lower || middle >= upper { return }
      if upper - lower <= 0x1p-52 * min(lower.magnitude, upper.magnitude) { return }
      if try condition(middle) { upper = middle } else { lower = middle }
    }
  }

  /// The smallest power of two at which `condition` is true, with half of it (or zero) as the lower end.
  static func doubling(until condition: (Double) throws(GSLError) -> Bool) throws(GSLError) -> Bracket {
    var bracket = Bracket(lower: 0, upper: 1)
    while try !condition(bracket.upper), bracket.upper < 0x1p1000 {
      bracket = Bracket(lower: bracket.upper, upper: bracket.upper * 2)
    }
    return bracket
  }
}

/// The smallest x >= 0 with `condition(x)`, for a condition that once true stays true.
func smallestNonnegative(where condition: (Double) throws(GSLError) -> Bool) throws(GSLError) -> Double {
  var bracket = try Bracket.doubling(until: condition)
  try bracket.narrow(until: condition)
  return bracket.upper
}
