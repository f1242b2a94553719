internal import Numerics

/// Probabilities of normal variables with unit variances and one common correlation r <= 0 that all lie below a limit.
///
/// Phi_k(h; r) = P(X_1 < h, ..., X_k < h) is found from its derivative in r, a normal density times a probability of the
/// same kind: the condition X_1 = X_2 = h leaves k - 2 equicorrelated normal variables. With s = sin theta,
///
///     Phi_k(h; r) = Phi(h)^k + k (k-1) / (4 pi) integral over theta from 0 to asin r of
///                   exp(-h^2 / (1 + s)) Phi_{k-2}(h sqrt((1 - s) / ((1 + s) (1 + 2s))); s / (1 + 2s)).
///
/// Source: Plackett, "A Reduction Formula for Normal Multivariate Integrals", Biometrika 41, 1954.
enum EquicorrelatedNormal {
  private static let quadrature = GaussLegendreQuadrature<32>()

  /// Phi_k(h; r) for k = `count`, h = `limit`, r = `correlation`, with an error of about 1e-16 for k <= 5 and r = -1/k
  /// or nearer to 0.
  ///
  /// - Precondition: `count >= 0`, -1 / `count` <= `correlation` <= 0.
  /// - Complexity: 32^floor(k/2) exponentials.
  static func probabilityAllBelow(_ limit: Double, count: Int, correlation: Double) -> Double {
    precondition(count >= 0 && correlation <= 0 && correlation * Double(count) >= -1 - 1e-12)
    guard count > 0 else { return 1 }
    guard count > 1 else { return StandardNormal.cdf(limit) }
    let angle = Double.asin(correlation)
    var sum = 0.0
    for place in 0..<32 {
      let sine = Double.sin(angle * quadrature.nodes[place])
      sum += quadrature.weights[place] * angle * derivative(limit, count: count, sine: sine)
    }
    return .pow(StandardNormal.cdf(limit), count) + Double(count * (count - 1)) / (4 * .pi) * sum
  }

  /// The integrand at s = `sine`.
  private static func derivative(_ limit: Double, count: Int, sine: Double) -> Double {
    let density = Double.exp(-limit * limit / (1 + sine))
    guard count > 2 else { return density }
    let rest = probabilityAllBelow(
      limit * ((1 - sine) / ((1 + sine) * (1 + 2 * sine))).squareRoot(), count: count - 2,
      correlation: sine / (1 + 2 * sine))
    return density * rest
  }
}
