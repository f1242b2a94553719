internal import Numerics

/// The standard normal distribution in `Double`, without tables: its distribution function and its quantiles.
package enum StandardNormal {
  /// P(Z <= x), with full relative precision in the lower tail.
  package static func cdf(_ x: Double) -> Double { .erfc(-x / 2.0.squareRoot()) / 2 }

  /// The x with P(Z <= x) = p, to a relative precision of about 1e-13.
  ///
  /// One step of the quantile function's Taylor series up to the fourth order, from a start with an error below 4.5e-4.
  /// A tail smaller than the least normal number counts as that number, so every result lies within (-38, 38).
  ///
  /// - Precondition: 0 <= p <= 1.
  /// - Complexity: one logarithm, one square root, one complementary error function, one exponential.
  ///
  /// Source: the start is Abramowitz, Stegun, "Handbook of Mathematical Functions", 1964, equation 26.2.23; the series
  /// follows from the quantile's derivative 1 / density, differentiated again.
  package static func quantile(_ p: Double) -> Double {
    let tail = max(min(p, 1 - p), .leastNormalMagnitude)
    let x = start(tail: tail)
    let density = Double.exp(-x * x / 2) / (2 * .pi).squareRoot()
    let step = (tail - cdf(x)) / density
    let second = x / 2
    let third = (2 * x * x + 1) / 6
    let fourth = x * (6 * x * x + 7) / 24
    let quantile = x + step * (1 + step * (second + step * (third + step * fourth)))
    return p > 0.5 ? -quantile : quantile
  }

  private static func start(tail: Double) -> Double {
    let t = (-2 * .log(tail)).squareRoot()
    let numerator = 2.515517 + t * (0.802853 + t * 0.010328)
    let denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    return numerator / denominator - t
  }
}
