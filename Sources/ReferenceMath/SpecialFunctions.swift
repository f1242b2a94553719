internal import CGSL

/// log |Gamma(x)|, natural logarithm.
///
/// - Throws: `GSLError` where x is zero or a negative integer, or not a number.
public func logGamma(_ x: Double) throws(GSLError) -> Double {
  try GSLLibrary.specialValue("gsl_sf_lngamma_e", "x = \(x)") { unsafe gsl_sf_lngamma_e(x, &$0) }
}

/// log B(a, b) = log Gamma(a) + log Gamma(b) - log Gamma(a + b), without the cancellation of that sum where a and
/// b are of different size.
///
/// - Throws: `GSLError` unless a > 0 and b > 0.
public func logBeta(_ a: Double, _ b: Double) throws(GSLError) -> Double {
  let arguments = "a = \(a), b = \(b)"
  guard a > 0, b > 0 else { throw GSLLibrary.error("gsl_sf_lnbeta_e", arguments, code: Int(GSL_EDOM)) }
  return try GSLLibrary.specialValue("gsl_sf_lnbeta_e", arguments) { unsafe gsl_sf_lnbeta_e(a, b, &$0) }
}

/// log of the number of ways to choose `k` out of `n`: -log(n + 1) - log B(n - k + 1, k + 1).
///
/// - Throws: `GSLError` unless 0 <= k <= n.
public func logChoose(_ n: Int, _ k: Int) throws(GSLError) -> Double {
  guard k >= 0, k <= n else {
    throw GSLLibrary.error("gsl_sf_lnbeta_e", "choose \(k) out of \(n)", code: Int(GSL_EDOM))
  }
  return try k == 0 || k == n ? 0 : -gsl_sf_log(Double(n) + 1) - logBeta(Double(n - k) + 1, Double(k) + 1)
}

/// The error function erf(x) = 2 / sqrt(pi) times the integral of exp(-t^2) over 0...x.
///
/// - Throws: `GSLError` where x is not a number.
public func errorFunction(_ x: Double) throws(GSLError) -> Double {
  try GSLLibrary.specialValue("gsl_sf_erf_e", "x = \(x)") { unsafe gsl_sf_erf_e(x, &$0) }
}

/// log(1 - erf(x)), accurate far in the tail, where 1 - erf(x) itself is zero in floating point.
///
/// - Throws: `GSLError` where x is not a number.
public func logErfc(_ x: Double) throws(GSLError) -> Double {
  try GSLLibrary.specialValue("gsl_sf_log_erfc_e", "x = \(x)") { unsafe gsl_sf_log_erfc_e(x, &$0) }
}
