internal import CGSL

/// The exact confidence interval of a binomial probability.
///
/// The lower end is the p with P(X >= successes | p) = missRate / 2, the upper end the p with
/// P(X <= successes | p) = missRate / 2. Both are rounded outwards, past the error of the distribution function.
///
/// - Throws: `GSLError` unless 0 <= successes <= trials, 0 < trials <= 10,000,000 and 0 < missRate < 1.
/// - Complexity: at most about 130 evaluations of the beta distribution function.
/// - Guarantee: covers the probability with probability at least 1 - missRate, whatever it is.
///
/// Source: Clopper, Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
/// Biometrika 26, 1934.
public func clopperPearsonInterval(
  successes: Int, trials: Int, missRate: Double
) throws(GSLError) -> ClosedRange<Double> {
  guard trials > 0, trials <= 10_000_000, successes >= 0, successes <= trials, missRate > 0, missRate < 1
  else {
    throw GSLLibrary.error(
      "clopperPearsonInterval", "successes = \(successes), trials = \(trials), missRate = \(missRate)",
      code: Int(GSL_EDOM))
  }
  let lower = try outerLowerEnd(successes: successes, trials: trials, tail: missRate / 2)
  let failuresLower = try outerLowerEnd(successes: trials - successes, trials: trials, tail: missRate / 2)
  return lower...max(lower, failuresLower == 0 ? 1 : min(1, (1 - failuresLower).nextUp))
}

/// A p that is surely not above the solution of P(X >= successes | p) = tail.
private func outerLowerEnd(successes: Int, trials: Int, tail: Double) throws(GSLError) -> Double {
  if successes == 0 { return 0 }
  // The distribution function is within one part in 10^7 for these arguments: a tail smaller by one part in 10^6
  // can only move the end outwards.
  let surely = tail * (1 - 1e-6)
  var bracket = Bracket(lower: 0, upper: Double(successes) / Double(trials))
  try bracket.narrow { (p: Double) throws(GSLError) -> Bool in
    try binomialUpperTail(atLeast: successes, trials: trials, probability: p) > surely
  }
  return bracket.lower
}
