internal import CGSL

private func isProbability(_ p: Double) -> Bool { p >= 0 && p <= 1 }

// MARK: Normal

/// P(Z <= x) of the standard normal distribution.
///
/// - Throws: `GSLError` where x is not a number.
public func normalCDF(_ x: Double) throws(GSLError) -> Double {
  try GSLLibrary.number("gsl_cdf_ugaussian_P", "x = \(x)", inDomain: !x.isNaN) { gsl_cdf_ugaussian_P(x) }
}

/// P(Z > x) of the standard normal distribution, with full relative precision in the upper tail.
///
/// - Throws: `GSLError` where x is not a number.
public func normalTail(_ x: Double) throws(GSLError) -> Double {
  try GSLLibrary.number("gsl_cdf_ugaussian_Q", "x = \(x)", inDomain: !x.isNaN) { gsl_cdf_ugaussian_Q(x) }
}

/// The x with P(Z <= x) = p of the standard normal distribution; infinite for p = 0 and p = 1.
///
/// - Throws: `GSLError` unless 0 <= p <= 1.
public func normalQuantile(_ p: Double) throws(GSLError) -> Double {
  try GSLLibrary.number("gsl_cdf_ugaussian_Pinv", "P = \(p)", inDomain: isProbability(p)) {
    gsl_cdf_ugaussian_Pinv(p)
  }
}

// MARK: Chi-squared

/// P(X <= x) of the chi-squared distribution.
///
/// - Throws: `GSLError` unless `degreesOfFreedom` > 0 and x is a number.
public func chiSquaredCDF(_ x: Double, degreesOfFreedom: Double) throws(GSLError) -> Double {
  try GSLLibrary.number(
    "gsl_cdf_chisq_P", "x = \(x), nu = \(degreesOfFreedom)", inDomain: !x.isNaN && degreesOfFreedom > 0
  ) { gsl_cdf_chisq_P(x, degreesOfFreedom) }
}

/// P(X > x) of the chi-squared distribution, with full relative precision in the upper tail.
///
/// - Throws: `GSLError` unless `degreesOfFreedom` > 0 and x is a number.
public func chiSquaredTail(_ x: Double, degreesOfFreedom: Double) throws(GSLError) -> Double {
  try GSLLibrary.number(
    "gsl_cdf_chisq_Q", "x = \(x), nu = \(degreesOfFreedom)", inDomain: !x.isNaN && degreesOfFreedom > 0
  ) { gsl_cdf_chisq_Q(x, degreesOfFreedom) }
}

/// The x with P(X <= x) = p of the chi-squared distribution; infinite for p = 1.
///
/// - Throws: `GSLError` unless 0 <= p <= 1 and `degreesOfFreedom` > 0.
/// - Complexity: about 60 to 200 evaluations of the distribution function.
public func chiSquaredQuantile(_ p: Double, degreesOfFreedom: Double) throws(GSLError) -> Double {
  guard isProbability(p), degreesOfFreedom > 0 else {
    throw GSLLibrary.error("gsl_cdf_chisq_Pinv", "P = \(p), nu = \(degreesOfFreedom)", code: Int(GSL_EDOM))
  }
  if p == 0 || p == 1 { return p == 0 ? 0 : .infinity }
  // The smaller of the two tails is the one that floating point resolves.
  return try smallestNonnegative { (x: Double) throws(GSLError) -> Bool in
    try p < 0.5
      ? chiSquaredCDF(x, degreesOfFreedom: degreesOfFreedom) >= p
      : chiSquaredTail(x, degreesOfFreedom: degreesOfFreedom) <= 1 - p
  }
}

// MARK: Student

/// P(T <= x) of Student's t distribution.
///
/// - Throws: `GSLError` unless `degreesOfFreedom` > 0 and x is a number.
public func studentCDF(_ x: Double, degreesOfFreedom: Double) throws(GSLError) -> Double {
  try GSLLibrary.number(
    "gsl_cdf_tdist_P", "x = \(x), nu = \(degreesOfFreedom)", inDomain: !x.isNaN && degreesOfFreedom > 0
  ) { gsl_cdf_tdist_P(x, degreesOfFreedom) }
}

/// P(T > x) of Student's t distribution, with full relative precision in the upper tail.
///
/// - Throws: `GSLError` unless `degreesOfFreedom` > 0 and x is a number.
public func studentTail(_ x: Double, degreesOfFreedom: Double) throws(GSLError) -> Double {
  try GSLLibrary.number(
    "gsl_cdf_tdist_Q", "x = \(x), nu = \(degreesOfFreedom)", inDomain: !x.isNaN && degreesOfFreedom > 0
  ) { gsl_cdf_tdist_Q(x, degreesOfFreedom) }
}

/// The x with P(T <= x) = p of Student's t distribution; infinite for p = 0 and p = 1.
///
/// - Throws: `GSLError` unless 0 <= p <= 1 and `degreesOfFreedom` > 0.
/// - Complexity: about 60 to 200 evaluations of the distribution function.
public func studentQuantile(_ p: Double, degreesOfFreedom: Double) throws(GSLError) -> Double {
  guard isProbability(p), degreesOfFreedom > 0 else {
    throw GSLLibrary.error("gsl_cdf_tdist_Pinv", "P = \(p), nu = \(degreesOfFreedom)", code: Int(GSL_EDOM))
  }
  if p == 0 || p == 1 { return p == 0 ? -.infinity : .infinity }
  if p == 0.5 { return 0 }
  let tail = min(p, 1 - p)
  let magnitude = try smallestNonnegative { (x: Double) throws(GSLError) -> Bool in
    try studentTail(x, degreesOfFreedom: degreesOfFreedom) <= tail
  }
  return p < 0.5 ? -magnitude : magnitude
}

// MARK: Beta

/// P(X <= x) of the beta distribution with shapes a and b: the regularised incomplete beta function.
///
/// Relative error below 1e-9 for a + b up to 1e6 and below 1e-7 up to 1e7, within eight standard deviations.
///
/// - Throws: `GSLError` unless a > 0, b > 0 and x is a number; also near the mean for a + b from 1e7, where the
///   continued fraction of GSL does not converge.
public func betaCDF(_ x: Double, _ a: Double, _ b: Double) throws(GSLError) -> Double {
  try GSLLibrary.number(
    "gsl_cdf_beta_P", "x = \(x), a = \(a), b = \(b)", inDomain: !x.isNaN && a > 0 && b > 0
  ) { gsl_cdf_beta_P(x, a, b) }
}

/// P(X > x) of the beta distribution with shapes a and b, with full relative precision in the upper tail.
///
/// - Throws: `GSLError` as `betaCDF`.
public func betaTail(_ x: Double, _ a: Double, _ b: Double) throws(GSLError) -> Double {
  try GSLLibrary.number(
    "gsl_cdf_beta_Q", "x = \(x), a = \(a), b = \(b)", inDomain: !x.isNaN && a > 0 && b > 0
  ) { gsl_cdf_beta_Q(x, a, b) }
}

/// The x with P(X <= x) = p of the beta distribution with shapes a and b.
///
/// - Throws: `GSLError` unless 0 <= p <= 1, a > 0 and b > 0, and where `betaCDF` throws.
/// - Complexity: about 60 to 200 evaluations of the distribution function.
public func betaQuantile(_ p: Double, _ a: Double, _ b: Double) throws(GSLError) -> Double {
  guard isProbability(p), a > 0, b > 0 else {
    throw GSLLibrary.error("gsl_cdf_beta_Pinv", "P = \(p), a = \(a), b = \(b)", code: Int(GSL_EDOM))
  }
  if p == 0 || p == 1 { return p }
  var bracket = Bracket(lower: 0, upper: 1)
  try bracket.narrow { (x: Double) throws(GSLError) -> Bool in try betaCDF(x, a, b) >= p }
  return bracket.upper
}

// MARK: Binomial

/// P(X >= k) for X the successes in `trials` independent trials of probability p.
///
/// - Throws: `GSLError` unless `trials` >= 0 and 0 <= p <= 1, and where `betaCDF` throws.
public func binomialUpperTail(
  atLeast successes: Int, trials: Int, probability: Double
) throws(GSLError) -> Double {
  guard trials >= 0, isProbability(probability) else {
    throw GSLLibrary.error(
      "gsl_cdf_binomial_Q", "k = \(successes), p = \(probability), n = \(trials)", code: Int(GSL_EDOM))
  }
  if successes <= 0 { return 1 }
  if successes > trials { return 0 }
  return try betaCDF(probability, Double(successes), Double(trials - successes) + 1)
}

/// P(X <= k) for X the successes in `trials` independent trials of probability p.
///
/// - Throws: `GSLError` unless `trials` >= 0 and 0 <= p <= 1, and where `betaCDF` throws.
public func binomialLowerTail(
  atMost successes: Int, trials: Int, probability: Double
) throws(GSLError) -> Double {
  guard trials >= 0, isProbability(probability) else {
    throw GSLLibrary.error(
      "gsl_cdf_binomial_P", "k = \(successes), p = \(probability), n = \(trials)", code: Int(GSL_EDOM))
  }
  if successes < 0 { return 0 }
  if successes >= trials { return 1 }
  return try betaTail(probability, Double(successes) + 1, Double(trials - successes))
}
