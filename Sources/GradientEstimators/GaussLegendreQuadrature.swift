internal import Numerics

/// The Gauss-Legendre quadrature of one order on (0, 1), held in place: exact for polynomials up to degree 2 order - 1.
///
/// Source: Abramowitz, Stegun, "Handbook of Mathematical Functions", 1964, section 25.4.29; the nodes are the zeros of
/// the Legendre polynomial, by Newton's method.
struct GaussLegendreQuadrature<let order: Int>: Sendable {
  /// Ascending, strictly inside (0, 1).
  let nodes: InlineArray<order, Double>
  /// Positive; they sum to 1.
  let weights: InlineArray<order, Double>

  /// - Complexity: 8 order^2 multiplications.
  init() {
    var nodes = InlineArray<order, Double>(repeating: 0)
    var weights = InlineArray<order, Double>(repeating: 0)
    for place in 0..<order {
      var x = Double.cos(.pi * (Double(place) + 0.75) / (Double(order) + 0.5))
      // The start is right to about order^-4: Newton's method squares the error in each round.
      for _ in 0..<6 {
        let polynomial = Self.legendre(x)
        x -= polynomial.value / polynomial.slope
      }
      let slope = Self.legendre(x).slope
      nodes[place] = (1 - x) / 2
      weights[place] = 1 / ((1 - x) * (1 + x) * slope * slope)
    }
    self.nodes = nodes
    self.weights = weights
  }

  /// The Legendre polynomial of degree `order` and its derivative.
  private static func legendre(_ x: Double) -> (value: Double, slope: Double) {
    var previous = 1.0
    var current = x
    for step in 1..<order {
      let degree = Double(step + 1)
      (previous, current) = (current, ((2 * degree - 1) * x * current - (degree - 1) * previous) / degree)
    }
    return (current, Double(order) * (previous - x * current) / ((1 - x) * (1 + x)))
  }
}
